"""The fused map's parts, joined by what is unlike the edges of the picture."""

from __future__ import annotations

from typing import Any

from annot_core.cam.gradcam import GradCam
from annot_core.cam.normalize import peak_normalized, range_normalized
from annot_core.cam.stages import StageOutputs

WHOLE_SHARE = 0.3
"""A side of few cells knows little of how features vary: this share of the whole picture's variance is added."""

FLAT = 1e-30
"""The variance up to which a channel is the same everywhere; one over it is still a number in float32."""


class Salient:
    """The mean of three maps on the finer one's grid, all from 0 to 1.

    Grad-CAM of the last stage for the class's score minus the mean score; the mean of the channels of the
    stage before; and how unlike the picture's sides each cell of the stage before is. A classifier of few
    pictures knows a raccoon by its face alone; the third map adds the rest of it, since people seldom let
    a thing touch all sides of a picture (Wei et al., "Geodesic saliency using background priors", ECCV 2012).
    Only a third speaks for the class, so things of other classes show more than in the fused map.
    """

    centered = True

    def combine(self, stages: StageOutputs) -> Any:
        """Return the maps of the batch; see `CamMethod`. All zeros where nothing speaks for the class."""
        from keras import ops

        evidence = peak_normalized(GradCam().combine(stages))
        texture = range_normalized(ops.mean(stages.earlier, axis=-1))
        contrast = range_normalized(unlikeness_to_sides(stages.earlier))
        height, width = ops.shape(texture)[1], ops.shape(texture)[2]
        grown = ops.image.resize(
            evidence[..., None], (height, width), interpolation="bilinear", data_format="channels_last"
        )[..., 0]
        speaks = ops.max(evidence, axis=(1, 2), keepdims=True) > 0
        return ops.where(speaks, (grown + texture + contrast) / 3, 0.0)


def unlikeness_to_sides(features: Any) -> Any:
    """Return how far each cell is from the side of the picture that it is most like.

    The distance to a side is Mahalanobis' with the side's mean and variance of every channel on its own: cells
    like the sky at the top, or like the grass at the bottom, are near.

    Args:
        features: (N, H, W, C).

    Returns:
        (N, H, W), at least 0.
    """
    from keras import ops

    whole = ops.var(features, axis=(1, 2), keepdims=True)
    sides = (features[:, :1], features[:, -1:], features[:, :, :1], features[:, :, -1:])
    squares = [_squared_distance(features, side, whole) for side in sides]
    return ops.sqrt(ops.min(ops.stack(squares), axis=0))


def _squared_distance(features: Any, side: Any, whole: Any) -> Any:
    from keras import ops

    mean = ops.mean(side, axis=(1, 2), keepdims=True)
    variance = ops.var(side, axis=(1, 2), keepdims=True) + WHOLE_SHARE * whole
    # A channel that is the same everywhere tells nothing.
    varied = variance > FLAT
    weights = ops.where(varied, 1.0 / ops.where(varied, variance, 1.0), 0.0)
    # Only this goes over every cell. As a product of matrices it would take little more than half the time, and be
    # rounded to ten bits by those GPUs that do so with products.
    return ops.mean(ops.square(features - mean) * weights, axis=-1)
