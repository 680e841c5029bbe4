"""The mean of several searches' boxes, over one map or over maps of several thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import mean_box
from annot_core.records import Found
from annot_core.search import BoxSearch
from annot_core.search.contour import ContourSearch
from annot_core.search.exact import ExactSearch
from annot_core.search.masses import map_iou


class EnsembleSearch:
    """Averages the edges of the boxes that its members find.

    The exact box gives up thin limbs and the component's rectangle keeps them all, so the truth
    tends to lie between the two.
    """

    thresholds: ClassVar[tuple[float, ...]] = (0.2, 0.3, 0.4)
    """Shares of the heat map's maximum. The pipeline binarizes a heat map at each of these and hands
    all the maps to `find_over`; `find` sees one map that is binarized already."""

    members: ClassVar[tuple[BoxSearch, ...]] = (ExactSearch(), ContourSearch())
    """The searches whose boxes are averaged."""

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return the mean of the members' boxes on `mask`, (H, W) bool, or None for an empty map."""
        return self.find_over((mask,))

    def find_over(self, masks: Sequence[NDArray[np.bool_]]) -> Found | None:
        """Return the mean of all members' boxes on all maps that have foreground, or None if none has.

        `masks` are (H, W) bool, all of one shape, in the order of their thresholds. The score is the
        box's IoU with the middle map, or with the first one that has foreground if that is empty.

        Raises:
            ValueError: the maps differ in shape.
        """
        shapes = {mask.shape for mask in masks}
        if len(shapes) > 1:
            raise ValueError(f"expected maps of one shape, found {', '.join(map(str, sorted(shapes)))}")
        found = [member.find(mask) for mask in masks for member in self.members]
        boxes = [each.box for each in found if each is not None]
        if not boxes:
            return None
        box = mean_box(boxes)
        middle = masks[len(masks) // 2]
        judge = middle if middle.any() else next(mask for mask in masks if mask.any())
        return Found(box, map_iou(box, judge), 1)
