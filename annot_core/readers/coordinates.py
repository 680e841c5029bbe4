"""The one place where the numbers of other programs' files become our boxes."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

from annot_core.geometry import Box

Numbers = tuple[float, float, float, float]


class Convention(enum.StrEnum):
    """What the four numbers of a box mean."""

    VOC = "voc"
    """xmin, ymin, xmax, ymax: pixels that count from 1, the last one inside (VOC2012 development kit)."""
    COCO = "coco"
    """x, y, width, height: pixels from the image's corner (https://cocodataset.org/#format-data)."""
    YOLO = "yolo"
    """x and y of the center, width, height: shares of the image's sides (Ultralytics' documentation)."""

    @property
    def names(self) -> tuple[str, str, str, str]:
        """What the numbers are called."""
        if self is Convention.VOC:
            return "xmin", "ymin", "xmax", "ymax"
        return "x", "y", "width", "height"


def edges(numbers: Numbers, convention: Convention, size: tuple[int, int]) -> Numbers:
    """Return (left, top, right, bottom) as exact as they were stated: 0-based, half-open, in pixels.

    Args:
        numbers: as the file has them.
        convention: what they mean.
        size: (width, height) of the image in pixels; only shares need it.
    """
    first, second, third, fourth = numbers
    if convention is Convention.VOC:
        return first - 1, second - 1, third, fourth
    if convention is Convention.COCO:
        return first, second, first + third, second + fourth
    width, height = size
    return (
        (first - third / 2) * width,
        (second - fourth / 2) * height,
        (first + third / 2) * width,
        (second + fourth / 2) * height,
    )


def nearest_box(stated: Numbers) -> Box:
    """Return the box whose edges are nearest to (left, top, right, bottom); halves go up.

    So a box that was written with six decimals comes back as it was, in images of up to 300,000 pixels a side.
    """
    return Box(*(math.floor(edge + 0.5) for edge in stated))


def around(points: Sequence[float], convention: Convention) -> Numbers:
    """Return the numbers of the box around a polygon.

    Args:
        points: x and y by turns, at least one point; in the unit of the convention, which is not VOC.
        convention: what the numbers shall mean.
    """
    left, right = min(points[::2]), max(points[::2])
    top, bottom = min(points[1::2]), max(points[1::2])
    if convention is Convention.COCO:
        return left, top, right - left, bottom - top
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
