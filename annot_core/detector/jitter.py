"""Pictures and their boxes as they might have been: mirrored, nearer, farther, shifted, in another light.

Runs within `tf.data`, on whole batches. What comes into view from beyond the picture is its edge, drawn out.
"""

from __future__ import annotations

import math
from typing import Any

from annot_core.detector.examples import NO_BOX

Tensor = Any
"""A tensor of TensorFlow."""

LARGEST_ZOOM = 1.4
LARGEST_STRETCH = 1.15
LARGEST_SHIFT = 0.15
LEAST_CONTRAST, MOST_CONTRAST = 0.7, 1.3
LARGEST_BRIGHTENING = 30.0
LARGEST_TINT = 0.1
LEAST_LEFT = 0.4
"""A box of which less than this share is left in the picture is dropped."""


def jitter(pictures: Tensor, boxes: Tensor, seed: Tensor) -> tuple[Tensor, Tensor]:
    """Return changed pictures (N, side, side, 3) float32, 0 to 255, and the boxes in them, (N, K, 5).

    Args:
        pictures: (N, side, side, 3) uint8.
        boxes: (N, K, 5) float32, as `annot_core.detector.examples.true_boxes` gives them.
        seed: (2,) int32; the same one gives the same changes.
    """
    import tensorflow as tf

    draw = _Drawn(seed)
    count = tf.shape(pictures)[0]
    zoom = tf.exp(draw.uniform((count, 1), math.log(LARGEST_ZOOM)))
    stretch = tf.exp(draw.uniform((count, 1), math.log(LARGEST_STRETCH)) / 2)
    mirror = tf.where(draw.uniform((count, 1), 1.0) < 0, -1.0, 1.0)
    # A place v in the new picture shows u = (v - 1/2) * steps + 1/2 + shift of the old one.
    steps = tf.concat([mirror * zoom * stretch, zoom / stretch], axis=1)
    shift = draw.uniform((count, 2), LARGEST_SHIFT)
    return _relit(_resampled(pictures, steps, shift), draw), _carried(boxes, steps, shift)


class _Drawn:
    """Random numbers, each from a seed of its own."""

    def __init__(self, seed: Tensor) -> None:
        self._seed = seed
        self._drawn = 0

    def uniform(self, shape: tuple[Any, ...], limit: float) -> Tensor:
        """Return numbers from -limit to limit."""
        import tensorflow as tf

        self._drawn += 1
        return tf.random.stateless_uniform(shape, (self._seed[0] + self._drawn * 7919, self._seed[1]), -limit, limit)


def _resampled(pictures: Tensor, steps: Tensor, shift: Tensor) -> Tensor:
    import tensorflow as tf

    side = tf.cast(tf.shape(pictures)[1], tf.float32)
    # From the middles of pixels to the middles of pixels.
    offset = steps * (0.5 - side / 2) + (0.5 + shift) * side - 0.5
    zero = tf.zeros_like(offset[:, :1])
    rows = [steps[:, :1], zero, offset[:, :1], zero, steps[:, 1:], offset[:, 1:], zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(pictures, tf.float32),
        transforms=tf.concat(rows, axis=1),
        output_shape=tf.shape(pictures)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def _relit(pictures: Tensor, draw: _Drawn) -> Tensor:
    import tensorflow as tf

    count = tf.shape(pictures)[0]
    middle, spread = (MOST_CONTRAST + LEAST_CONTRAST) / 2, (MOST_CONTRAST - LEAST_CONTRAST) / 2
    contrast = middle + draw.uniform((count, 1, 1, 1), spread)
    tint = 1 + draw.uniform((count, 1, 1, 3), LARGEST_TINT)
    light = draw.uniform((count, 1, 1, 1), LARGEST_BRIGHTENING)
    mean = tf.reduce_mean(pictures, axis=[1, 2], keepdims=True)
    return tf.clip_by_value(pictures * (contrast * tint) + (mean * (1 - contrast) * tint + light), 0, 255)


def _carried(boxes: Tensor, steps: Tensor, shift: Tensor) -> Tensor:
    """Return the boxes where they are now, cut at the picture's sides, without those that are mostly outside."""
    import tensorflow as tf

    one = (boxes[..., :2] - 0.5 - shift[:, None]) / steps[:, None] + 0.5
    other = (boxes[..., 2:4] - 0.5 - shift[:, None]) / steps[:, None] + 0.5
    low, high = tf.minimum(one, other), tf.maximum(one, other)
    cut_low, cut_high = tf.clip_by_value(low, 0, 1), tf.clip_by_value(high, 0, 1)
    left = tf.reduce_prod(cut_high - cut_low, axis=-1) >= LEAST_LEFT * tf.reduce_prod(high - low, axis=-1)
    is_box = tf.logical_and(left, boxes[..., 4] != NO_BOX)
    carried = tf.concat([cut_low, cut_high, boxes[..., 4:]], axis=-1)
    return tf.where(is_box[..., None], carried, [0.0, 0.0, 0.0, 0.0, NO_BOX])
