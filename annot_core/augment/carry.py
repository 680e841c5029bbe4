"""Where a box lies after a change of geometry, exactly: no box around a box around a box.

A `matrix` is a 3 x 3 homography between continuous coordinates, in which pixel (x, y) covers [x, x + 1) by
[y, y + 1); so the edges of a `Box` are coordinates as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box

Matrix = NDArray[np.float64]
"""(3, 3) float64."""

Points = NDArray[np.float64]
"""(n, 2) float64, each x and y."""

_CENTER: Final = 0.5


@dataclass(frozen=True, slots=True)
class Carried:
    """A box in a picture of another geometry, and the share of the area it would have there that is in sight."""

    box: Box
    visible: float


def moved(points: Points, matrix: Matrix) -> Points:
    """Return where a homography takes points, (n, 2)."""
    lifted = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(lifted[:, :2] / lifted[:, 2:], dtype=np.float64)


def corners(box: Box) -> Points:
    """Return the four corners of a box in turn, (4, 2)."""
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float64)


def carried(box: Box, matrix: Matrix, size: tuple[int, int]) -> Carried | None:
    """Return where a box lies in a picture of `size` (width, height).

    It is the bounding rectangle of all pixels of the picture whose center comes from the box, its edges included.

    Args:
        box: with an area.
        matrix: takes the box's picture to the new one; the box must lie before its horizon.
        size: of the new picture.

    Returns:
        None where no center of a pixel is inside.
    """
    quadrangle = moved(corners(box), matrix)
    found = _pixels_inside(quadrangle, size)
    if found is None:
        return None
    whole = _area(quadrangle)
    return Carried(found, min(1.0, _area(_clipped(quadrangle, size)) / whole) if whole > 0 else 0.0)


def _pixels_inside(polygon: Points, size: tuple[int, int]) -> Box | None:
    """Return the bounding rectangle of the pixels whose centers lie in a convex polygon."""
    width, height = size
    first = max(0, int(np.ceil(polygon[:, 1].min() - _CENTER)))
    last = min(height - 1, int(np.floor(polygon[:, 1].max() - _CENTER)))
    if last < first:
        return None
    rows = np.arange(first, last + 1)
    lows, highs = _crossings(polygon, rows.astype(np.float64) + _CENTER)
    begins = np.maximum(0, np.ceil(lows - _CENTER))
    ends = np.minimum(width, np.floor(highs - _CENTER) + 1)
    inside = begins < ends
    if not inside.any():
        return None
    hit = rows[inside]
    return Box(int(begins[inside].min()), int(hit[0]), int(ends[inside].max()), int(hit[-1]) + 1)


def _crossings(polygon: Points, heights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the greatest x of a convex polygon at each y, (n,) each."""
    lows, highs = np.full(len(heights), np.inf), np.full(len(heights), -np.inf)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        meets = (heights >= min(y1, y2)) & (heights <= max(y1, y2))
        if y1 == y2:
            # A level edge counts with both its ends; its neighbors meet the same rows.
            continue
        at = x1 + (heights[meets] - y1) * ((x2 - x1) / (y2 - y1))
        lows[meets] = np.minimum(lows[meets], at)
        highs[meets] = np.maximum(highs[meets], at)
    return lows, highs


def _clipped(polygon: Points, size: tuple[int, int]) -> Points:
    """Return the part of a convex polygon that lies in a picture (Sutherland and Hodgman, 1974)."""
    for axis, side in enumerate(size):
        for edge, sign in ((0.0, 1.0), (float(side), -1.0)):
            polygon = _half(polygon, sign * (polygon[:, axis] - edge)) if len(polygon) else polygon
    return polygon


def _half(polygon: Points, depths: NDArray[np.float64]) -> Points:
    """Return the part of a convex polygon where the depth of its corners, (n,), is 0 or more."""
    kept = []
    for index, (point, depth) in enumerate(zip(polygon, depths, strict=True)):
        before, depth_before = polygon[index - 1], depths[index - 1]
        if (depth < 0) != (depth_before < 0):
            kept.append(before + (point - before) * (depth_before / (depth_before - depth)))
        if depth >= 0:
            kept.append(point)
    return np.array(kept, dtype=np.float64).reshape(-1, 2)


def _area(polygon: Points) -> float:
    """Return the area of a polygon by the shoelace formula."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
