"""Printing what a detector found: the picture with its boxes, and a line for each."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from annot_core.detector.detecting import FoundIn
from annot_core.errors import ImageError
from tui.plain.drawing import Outline, draw_image
from tui.text import printable

COLORS = ((0, 230, 0), (255, 80, 200), (0, 200, 255), (255, 210, 0), (255, 110, 50), (170, 140, 255))
"""The colors of the boxes, best score first."""

MARKS = "123456789#"
"""What boxes are drawn with where there are no colors; the last one stands for all further ones."""

_LINES_BELOW = 3


def print_found(console: Console, found: Iterable[FoundIn], *, width: int | None = None) -> int:
    """Print each image with its boxes; return how many images could not be looked at.

    What is no terminal gets a line for each box: path, class, score, and left, top, right and bottom, 0-based and
    half-open, in pixels of the upright image. An image without any has a line that says so.

    Args:
        console: where to.
        found: what was found in each image.
        width: how many columns to use; the console's if it is None.
    """
    failed = 0
    columns = console.width if width is None else min(width, console.width)
    for one in found:
        if one.reason or not _print_one(console, one, columns):
            failed += bool(one.reason)
            _say(console, f"{printable(str(one.path))}  {printable(one.reason) if one.reason else 'nothing found'}")
    return failed


def _print_one(console: Console, one: FoundIn, columns: int) -> bool:
    """Print an image and its boxes; tell whether there are any."""
    if console.is_terminal:
        _draw(console, one, columns)
        _say(console, f"{printable(one.path.name)}  {one.image_size[0]} x {one.image_size[1]}")
    for number, detection in enumerate(one.detections):
        name = printable(one.classes[detection.class_number])
        words = f"{name} {detection.score:.2f}  box {' '.join(map(str, detection.box))}"
        if console.is_terminal:
            color = Color.from_rgb(*COLORS[number % len(COLORS)])
            console.print(Text(f"  {_mark(number)} {words}", Style(color=color)), soft_wrap=True)
        else:
            _say(console, f"{printable(str(one.path))}  {words}")
    return bool(one.detections)


def _draw(console: Console, one: FoundIn, columns: int) -> None:
    outlines = [
        Outline(detection.box, COLORS[number % len(COLORS)], _mark(number))
        for number, detection in enumerate(one.detections)
    ]
    rows = max(4, console.height - _LINES_BELOW - len(outlines))
    try:
        # The best one lies on top.
        drawn, _ = draw_image(console, one.path, outlines[::-1], (columns, rows))
    except ImageError as error:
        # It could be read a moment ago.
        _say(console, str(error))
        return
    if drawn is not None:
        console.print(drawn, end="")


def _mark(number: int) -> str:
    return MARKS[min(number, len(MARKS) - 1)]


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
