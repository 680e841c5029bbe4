"""Pictures in cells for tests, encoded in the plainest way."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]
BLOCK = "\N{UPPER HALF BLOCK}"


class CellPicture:
    """A picture of one cell for two pixels, every cell with both of its colors."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels
        self.columns, self.rows = pixels.shape[1], pixels.shape[0] // 2

    def colors(self, x: int, y: int) -> tuple[RGB, RGB]:
        upper, lower = (tuple(int(value) for value in self.pixels[2 * y + part, x]) for part in (0, 1))
        return upper, lower  # type: ignore[return-value]

    def row(self, y: int) -> str:
        return self.part(y, 0, self.columns)

    def part(self, y: int, x0: int, x1: int) -> str:
        cells = (self.colors(x, y) for x in range(x0, x1))
        return "".join(f"\x1b[38;2;{_digits(up)};48;2;{_digits(low)}m{BLOCK}" for up, low in cells) + "\x1b[0m"

    def segments(self, y: int) -> list[tuple[str, RGB | None, RGB | None]]:
        return [(BLOCK, *self.colors(x, y)) for x in range(self.columns)]

    @functools.cache  # noqa: B019 - a test ends soon
    def cells(self) -> list[list[tuple[str, str, str]]]:
        """What a terminal shows: character, color, background."""
        rows = [[self.colors(x, y) for x in range(self.columns)] for y in range(self.rows)]
        return [[(BLOCK, bytes(up).hex(), bytes(low).hex()) for up, low in row] for row in rows]

    def changed(self, x: int, y: int, color: RGB) -> CellPicture:
        """The same with one cell in another color."""
        pixels = self.pixels.copy()
        pixels[2 * y : 2 * y + 2, x] = color
        return CellPicture(pixels)


@functools.cache
def picture(columns: int, rows: int, seed: int = 0) -> CellPicture:
    """A picture of noise."""
    return CellPicture(np.random.default_rng(seed).integers(0, 256, (rows * 2, columns, 3), dtype=np.uint8))


def _digits(color: RGB) -> str:
    return ";".join(map(str, color))
