"""The loss of YOLOv3 (Redmon and Farhadi, 2018): box, objectness and classes, added up over a picture's places."""

from __future__ import annotations

from annot_core.detector.examples import NO_BOX
from annot_core.detector.grid import Grid
from annot_core.detector.targets import Tensor, targets_for

IGNORED_IOU = 0.5
"""A place that holds no box but tells one that overlaps a true box by more is not told that it is wrong."""


def yolo_loss(boxes: Tensor, outputs: Tensor, grid: Grid) -> Tensor:
    """Return each picture's loss, (N,) float32; 0 where the outputs are perfect.

    With t the outputs, a hat for what is right, and o = 1 at places that a true box belongs to (section 2.1):

        box:        o * (2 - bw * bh) * [KL(x^, sigmoid(tx)) + KL(y^, sigmoid(ty)) + ((tw^ - tw)^2 + (th^ - th)^2) / 2]
        objectness: o * -log(sigmoid(to)) + (1 - o) * n * -log(1 - sigmoid(to))
        classes:    o * sum over classes of the binary cross-entropy of sigmoid(tc)

    KL is the cross-entropy less its smallest value, so that its gradient is the paper's, sigmoid(tx) - x^. Small boxes
    count up to twice, as in the paper's program. n is 0 where the told box overlaps a true one by more than
    `IGNORED_IOU`, else 1.

    Args:
        boxes: (N, K, 5), as `annot_core.detector.examples.true_boxes` gives them.
        outputs: (N, P, 5 + classes): tx, ty, tw, th, to and tc.
        grid: the P places.
    """
    from keras import ops

    outputs = ops.cast(outputs, "float32")
    right = targets_for(boxes, grid, outputs.shape[-1] - 5)
    weight = right.has_box * (2 - right.areas)
    centers = ops.sum(_cross_entropy(right.offsets, outputs[..., :2]) - _entropy(right.offsets), axis=-1)
    sizes = ops.sum(ops.square(right.stretches - outputs[..., 2:4]), axis=-1) / 2
    found = _cross_entropy(right.has_box, outputs[..., 4])
    ignored = ops.cast(ops.stop_gradient(best_overlap(boxes, outputs, grid)) > IGNORED_IOU, "float32")
    counted = ops.maximum(right.has_box, 1 - ignored)
    classes = right.has_box * ops.sum(_cross_entropy(right.classes, outputs[..., 5:]), axis=-1)
    return ops.sum(weight * (centers + sizes) + counted * found + classes, axis=-1)


def best_overlap(boxes: Tensor, outputs: Tensor, grid: Grid) -> Tensor:
    """Return the IoU of each place's box with the true box that it overlaps most: (N, P) float32, 0 to 1."""
    from keras import ops

    low, high = _corners(outputs, grid)
    shared = ops.prod(
        ops.maximum(
            ops.minimum(high[:, :, None], boxes[:, None, :, 2:4]) - ops.maximum(low[:, :, None], boxes[:, None, :, :2]),
            0,
        ),
        axis=-1,
    )
    areas = ops.prod(high - low, axis=-1)[:, :, None]
    union = areas + ops.prod(boxes[..., 2:4] - boxes[..., :2], axis=-1)[:, None] - shared
    is_box = ops.cast(ops.not_equal(boxes[..., 4], NO_BOX), "float32")[:, None]
    return ops.max(is_box * shared / ops.maximum(union, 1e-9), axis=-1)


def _corners(outputs: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """Return the corners of the boxes that outputs tell, each (N, P, 2), as shares of the picture."""
    from keras import ops

    centers = (ops.sigmoid(outputs[..., :2]) + grid.corners) / grid.sides[:, None]
    # An untrained network may say anything; its boxes need not be larger than any picture.
    halves = ops.exp(ops.clip(outputs[..., 2:4], -10, 10)) * grid.anchors / 2
    return centers - halves, centers + halves


def _cross_entropy(right: Tensor, output: Tensor) -> Tensor:
    """Return the binary cross-entropy of sigmoid(output), for `right` from 0 to 1, without overflow."""
    from keras import ops

    return ops.maximum(output, 0) - output * right + ops.log1p(ops.exp(-ops.abs(output)))


def _entropy(right: Tensor) -> Tensor:
    """Return the binary entropy of numbers from 0 to 1, which is the smallest that the cross-entropy can be."""
    from keras import ops

    inside = ops.clip(right, 1e-7, 1 - 1e-7)
    return -(inside * ops.log(inside) + (1 - inside) * ops.log1p(-inside))
