"""Grad-CAM++."""

from __future__ import annotations

from typing import Any

from annot_core.cam.stages import StageOutputs

# Keeps 0 / 0 away where a channel has neither gradient nor activation.
TINY = 1e-12


class GradCamPlusPlus:
    """Channels weighted by their positive gradients, each place by its share.

    Chattopadhay et al., WACV 2018, equations 10 and 19: with the exponential of the score as the function
    that is differentiated, its second and third derivative are powers of the gradient.
    """

    centered = False

    def combine(self, stages: StageOutputs) -> Any:
        """Return the maps of the batch; see `CamMethod`."""
        from keras import ops

        # The shares do not depend on the gradient's scale in exact arithmetic, but its third power
        # underflows in float32: bring it to 1 first.
        peak = ops.max(ops.abs(stages.gradients), axis=(1, 2, 3), keepdims=True)
        gradients = stages.gradients / ops.maximum(peak, TINY)
        squares = ops.square(gradients)
        total = ops.sum(stages.last, axis=(1, 2), keepdims=True)
        # The scale matters against the 2 in the denominator, so it comes back here.
        below = 2.0 * squares + total * squares * gradients * peak
        shares = ops.where(ops.abs(below) > TINY, squares / ops.where(below == 0, 1.0, below), 0.0)
        weights = ops.sum(shares * ops.relu(gradients), axis=(1, 2), keepdims=True)
        return ops.relu(ops.sum(weights * stages.last, axis=-1))
