"""What is asked of augmentation. Nothing heavy is imported here."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from annot_core.errors import UsageError


class BoxSource(enum.StrEnum):
    """Where the box of an augmented image comes from."""

    TRANSFORM = "transform"
    """The geometry carries the kept box along."""
    ANNOTATE = "annotate"
    """The classifier's heat map gives a box anew."""


class Effect(enum.StrEnum):
    """What may be done to an image, by the name that leaves it out."""

    FLIP = "flip"
    UPSIDE_DOWN = "upside-down"
    ROTATION = "rotation"
    SCALE = "scale"
    SHIFT = "shift"
    CROP = "crop"
    PERSPECTIVE = "perspective"
    BRIGHTNESS = "brightness"
    CONTRAST = "contrast"
    HUE = "hue"
    BLUR = "blur"
    NOISE = "noise"
    JPEG = "jpeg"
    CUTOUT = "cutout"
    PASTE = "paste"


MIN_VISIBLE: Final = 0.6
MIN_SCORE: Final = 0.5
LONGEST_SIDE_PX: Final = 1024
BACKGROUND_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How images are augmented.

    `min_visible` is the least share of a box's area, 0 to 1, that has to be left in the picture. Pictures are at
    most `longest_side_px` on their longer side. `background_share` of the images to make, 0 to 1, are made from
    images without an object, where there are any. `without` are effects that are left out. `min_score` is the
    least score of a box that was found anew, 0 to 1.
    """

    seed: int = 0
    boxes: BoxSource = BoxSource.TRANSFORM
    min_visible: float = MIN_VISIBLE
    longest_side_px: int = LONGEST_SIDE_PX
    background_share: float = BACKGROUND_SHARE
    without: Collection[Effect] = field(default_factory=frozenset)
    min_score: float = MIN_SCORE

    def __post_init__(self) -> None:
        for name, share in (
            ("min_visible", self.min_visible),
            ("background_share", self.background_share),
            ("min_score", self.min_score),
        ):
            if not 0 <= share <= 1:
                raise UsageError(f"expected {name} from 0 to 1, found {share}")
        if self.seed < 0 or self.longest_side_px < 1:
            raise UsageError(
                f"expected a seed of 0 or more and a longest side of 1 pixel or more, found {self.seed} and "
                f"{self.longest_side_px}"
            )

    def described(self) -> dict[str, Any]:
        """Return the settings that a picture depends on as plain values."""
        described: dict[str, Any] = {
            "seed": self.seed,
            "boxes": self.boxes.value,
            "min_visible": self.min_visible,
            "longest_side_px": self.longest_side_px,
            "without": sorted(self.without),
        }
        if self.boxes is BoxSource.ANNOTATE:
            described["min_score"] = self.min_score
        return described
