"""Heat maps: where in an image a classifier sees the evidence for a class.

A method turns the activations and gradients of one or two convolution stages into maps. One file a
method; the registry below names them and imports them when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from annot_core.errors import UsageError

if TYPE_CHECKING:
    from annot_core.cam.stages import StageOutputs

METHODS: dict[str, str] = {
    "fused": "annot_core.cam.fused:Fused",
    "gradcam": "annot_core.cam.gradcam:GradCam",
    "gradcam++": "annot_core.cam.gradcam_plus_plus:GradCamPlusPlus",
    "hirescam": "annot_core.cam.hirescam:HiResCam",
    "layercam": "annot_core.cam.layercam:LayerCam",
    "salient": "annot_core.cam.salient:Salient",
}


class CamMethod(Protocol):
    """Turns what a classifier computed for a batch into one map an image.

    `centered` asks for the gradient of the class's score minus the mean score of all classes,
    instead of the class's score alone.
    """

    centered: bool

    def combine(self, stages: StageOutputs) -> Any:
        """Return maps (N, h, w) of the batch, at least 0, on any scale; not yet normalized.

        The work is done with `keras.ops`, inside the compiled step, so that only maps leave the device.
        """
        ...


def method_names() -> tuple[str, ...]:
    """Return the names of all heat map methods, sorted."""
    return tuple(sorted(METHODS))


def create_method(name: str) -> CamMethod:
    """Return the heat map method called `name`.

    Raises:
        UsageError: there is no such method.
    """
    if name not in METHODS:
        raise UsageError(f"expected a heat map method out of {', '.join(method_names())}, found {name!r}")
    module, _, attribute = METHODS[name].partition(":")
    return cast(CamMethod, getattr(importlib.import_module(module), attribute)())
