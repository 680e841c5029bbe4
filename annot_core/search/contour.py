"""The rectangle around the largest connected piece of foreground: quick, and blind to the rest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from annot_core.records import Found
from annot_core.search.masses import crop_to_foreground, map_iou

_PIXELS_AT_ONCE = 1 << 16
"""Maps are labelled together as long as their labels fit into a processor's cache."""


class ContourSearch:
    """Finds the rectangle of the largest component."""

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return the rectangle of the largest component of `mask`, (H, W) bool; None for an empty map."""
        box = largest_component(mask)
        return None if box is None else Found(box, map_iou(box, mask), 1)


def largest_component(mask: NDArray[np.bool_]) -> Box | None:
    """Return the rectangle of the component with the most pixels, or None for an empty map, (H, W) bool.

    Pixels that touch at a side or a corner belong together. Among components of one size the one
    whose rectangle has the smallest (top, left, bottom, right) is taken.
    """
    left, top, crop = crop_to_foreground(mask)
    if not crop.size:
        return None
    x, y, right, bottom = largest_components(crop[None].view(np.bool_))[0].tolist()
    return Box(x + left, y + top, right + left, bottom + top)


def largest_components(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rectangle of each map's largest component, as `largest_component` does.

    Args:
        masks: (N, H, W) bool.

    Returns:
        (N, 4) int64 of left, top, right and bottom; all 0 for a map without foreground.
    """
    count, height, width = masks.shape
    edges = np.zeros((count, 4), dtype=np.int64)
    step = max(1, _PIXELS_AT_ONCE // max(1, (height + 1) * width))
    for start in range(0, count, step):
        edges[start : start + step] = _stacked(masks[start : start + step])
    return edges


def _stacked(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Label all maps as one tall map, with an empty row below each that parts it from the next."""
    count, height, width = masks.shape
    tall = np.zeros((count, height + 1, width), dtype=np.uint8)
    tall[:, :height] = masks
    # The quickest of OpenCV's algorithms on small maps, and narrow labels where they suffice: the result is the same.
    labels = cv2.CV_16U if tall.size <= _PIXELS_AT_ONCE else cv2.CV_32S
    _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(tall.reshape(-1, width), 8, labels, cv2.CCL_GRANA)
    left, row, across, down, area = np.asarray(stats[1:], dtype=np.int64).T
    number, top = np.divmod(row, height + 1)
    right, bottom = left + across, top + down
    order = np.lexsort((right, bottom, left, top, -area, number))
    firsts = order[np.diff(number[order], prepend=-1) > 0]
    edges = np.zeros((count, 4), dtype=np.int64)
    edges[number[firsts]] = np.stack([left, top, right, bottom], axis=1)[firsts]
    return edges
