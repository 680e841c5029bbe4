"""Boxes and what boxes can do.

One convention holds everywhere in this project: a box is `(left, top, right, bottom)`, integers,
0-based and half-open, in pixels of the upright image. Only exporters convert to anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self


class Box(NamedTuple):
    """An axis-aligned rectangle of pixels; `right` and `bottom` are the first pixel outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels; 0 or less for an empty box."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels; 0 or less for an empty box."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Number of pixels inside; 0 for an empty or inverted box."""
        return max(0, self.width) * max(0, self.height)

    def intersection(self, other: Box) -> Box:
        """Return the pixels in both boxes; a box of area 0 where they do not meet."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def iou(self, other: Box) -> float:
        """Return intersection over union with another box, 0 to 1 (0 where both are empty)."""
        shared = self.intersection(other).area
        union = self.area + other.area - shared
        return shared / union if union else 0.0

    def fits(self, width: int, height: int) -> bool:
        """Tell whether the box has an area and lies inside an image of `width` x `height` pixels."""
        return 0 <= self.left < self.right <= width and 0 <= self.top < self.bottom <= height

    def clamped(self, width: int, height: int) -> Self:
        """Return the nearest box of at least one pixel inside an image of `width` x `height`."""
        left = min(max(self.left, 0), width - 1)
        top = min(max(self.top, 0), height - 1)
        right = max(left + 1, min(self.right, width))
        bottom = max(top + 1, min(self.bottom, height))
        return self._replace(left=left, top=top, right=right, bottom=bottom)

    def scaled(self, from_size: tuple[int, int], to_size: tuple[int, int]) -> Self:
        """Carry the box from a picture of `from_size` to one of `to_size`, both (width, height).

        Edges are rounded to the nearest pixel; the result always has an area and lies inside.
        """
        x = to_size[0] / from_size[0]
        y = to_size[1] / from_size[1]
        edges = (self.left * x, self.top * y, self.right * x, self.bottom * y)
        left, top, right, bottom = (round(edge) for edge in edges)
        return self._replace(left=left, top=top, right=right, bottom=bottom).clamped(*to_size)


def mean_box(boxes: Iterable[Box]) -> Box:
    """Return the box whose edges are the rounded means of the edges of `boxes`.

    Raises:
        ValueError: `boxes` is empty.
    """
    listed = list(boxes)
    if not listed:
        raise ValueError("expected at least one box to take the mean of, got none")
    left, top, right, bottom = (round(sum(edge) / len(listed)) for edge in zip(*listed, strict=True))
    return Box(left, top, max(right, left + 1), max(bottom, top + 1))
