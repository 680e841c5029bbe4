"""The rectangle around the largest connected piece of foreground: quick, and blind to the rest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from annot_core.records import Found
from annot_core.search.masses import crop_to_foreground, map_iou


class ContourSearch:
    """Finds the rectangle of the largest component."""

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return the rectangle of the largest component of `mask`, (H, W) bool; None for an empty map."""
        box = largest_component(mask)
        return None if box is None else Found(box, map_iou(box, mask), 1)


def largest_component(mask: NDArray[np.bool_]) -> Box | None:
    """Return the rectangle of the component with the most pixels, or None for an empty map.

    Pixels that touch at a side or a corner belong together. Among components of one size the one
    whose rectangle has the smallest (top, left, bottom, right) is taken.
    """
    left, top, crop = crop_to_foreground(mask)
    if not crop.size:
        return None
    _, _, stats, _ = cv2.connectedComponentsWithStats(crop, connectivity=8)
    components = np.asarray(stats[1:], dtype=np.int64)
    largest = components[components[:, cv2.CC_STAT_AREA] == components[:, cv2.CC_STAT_AREA].max()]
    x, y, width, height = largest[:, :4].T
    first = np.lexsort((x + width, y + height, x, y))[0]
    corner_x, corner_y = int(x[first]) + left, int(y[first]) + top
    return Box(corner_x, corner_y, corner_x + int(width[first]), corner_y + int(height[first]))
