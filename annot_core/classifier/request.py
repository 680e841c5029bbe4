"""What is asked of a classifier: where it comes from, and how one is trained. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How to train. None, or `auto`, leaves the choice to the data.

    `image_size` is the side of the square that pictures are brought to, in pixels.
    """

    backbone: str = AUTO
    epochs: int | None = None
    image_size: int | None = None
    batch_size: int | None = None
    seed: int = 0

    def described(self) -> dict[str, Any]:
        """Return the settings as plain values, for the session's records."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClassifierRequest:
    """Where the classifier is to come from: `model` if given, else the kept one, else training."""

    model: Path | None = None
    classes: Path | None = None
    trust_model: bool = False
    training: TrainingSettings = field(default_factory=TrainingSettings)
