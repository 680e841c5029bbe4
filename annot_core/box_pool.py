"""All boxes that could be right for a batch of heat maps: those of many thresholds and two searches.

Which threshold is right differs from image to image, and nothing in the heat map tells which. To find
them for a whole batch at once costs a fraction of finding them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.binarize import cut_at
from annot_core.geometry import Box, mean_box
from annot_core.search.ascent import ascend
from annot_core.search.contour import largest_components

WORKING_SIDE_PX = 96
"""The longer side of the map that boxes are searched on; finer adds nothing to maps of 8 to 32 cells."""

THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)
"""Shares of a heat map's maximum at which it is binarized for the pool."""

SEARCHES = ("ascent", "contour")
"""The searches whose boxes are in the pool, by their names in the registry."""

POOLED = [(search, threshold) for threshold in THRESHOLDS for search in SEARCHES]
"""The search and threshold of each box of a pool, in the order in which they lie there."""


def working_map(heatmap: NDArray[np.floating], image_size: tuple[int, int]) -> NDArray[np.float32]:
    """Enlarge a heat map to the image's shape, at most `WORKING_SIDE_PX` on the longer side.

    Args:
        heatmap: (h, w), the map's own grid.
        image_size: (width, height) of the image.

    Returns:
        (H, W) float32, interpolated linearly between cell centers.
    """
    shrink = min(1.0, WORKING_SIDE_PX / max(image_size))
    size = (max(1, round(image_size[0] * shrink)), max(1, round(image_size[1] * shrink)))
    height, width = heatmap.shape
    # Interpolation skips cells where a map shrinks, and heat with them: there, cells are averaged first.
    fitting = (min(width, size[0]), min(height, size[1]))
    averaged = cv2.resize(heatmap.astype(np.float32), fitting, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(averaged, size, interpolation=cv2.INTER_LINEAR)
    # Means are rounded, and may come out a step beyond the values that they were taken of.
    return np.asarray(np.clip(enlarged, heatmap.min(), heatmap.max()), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class BoxPool:
    """The boxes of N heat maps at T thresholds.

    `edges` is (N, T, S, 4) int64, as in `Box`, in pixels of the working maps: by map, threshold and search.
    `heat_sums` is (N, H + 1, W + 1) float64, the heat above and left of every corner of pixels. `sizes` are
    the (width, height) of the working maps.
    """

    thresholds: tuple[float, ...]
    edges: NDArray[np.int64]
    heat_sums: NDArray[np.float64]
    sizes: tuple[tuple[int, int], ...]

    def at(self, thresholds: Sequence[float]) -> NDArray[np.int64]:
        """Return the boxes of some of the thresholds, (N, t, S, 4)."""
        return self.edges[:, [self.thresholds.index(one) for one in thresholds]]

    def mean_boxes(self, thresholds: Sequence[float]) -> list[Box]:
        """Return for each map the mean of its boxes at some of the thresholds."""
        rows = self.at(thresholds).reshape(len(self.edges), -1, 4).tolist()
        return [mean_box(Box(*edges) for edges in row) for row in rows]


def find_pool(heats: Sequence[NDArray[np.float32]], thresholds: Sequence[float]) -> BoxPool:
    """Find the boxes of all thresholds and both searches.

    Args:
        heats: one or more maps as `working_map` gives them, (H, W) each of its own shape, all with heat in them.
        thresholds: shares of the maximum, above 0 and up to 1.
    """
    stacked = _stack(heats)
    peaks = stacked.max(axis=(1, 2)).tolist()
    cuts = np.array([[cut_at(peak, one) for one in thresholds] for peak in peaks], dtype=np.float32)
    masks = (stacked[:, None] >= cuts[:, :, None, None]).reshape(-1, *stacked.shape[1:])
    components = largest_components(masks)
    found = np.stack([ascend(masks, components).edges, components], axis=1)
    return BoxPool(
        thresholds=tuple(thresholds),
        edges=found.reshape(len(heats), len(thresholds), len(SEARCHES), 4),
        heat_sums=np.stack([cv2.integral(heat, sdepth=cv2.CV_64F) for heat in stacked]),
        sizes=tuple((heat.shape[1], heat.shape[0]) for heat in heats),
    )


def _stack(heats: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return maps of several shapes as one array, (N, H, W); empty lines beside a map change no box of it."""
    shapes = [heat.shape for heat in heats]
    stacked = np.zeros((len(heats), *(max(sides) for sides in zip(*shapes, strict=True))), dtype=np.float32)
    for room, heat in zip(stacked, heats, strict=True):
        room[: heat.shape[0], : heat.shape[1]] = heat
    return stacked
