"""From true boxes to what the network should say at each of its places.

Formulas of YOLOv3 (Redmon and Farhadi, 2018, section 2.1): a box with center (bx, by) and size (bw, bh) is told by
the place whose cell (cx, cy) holds the center, with an anchor (pw, ph), as

    bx = sigmoid(tx) + cx    by = sigmoid(ty) + cy    bw = pw * exp(tw)    bh = ph * exp(th)

and each true box belongs to one place: the one whose anchor overlaps it most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from annot_core.detector.examples import NO_BOX
from annot_core.detector.grid import ANCHORS_A_CELL, Grid

Tensor = Any
"""An array of Keras' backend."""

_SMALLEST = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What is right at P places in N pictures, as float32 tensors.

    `has_box` is (N, P), 1 where a true box belongs to the place. For those, `offsets` (N, P, 2) are the
    center in the cell, sigmoid(tx) and sigmoid(ty); `stretches` (N, P, 2) tw and th; `classes` (N, P, classes) is
    one-hot; and `areas` (N, P) the box's share of the picture. Elsewhere all are 0.
    """

    has_box: Tensor
    offsets: Tensor
    stretches: Tensor
    classes: Tensor
    areas: Tensor


def targets_for(boxes: Tensor, grid: Grid, class_count: int) -> Targets:
    """Return what is right; of boxes that belong to the same place, the first one in the list is taken.

    Args:
        boxes: (N, K, 5) float32, as `annot_core.detector.examples.true_boxes` gives them.
        grid: the places.
        class_count: number of classes.
    """
    from keras import ops

    is_box = ops.cast(ops.not_equal(boxes[..., 4], NO_BOX), "float32")
    centers = (boxes[..., :2] + boxes[..., 2:4]) / 2
    sizes = ops.maximum(boxes[..., 2:4] - boxes[..., :2], _SMALLEST)
    belongs = ops.one_hot(_places(centers, sizes, grid), len(grid)) * is_box[..., None]  # (N, K, P)
    # Keeps the first box of each place.
    belongs = belongs * ops.cast(ops.cumsum(belongs, axis=1) < 1.5, "float32")

    def placed(values: Tensor) -> Tensor:
        return ops.einsum("nkp,nkc->npc", belongs, values)

    has_box = ops.sum(belongs, axis=1)
    offsets = placed(centers) * grid.sides[:, None] - grid.corners
    stretches = ops.log(ops.maximum(placed(sizes), _SMALLEST) / grid.anchors)
    mask = has_box[..., None]
    return Targets(
        has_box=has_box,
        offsets=offsets * mask,
        stretches=stretches * mask,
        classes=placed(ops.one_hot(ops.cast(boxes[..., 4], "int32"), class_count)),
        areas=ops.sum(belongs * ops.prod(sizes, axis=-1)[..., None], axis=1),
    )


def _places(centers: Tensor, sizes: Tensor, grid: Grid) -> Tensor:
    """Return the index of the place that each box belongs to: (N, K) int32."""
    from keras import ops

    shared = ops.prod(ops.minimum(sizes[..., None, :], grid.shapes), axis=-1)
    union = ops.prod(sizes, axis=-1)[..., None] + grid.shapes.prod(axis=-1) - shared
    best = ops.argmax(shared / union, axis=-1)
    begin = ops.take(grid.places[:, 0], best)
    side = ops.take(grid.places[:, 1], best)
    cells = ops.floor(centers * ops.cast(side, "float32")[..., None])
    # A center on the picture's right or lower edge is in the last cell.
    cell = ops.clip(ops.cast(cells, "int32"), 0, side[..., None] - 1)
    return begin + ANCHORS_A_CELL * (cell[..., 1] * side + cell[..., 0])
