"""Rows of a picture that are encoded already, in the shape in which Textual takes rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

RGB = tuple[int, int, int]


class CellSource(Protocol):
    """A picture in terminal cells.

    Each text begins with the colors that it needs, ends with the terminal's own ones and
    moves the cursor over just the cells that it stands for.
    """

    @property
    def columns(self) -> int:
        """How many cells wide the picture is."""
        ...

    @property
    def rows(self) -> int:
        """How many cells high it is."""
        ...

    def row(self, y: int) -> str:
        """Return row `y` for the terminal."""
        ...

    def part(self, y: int, x0: int, x1: int) -> str:
        """Return the cells `x0` up to `x1` of row `y` for the terminal."""
        ...

    def segments(self, y: int) -> Sequence[tuple[str, RGB | None, RGB | None]]:
        """Return row `y` as texts with their color and background; None is the terminal's own."""
        ...


class Framed:
    """A picture with a margin of one color on its left and right, as one `columns` cells wide.

    Args:
        source: the picture.
        left: how many cells of margin are on its left.
        columns: how many cells wide it becomes.
        back: the margin's color.
        blank: gives so many cells of margin for the terminal.
    """

    def __init__(self, source: CellSource, left: int, columns: int, back: RGB, blank: Callable[[int], str]) -> None:
        self._source = source
        self._left, self._right = left, left + source.columns
        self._columns = columns
        self._back, self._blank = back, blank

    @property
    def columns(self) -> int:
        """How many cells wide picture and margins are."""
        return self._columns

    @property
    def rows(self) -> int:
        """How many cells high they are."""
        return self._source.rows

    def row(self, y: int) -> str:
        """Return row `y` for the terminal."""
        return f"{self._margin(0, self._left)}{self._source.row(y)}{self._margin(self._right, self._columns)}"

    def part(self, y: int, x0: int, x1: int) -> str:
        """Return the cells `x0` up to `x1` of row `y` for the terminal."""
        begin, end = max(x0, self._left) - self._left, min(x1, self._right) - self._left
        inside = self._source.part(y, begin, end) if begin < end else ""
        return f"{self._margin(x0, min(x1, self._left))}{inside}{self._margin(max(x0, self._right), x1)}"

    def segments(self, y: int) -> Sequence[tuple[str, RGB | None, RGB | None]]:
        """Return row `y` as texts with their color and background."""
        sides = [(" " * cells, None, self._back) for cells in (self._left, self._columns - self._right)]
        return [side for side in (sides[0], *self._source.segments(y), sides[1]) if side[0]]

    def _margin(self, begin: int, end: int) -> str:
        return self._blank(end - begin) if begin < end else ""


class PictureStrip(Strip):
    """The cells `begin` up to `end` of a picture's row, given to the terminal as the picture encodes them.

    Whatever asks for more than cutting (styles, filters, screenshots) gets real segments, which are made
    only then.
    """

    __slots__ = ("_begin", "_end", "_made", "_source", "_y")

    def __init__(self, source: CellSource, y: int, begin: int = 0, end: int | None = None) -> None:
        self._source, self._y = source, y
        self._begin, self._end = begin, source.columns if end is None else end
        self._made: list[Segment] | None = None
        super().__init__((), self._end - self._begin)

    @property
    def _segments(self) -> list[Segment]:
        if self._made is None:
            row = [Segment(text, _style(color, back)) for text, color, back in self._source.segments(self._y)]
            self._made = list(Strip(row, self._source.columns).crop(self._begin, self._end))
        return self._made

    @_segments.setter
    def _segments(self, segments: list[Segment]) -> None:
        # Only Strip's own constructor sets them, with the nothing that it was given.
        return

    @property
    def cell_count(self) -> int:
        """How many characters there are: one a cell."""
        return self._end - self._begin

    def __bool__(self) -> bool:
        return self._end > self._begin

    def __len__(self) -> int:
        return len(self._segments)

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def render(self, console: Console) -> str:
        """Return the cells as they are encoded; the console's colors do not count."""
        if self._begin == 0 and self._end == self._source.columns:
            return self._source.row(self._y)
        return self._source.part(self._y, self._begin, self._end)

    def crop(self, start: int, end: int | None = None) -> Strip:
        """Return the cells `start` up to `end` of this strip."""
        length = self._end - self._begin
        start, end = max(0, start), length if end is None else min(length, end)
        if (start, end) == (0, length):
            return self
        if end <= start:
            return Strip((), 0)
        return PictureStrip(self._source, self._y, self._begin + start, self._begin + end)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Return the pieces that end at `cuts`; what lies behind the last one is left out."""
        ends = [cut for cut in cuts if cut <= self._end - self._begin]
        return [self.crop(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]


def _style(color: RGB | None, back: RGB | None) -> Style:
    return Style(
        color=None if color is None else Color.from_rgb(*color),
        bgcolor=None if back is None else Color.from_rgb(*back),
    )
