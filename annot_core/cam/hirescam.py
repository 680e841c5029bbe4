"""HiResCAM."""

from __future__ import annotations

from typing import Any

from annot_core.cam.stages import StageOutputs


class HiResCam:
    """Activations times gradients, place by place (Draelos and Carin, 2020, arXiv:2011.08891)."""

    centered = False

    def combine(self, stages: StageOutputs) -> Any:
        """Return the maps of the batch; see `CamMethod`."""
        from keras import ops

        return ops.relu(ops.sum(stages.gradients * stages.last, axis=-1))
