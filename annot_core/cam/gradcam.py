"""Grad-CAM."""

from __future__ import annotations

from typing import Any

from annot_core.cam.stages import StageOutputs


class GradCam:
    """Channels weighted by their mean gradient (Selvaraju et al., ICCV 2017, equations 1 and 2)."""

    centered = False

    def combine(self, stages: StageOutputs) -> Any:
        """Return the maps of the batch; see `CamMethod`."""
        from keras import ops

        weights = ops.mean(stages.gradients, axis=(1, 2), keepdims=True)
        return ops.relu(ops.sum(weights * stages.last, axis=-1))
