"""Printing pictures with their boxes into the scrollback."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from annot_core.dataset import default_output
from annot_core.errors import DatasetError, ImageError, SessionError, UsageError
from annot_core.geometry import Box
from annot_core.records import Annotation, Status, Verdict
from annot_core.session import ImageResult, Session
from tui.plain.drawing import Outline, draw_image
from tui.text import printable

TILE_COLUMNS = 26
"""A contact sheet has pictures of about so many cells."""

KEPT_COLOR, PROPOSED_COLOR = (0, 230, 0), (255, 210, 0)

_PROPOSED = "proposed"
_GAP = 2
_TILE_ROWS = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """An image to print, with what is known of it; `box` is in pixels of the upright image."""

    path: Path
    name: str
    class_name: str = ""
    verdict: str = ""
    score: float | None = None
    box: Box | None = None

    @property
    def says(self) -> str:
        """What is said of it in a few words."""
        score = "" if self.score is None else f"{self.score:.2f}"
        return " ".join(word for word in (printable(self.class_name), self.verdict, score) if word)

    @property
    def color(self) -> tuple[int, int, int]:
        """The color of the box."""
        return PROPOSED_COLOR if self.verdict == _PROPOSED else KEPT_COLOR


def print_pictures(console: Console, paths: Sequence[Path], *, width: int | None = None, most: int = 24) -> None:
    """Print image files, and the images with a box of output folders, augmented ones last.

    A terminal without colors gets pictures of characters, and what is no terminal a line for each image.

    Args:
        console: where to.
        paths: image files, and folders that data sets were annotated to.
        width: how many columns to use; the console's if it is None.
        most: how many images of a folder are printed.

    Raises:
        UsageError: a path is neither, or an image file that was named cannot be read.
    """
    columns = console.width if width is None else min(width, console.width)
    for path in paths:
        if path.is_dir():
            _print_output(console, path, columns, most)
        else:
            _print_file(console, path, columns)


def _print_file(console: Console, path: Path, columns: int) -> None:
    if not os.path.lexists(path):
        raise UsageError(f"expected an image file or an output folder, found no {str(path)!r}")
    picture = _known(path) or Picture(path, path.name)
    rows = max(4, console.height - 3)
    try:
        drawn, size = _draw(console, picture, (columns, rows))
    except ImageError as error:
        raise UsageError(f"expected an image file at {str(path)!r}, but: {error}") from error
    if drawn is not None:
        console.print(drawn, end="")
    _say(console, _line(picture, size))


def _print_output(console: Console, output: Path, columns: int, most: int) -> None:
    with Session.load(output) as session:
        pictures = [picture for result in session.results() if (picture := _picture(session.root, result)) is not None]
        copies = [_copy(copy) for copy in session.first_copies(most)]
        total = len(pictures) + session.copy_count(with_box=True)
    if not pictures:
        raise UsageError(f"expected images with a box in {str(output)!r}, found none; annotate the data set first")
    # Augmented images get half of the sheet, or all that their originals leave.
    pictures = pictures[: max(most - len(copies), most - most // 2)]
    pictures += copies[: most - len(pictures)]
    if console.is_terminal:
        for row in _sheet(console, pictures, columns):
            console.print(row)
    else:
        for picture in pictures:
            _say(console, _line(picture, None))
    if total > len(pictures):
        _say(console, f"and {total - len(pictures)} more; --most N prints more")


def _sheet(console: Console, pictures: Sequence[Picture], columns: int) -> Iterator[Table]:
    """Lay pictures out in rows."""
    each_row = max(1, (columns + _GAP) // (TILE_COLUMNS + _GAP))
    tile_columns = min(columns, (columns + _GAP) // each_row - _GAP)
    for begin in range(0, len(pictures), each_row):
        row = Table.grid(padding=(0, _GAP, 0, 0))
        for _ in range(each_row):
            row.add_column(width=tile_columns, no_wrap=True, vertical="bottom")
        row.add_row(*(_tile(console, picture, tile_columns) for picture in pictures[begin : begin + each_row]))
        yield row


def _tile(console: Console, picture: Picture, columns: int) -> RenderableType:
    texts = [Text(text, no_wrap=True, overflow="ellipsis") for text in (printable(picture.name), picture.says)]
    try:
        drawn, _ = _draw(console, picture, (columns, _TILE_ROWS))
    except ImageError as error:
        return Group(Text(str(error)), *texts)
    return Group(*([] if drawn is None else [drawn]), *texts)


def _known(path: Path) -> Picture | None:
    """Find an image file of a data set in the session beside that."""
    root = path.absolute().parent.parent
    try:
        with Session.load(default_output(root)) as session:
            result = session.result(f"{path.absolute().parent.name}/{path.name}")
            if result is None or session.root != root.resolve():
                return None
            return _picture(session.root, result)
    except (SessionError, DatasetError):
        return None


def _picture(root: Path, result: ImageResult) -> Picture | None:
    """Return an image with its box, unless it has none or was dropped."""
    decision = result.decision
    is_kept = decision is not None and decision.verdict is Verdict.KEEP
    if decision is not None and decision.verdict is Verdict.DROP:
        return None
    box = decision.box if decision is not None and is_kept else result.box
    if box is None or (not is_kept and result.status is not Status.PROPOSED):
        return None
    return Picture(
        path=root / result.source,
        name=result.source.rpartition("/")[2],
        class_name=decision.class_name if decision is not None and is_kept else result.class_name,
        verdict="kept" if is_kept else _PROPOSED,
        score=result.score,
        box=box,
    )


def _copy(copy: Annotation) -> Picture:
    """Return an augmented image with its box."""
    return Picture(copy.path, copy.path.name, copy.class_name, "augmented", None, copy.box)


def _draw(console: Console, picture: Picture, room: tuple[int, int]) -> tuple[RenderableType | None, tuple[int, int]]:
    """Draw a picture into (columns, rows) of cells; see `draw_image`."""
    outlines = [] if picture.box is None else [Outline(picture.box, picture.color)]
    return draw_image(console, picture.path, outlines, room)


def _line(picture: Picture, size: tuple[int, int] | None) -> str:
    words = [printable(picture.name)]
    if size is not None:
        words.append(f"{size[0]} x {size[1]}")
    if picture.says:
        words.append(picture.says)
    if picture.box is not None:
        words.append("box " + " ".join(map(str, picture.box)))
    return "  ".join(words)


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
