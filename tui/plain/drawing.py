"""Drawing an image file with outlines on it, in half-blocks or in characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console, RenderableType
from rich_pixels import HalfcellRenderer, Pixels

from annot_core.geometry import Box
from annot_core.imaging import read_image, resize

# From dark to bright; outlines are drawn with other characters than all of these.
_SHADES = " .:-=+*"


@dataclass(frozen=True, slots=True)
class Outline:
    """A box to draw, in pixels of the upright image: in a color, or where there are none with a character."""

    box: Box
    color: tuple[int, int, int]
    mark: str = "#"


def draw_image(
    console: Console, path: Path, outlines: Sequence[Outline], room: tuple[int, int]
) -> tuple[RenderableType | None, tuple[int, int]]:
    """Draw an image into (columns, rows) of cells; give None where it is not to be seen, and its size in pixels.

    Args:
        console: what it is for.
        path: the image file.
        outlines: later ones lie on earlier ones.
        room: the picture takes no more than this.

    Raises:
        ImageError: the file cannot be read.
    """
    columns, rows = room
    image = read_image(path, fit=(columns, 2 * rows))
    width, height = image.size
    if not console.is_terminal:
        return None, image.size
    shrink = min(1.0, columns / width, 2 * rows / height)
    # Two pixels share a cell, so that their number has to be even.
    size = (max(1, round(width * shrink)), max(2, 2 * round(height * shrink / 2)))
    pixels = resize(image.pixels, size)
    scaled = [(one, one.box.scaled(image.size, size)) for one in outlines]
    if console.no_color or console.color_system is None or "utf" not in console.encoding:
        return _shaded(pixels, scaled), image.size
    for outline, box in scaled:
        for y, x in _edges(box):
            pixels[y, x] = outline.color
    return Pixels.from_image(Image.fromarray(pixels), renderer=HalfcellRenderer()), image.size


def _edges(box: Box) -> Iterator[tuple[slice | int, slice | int]]:
    """Give the four sides of a box, one pixel thick, as indices of rows and columns."""
    across, down = slice(box.left, box.right), slice(box.top, box.bottom)
    yield from ((box.top, across), (box.bottom - 1, across), (down, box.left), (down, box.right - 1))


def _shaded(pixels: NDArray[np.uint8], outlines: Sequence[tuple[Outline, Box]]) -> RenderableType:
    """Draw a picture with characters, one for the two pixels of a cell."""
    height, width = pixels.shape[:2]
    light = pixels.reshape(height // 2, 2, width, 3).mean(axis=(1, 3))
    grid = np.array([*_SHADES])[(light * len(_SHADES) / 256).astype(int)]
    for outline, box in outlines:
        for y, x in _edges(box._replace(top=box.top // 2, bottom=(box.bottom + 1) // 2)):
            grid[y, x] = outline.mark
    return Pixels.from_ascii("".join("".join(row) + "\n" for row in grid))
