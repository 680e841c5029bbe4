"""The one place where our boxes become Pascal VOC's and back."""

from __future__ import annotations

from annot_core.geometry import Box


def one_based(box: Box) -> tuple[int, int, int, int]:
    """Return (xmin, ymin, xmax, ymax) as Pascal VOC counts: 1-based, the last pixel inside.

    So xmin >= 1 and xmax <= width, as the development kit of VOC2012 states them.
    """
    return box.left + 1, box.top + 1, box.right, box.bottom


def from_one_based(xmin: int, ymin: int, xmax: int, ymax: int) -> Box:
    """Return the box of 1-based inclusive coordinates; undoes `one_based`."""
    return Box(xmin - 1, ymin - 1, xmax, ymax)


def from_zero_based(xmin: int, ymin: int, xmax: int, ymax: int) -> Box:
    """Return the box of 0-based inclusive coordinates, as data sets count that begin at pixel 0."""
    return Box(xmin, ymin, xmax + 1, ymax + 1)
