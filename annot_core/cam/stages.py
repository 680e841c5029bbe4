"""What a heat map is made from: the last convolution stage, the one before, and a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class StageOutputs:
    """Tensors of the running Keras backend for a batch of N images, all float32.

    `last` (N, h, w, C) are the activations of the last convolution stage and `gradients` (N, h, w, C)
    the derivative of the class's score with respect to them. `earlier` (N, H, W, D) are the activations
    of the stage before, at least half as coarse again, or `last` where the model has no such stage.
    """

    last: Any
    gradients: Any
    earlier: Any
