"""What is asked of a detector: how it is trained, and which boxes count. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from annot_core.errors import UsageError

DEFAULT_IMAGE_SIZE_PX = 160
DEFAULT_BATCH_SIZE = 16
DEFAULT_MIN_SCORE = 0.3
STRIDES_PX = (32, 16)
"""The sides of the network's two grids' cells in pixels of its picture, in the order of its outputs."""


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How to train a detector.

    `epochs` are passes over the images; None: as many as give parts of any size about the same number of steps.
    `image_size` is the side of the square that pictures are brought to, in pixels.

    Raises:
        UsageError: the image size is no multiple of 32, or a number is below 1.
    """

    epochs: int | None = None
    image_size: int = DEFAULT_IMAGE_SIZE_PX
    batch_size: int = DEFAULT_BATCH_SIZE
    seed: int = 0

    def __post_init__(self) -> None:
        step = max(STRIDES_PX)
        if self.image_size < step or self.image_size % step:
            nearest = max(step, round(self.image_size / step) * step)
            raise UsageError(
                f"expected an image size that is a multiple of {step} pixels, found {self.image_size}; "
                f"--image-size {nearest} is near"
            )
        if self.batch_size < 1 or (self.epochs is not None and self.epochs < 1):
            raise UsageError(
                f"expected at least 1 epoch and batches of at least 1 image, found {self.epochs} and {self.batch_size}"
            )

    def described(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)
