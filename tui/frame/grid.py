"""Where a picture lies in an area of terminal cells, and the way between its pixels and the grid's.

A cell holds two grid pixels, one above the other: an area of `columns` x `rows` cells is a grid of
`columns` x 2 `rows` pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from annot_core.geometry import Box


@dataclass(frozen=True, slots=True)
class Placement:
    """A view of an image, and the grid pixels that show it.

    Attributes:
        image_size: (width, height) of the upright image.
        area: (columns, rows) in cells.
        view: the part of the image that is shown, in its pixels.
        shown: the grid pixels that show the view; what is around them is empty.
    """

    image_size: tuple[int, int]
    area: tuple[int, int]
    view: Box
    shown: Box

    @property
    def grid_shape(self) -> tuple[int, int]:
        """The grid's (height, width) in grid pixels."""
        columns, rows = self.area
        return 2 * rows, columns

    def to_grid(self, box: Box) -> Box:
        """Carry a box of image pixels to grid pixels, at least one wide and high; it is not clipped."""
        return _carried(box, self.view, self.shown)

    def to_image(self, box: Box) -> Box:
        """Carry a box of grid pixels to image pixels, at least one wide and high; it is not clipped.

        Where the image is at least as fine as the grid, `to_grid` brings back the same box; where
        the grid is at least as fine, this brings back what was given to `to_grid`.
        """
        return _carried(box, self.shown, self.view)


def place(
    image_size: tuple[int, int], area: tuple[int, int], view: Box | None = None, pixel_aspect: float = 1.0
) -> Placement:
    """Lay a view into the middle of an area, as large as fits, keeping its shape.

    Args:
        image_size: (width, height) of the upright image.
        area: (columns, rows) in cells.
        view: the part of the image to show, inside it; None for all of it.
        pixel_aspect: width of a grid pixel over its height: 1 for cells of 1 : 2.

    Raises:
        ValueError: the area or the image is empty, or the view does not lie inside the image.
    """
    columns, rows = area
    view = Box(0, 0, *image_size) if view is None else view
    if columns < 1 or rows < 1:
        raise ValueError(f"expected an area of at least 1 x 1 cells, got {columns} x {rows}")
    if not view.fits(*image_size):
        raise ValueError(f"expected a view inside an image of {image_size[0]} x {image_size[1]} pixels, got {view}")
    scale = min(columns * pixel_aspect / view.width, 2 * rows / view.height)
    width = min(columns, max(1, round(view.width * scale / pixel_aspect)))
    height = min(2 * rows, max(1, round(view.height * scale)))
    left = (columns - width) // 2
    # An even line, so that only the last row of cells can mix the picture with what is around it.
    top = (2 * rows - height) // 4 * 2
    return Placement(image_size, area, view, Box(left, top, left + width, top + height))


def zoomed_view(
    box: Box, image_size: tuple[int, int], area: tuple[int, int], margin: float = 0.25, pixel_aspect: float = 1.0
) -> Box:
    """Return the view that shows a box as large as the area allows, with room around it.

    Args:
        box: what to look at, inside the image.
        image_size: (width, height) of the upright image.
        area: (columns, rows) in cells.
        margin: room on each side, as a share of the box's width or height.
        pixel_aspect: as in `place`.

    Returns:
        A view that holds the box, with the area's shape unless the image ends before.
    """
    columns, rows = area
    aspect = columns * pixel_aspect / (2 * rows)
    width, height = box.width * (1 + 2 * margin), box.height * (1 + 2 * margin)
    width, height = max(width, height * aspect), max(height, width / aspect)
    left, right = _stretch(box.left, box.right, math.ceil(width), image_size[0])
    top, bottom = _stretch(box.top, box.bottom, math.ceil(height), image_size[1])
    return Box(left, top, right, bottom)


def _stretch(low: int, high: int, length: int, limit: int) -> tuple[int, int]:
    """Return an interval of the given length around [low, high), moved and cut to lie in [0, limit)."""
    length = min(length, limit)
    start = min(max((low + high - length) // 2, 0), limit - length)
    return start, start + length


def _carried(box: Box, source: Box, target: Box) -> Box:
    left, right = _carried_edges(box.left - source.left, box.right - source.left, source.width, target.width)
    top, bottom = _carried_edges(box.top - source.top, box.bottom - source.top, source.height, target.height)
    return Box(target.left + left, target.top + top, target.left + right, target.top + bottom)


def _carried_edges(low: int, high: int, source: int, target: int) -> tuple[int, int]:
    """Scale two edges from `source` to `target` pixels, to the nearest one, in whole numbers throughout."""
    first, last = ((2 * edge * target + source) // (2 * source) for edge in (low, high))
    if first < last:
        return first, last
    middle = (low + high) * target // (2 * source)
    return middle, middle + 1
