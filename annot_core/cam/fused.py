"""The fused map: what speaks for the class, drawn as finely as the stage before can."""

from __future__ import annotations

from typing import Any

from annot_core.cam.gradcam import GradCam
from annot_core.cam.normalize import peak_normalized, range_normalized
from annot_core.cam.stages import StageOutputs


class Fused:
    """The mean of two maps on the finer one's grid.

    One is Grad-CAM of the last stage for the class's score minus the mean score; the other the mean of
    the channels of the stage before, whose cells are half as large: where there is anything at all.
    The first says which thing, the second where its edges are.
    """

    centered = True

    def combine(self, stages: StageOutputs) -> Any:
        """Return the maps of the batch; see `CamMethod`. All zeros where nothing speaks for the class."""
        from keras import ops

        evidence = peak_normalized(GradCam().combine(stages))
        texture = range_normalized(ops.mean(stages.earlier, axis=-1))
        height, width = ops.shape(texture)[1], ops.shape(texture)[2]
        grown = ops.image.resize(
            evidence[..., None], (height, width), interpolation="bilinear", data_format="channels_last"
        )[..., 0]
        speaks = ops.max(evidence, axis=(1, 2), keepdims=True) > 0
        return ops.where(speaks, 0.5 * (grown + texture), 0.0)
