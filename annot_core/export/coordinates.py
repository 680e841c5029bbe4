"""The one place where our boxes become those of other formats, and Pascal VOC's become ours again."""

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


def normalized(box: Box, image_size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return (x center, y center, width, height) as YOLO counts: shares of the image's width and height."""
    width, height = image_size
    return (
        (box.left + box.right) / (2 * width),
        (box.top + box.bottom) / (2 * height),
        box.width / width,
        box.height / height,
    )


def cornered(box: Box) -> tuple[int, int, int, int]:
    """Return (x, y, width, height) as COCO counts: from 0, in pixels."""
    return box.left, box.top, box.width, box.height
