"""LayerCAM."""

from __future__ import annotations

from typing import Any

from annot_core.cam.stages import StageOutputs


class LayerCam:
    """Activations times positive gradients (Jiang et al., IEEE TIP 2021, equations 6 and 7)."""

    centered = False

    def combine(self, stages: StageOutputs) -> Any:
        """Return the maps of the batch; see `CamMethod`."""
        from keras import ops

        return ops.relu(ops.sum(ops.relu(stages.gradients) * stages.last, axis=-1))
