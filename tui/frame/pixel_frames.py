"""Pictures in real pixels, Sixel or kitty's, in the shape in which rows of cells are sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.frame import kitty, sixel
from tui.frame.halfblocks import Segment

COARSENESS = 2
"""Screen pixels along each side of a picture's pixel: a quarter of the bytes, and outlines that can be seen."""

KITTY_IMAGE_ID = 7301
"""One picture is on the screen at a time, and the next one takes its place."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelFrame:
    """A picture that lies over empty cells.

    Every row erases its cells and steps over them, so that none is written on the picture; the last one then
    draws all of it, from the first row down, and puts the cursor back.

    Attributes:
        columns: width in cells.
        rows: height in cells.
        drawing: the text that draws the picture at the cursor.
    """

    columns: int
    rows: int
    drawing: str

    @property
    def size_bytes(self) -> int:
        """The bytes of all rows' texts."""
        return sum(len(self.row(y).encode()) for y in range(self.rows))

    def row(self, y: int) -> str:
        """Return row `y` as text with escape codes."""
        up = f"\x1b[{self.rows - 1}A" if self.rows > 1 else ""
        drawing = f"\x1b7{up}{self.drawing}\x1b8" if y == self.rows - 1 else ""
        return f"\x1b[m\x1b[{self.columns}X{drawing}\x1b[{self.columns}C"

    def part(self, y: int, x0: int, x1: int) -> str:
        """Return the cells x0 to x1 - 1 of row `y`, stepped over: what lies there stays."""
        return f"\x1b[{x1 - x0}C" if x1 > x0 else ""

    def segments(self, y: int) -> tuple[Segment, ...]:
        """Return row `y` as the empty cells that a picture of the screen in text would show."""
        return (Segment(" " * self.columns, None, None),)


def grid_area(area: tuple[int, int], cell_size: tuple[int, int]) -> tuple[int, int]:
    """Return the area, in half-block cells, whose grid has the pixels of a picture in real ones.

    Args:
        area: (columns, rows) in cells.
        cell_size: (width, height) of a cell in screen pixels.
    """
    width, height = (max(1, cells * side // COARSENESS) for cells, side in zip(area, cell_size, strict=True))
    return width, max(1, height // 2)


def sixel_frame(grid: NDArray[np.uint8], area: tuple[int, int]) -> PixelFrame:
    """Return a grid, (H, W, 3) uint8 as `grid_area` sizes it, as a Sixel picture over an area of cells."""
    pixels = grid.repeat(COARSENESS, axis=0).repeat(COARSENESS, axis=1)
    return PixelFrame(*area, sixel.encode(pixels))


def kitty_frame(grid: NDArray[np.uint8], area: tuple[int, int]) -> PixelFrame:
    """Return a grid, (H, W, 3) uint8 as `grid_area` sizes it, as a picture of kitty's over an area of cells."""
    return PixelFrame(*area, kitty.encode(grid, *area, KITTY_IMAGE_ID))
