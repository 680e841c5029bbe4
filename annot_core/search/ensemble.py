"""The mean of two searches' boxes, over one map or over maps of several thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box, mean_box
from annot_core.records import Found
from annot_core.search.ascent import ascend
from annot_core.search.contour import largest_components
from annot_core.search.masses import map_iou


class EnsembleSearch:
    """Averages the edges of the boxes that ascent and the largest component give.

    The box of best IoU gives up thin limbs and the component's rectangle keeps them all, so the truth
    tends to lie between the two.
    """

    thresholds: ClassVar[tuple[float, ...]] = (0.2, 0.3, 0.4)
    """Shares of the heat map's maximum. The pipeline binarizes a heat map at each of these and averages
    the boxes of all the maps; `find` sees one map that is binarized already."""

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return the mean of both boxes on `mask`, (H, W) bool, or None for an empty map."""
        return self.find_over((mask,))

    def find_over(self, masks: Sequence[NDArray[np.bool_]]) -> Found | None:
        """Return the mean of both boxes on all maps that have foreground, or None if none has.

        `masks` are (H, W) bool, all of one shape, in the order of their thresholds. The score is the
        box's IoU with the middle map, or with the first one that has foreground if that is empty.

        Raises:
            ValueError: the maps differ in shape.
        """
        shapes = {mask.shape for mask in masks}
        if len(shapes) > 1:
            raise ValueError(f"expected maps of one shape, found {', '.join(map(str, sorted(shapes)))}")
        filled = [mask for mask in masks if mask.any()]
        if not filled:
            return None
        stacked = np.stack(filled)
        components = largest_components(stacked)
        edges = np.concatenate([ascend(stacked, components).edges, components])
        box = mean_box(Box(*each) for each in edges.tolist())
        middle = masks[len(masks) // 2]
        return Found(box, map_iou(box, middle if middle.any() else filled[0]), 1)
