"""The curve as a picture file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annot_core.curve.points import Point

PLOT_FILE = "curve.png"
_SIZE_INCHES = (9.0, 3.6)
_DPI = 120


def save_plot(points: Sequence[Point], title: str, path: Path) -> None:
    """Draw validation loss, mAP@0.5 and mean IoU over the number of images into a PNG file, whole or not at all.

    Args:
        points: at least one, smallest first.
        title: what stands above.
        path: where to.

    Raises:
        OSError: the file cannot be written.
    """
    # Not by pyplot, which would look for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sizes = [point.images for point in points]
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(title)
    losses, shares = figure.subplots(1, 2)
    losses.plot(sizes, [point.loss for point in points], "o-", color="C3", label="validation loss")
    losses.set_ylim(0, 1.1 * max(point.loss for point in points))
    shares.plot(sizes, [point.map50 for point in points], "o-", color="C0", label="mAP@0.5")
    shares.plot(sizes, [point.mean_iou for point in points], "s--", color="C2", label="mean IoU")
    shares.set_ylim(0, 1)
    for axes in (losses, shares):
        _scale(axes, sizes)
    partial = path.with_name(f".partial-{path.name}")
    canvas.print_figure(partial, dpi=_DPI, format="png")
    partial.replace(path)


def _scale(axes: Any, sizes: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("images")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower center")
