"""Printing a learning curve: a table, a plot in characters, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from annot_core.curve.points import Point
from annot_core.curve.run import Curve
from annot_core.detector.request import DEFAULT_MIN_SCORE
from tui.text import printable

PLOT_ROWS = 16
WIDEST_PLOT = 100
WIDEST_CLASS = 16


def print_curve(console: Console, curve: Curve) -> None:
    """Print the points, the plot where this is a terminal, the verdict, and where the files are."""
    console.print(_table(curve.points))
    if console.is_terminal and len(curve.points) > 1:
        console.print(plot(curve.points, min(console.width, WIDEST_PLOT)))
    _say(console, f"{curve.held_out} images held out; loss: of YOLOv3, per image; mAP@0.5 and AP: by COCO's rules;")
    _say(console, f"mean IoU: of kept boxes with the best box of their class that scores {DEFAULT_MIN_SCORE} or more")
    _say(console, f"plot: {printable(str(curve.plot), longest=400)}")
    _say(console, f"detector: {printable(str(curve.model), longest=400)}")
    console.print(Text(f"verdict: {curve.verdict}", style="bold"), soft_wrap=True)


def plot(points: Sequence[Point], columns: int) -> Text:
    """Return the loss, and beside it mAP and IoU, over the number of images, `PLOT_ROWS` rows high.

    Args:
        points: at least two, smallest first.
        columns: the width in cells.
    """
    # It measures the terminal when it is imported, and no other command needs it.
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.subplots(1, 2)
    figure.plot_size(columns, PLOT_ROWS)
    losses, shares = figure.subplot(1, 1), figure.subplot(1, 2)
    losses.plot_size(columns // 2, PLOT_ROWS)
    images = [point.images for point in points]
    _prepare(losses, "validation loss", images, 1.1 * max(point.loss for point in points))
    _prepare(shares, "mAP@0.5 (line), mean IoU (x)", images, 1.0)
    _add_line(losses, images, [point.loss for point in points], plotext.marker("braille", "red"))
    _add_line(shares, images, [point.map50 for point in points], plotext.marker("braille", "blue"))
    _add_line(shares, images, [point.mean_iou for point in points], plotext.marker("x", "green"))
    return Text.from_ansi(str(figure.build()), no_wrap=True, end="")


def _prepare(part: Any, title: str, images: Sequence[int], top: float) -> None:
    """Give one of the plots a title and scales; its background stays the terminal's."""
    part.theme("colorless")
    part.title(title)
    part.ruler("y").lim(0, top)
    part.ruler("x").ticks([math.log2(size) for size in images], list(map(str, images)))


def _add_line(part: Any, images: Sequence[int], values: Sequence[float], marker: Any) -> None:
    part.draw(part.signal([math.log2(size) for size in images], list(values), marker=marker).lines(True))


def _table(points: Sequence[Point]) -> Table:
    """The table fits in 80 columns with up to two classes, whatever they are called."""
    table = Table(box=box.SIMPLE_HEAD)
    names = list(dict.fromkeys(name for point in points for name in point.average_precision))
    for title in ("images", "loss", "mAP@0.5", "mean IoU"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in names:
        table.add_column(
            f"AP {printable(name)}", justify="right", no_wrap=True, overflow="ellipsis", max_width=WIDEST_CLASS
        )
    for point in points:
        shares = [point.map50, point.mean_iou, *(point.average_precision.get(name, 0.0) for name in names)]
        table.add_row(str(point.images), f"{point.loss:.3f}", *(f"{share:.3f}" for share in shares))
    return table


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
