"""The trained classifier beside the session, so that a second run does not train again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annot_core.classifier.classifier import Classifier, PixelRange
from annot_core.classifier.loading import fingerprint, load_model
from annot_core.classifier.request import TrainingSettings
from annot_core.classifier.training import Trained
from annot_core.errors import ModelError

MODEL_FILE = "classifier.keras"
CARD_FILE = "classifier.json"


@dataclass(frozen=True, slots=True)
class KeptCard:
    """What is known of the kept classifier: its classes, and what was asked for when it was trained."""

    classes: tuple[str, ...]
    requested: dict[str, Any]
    image_size: int
    holdout_accuracy: float


def keep(folder: Path, trained: Trained, requested: TrainingSettings) -> Classifier:
    """Write a trained classifier and its card into `folder`; a killed run leaves the old pair or none."""
    (folder / CARD_FILE).unlink(missing_ok=True)
    partial = folder / f"partial-{MODEL_FILE}"
    trained.model.save(partial)
    partial.replace(folder / MODEL_FILE)
    assert trained.settings.image_size is not None
    card = {
        "classes": list(trained.classes),
        "requested": requested.described(),
        "used": trained.settings.described(),
        "image_size": trained.settings.image_size,
        "holdout_accuracy": trained.holdout_accuracy,
        "epochs_run": trained.epochs_run,
    }
    # The card comes last: a model counts only once it has one.
    partial_card = folder / f"partial-{CARD_FILE}"
    partial_card.write_text(json.dumps(card, indent=2), encoding="utf-8")
    partial_card.replace(folder / CARD_FILE)
    return _classifier(folder, trained.classes, trained.settings.image_size)


def read_card(folder: Path) -> KeptCard | None:
    """Return the card of the classifier kept in `folder`, or None where there is no whole one."""
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        kept = KeptCard(
            tuple(card["classes"]),
            dict(card["requested"]),
            int(card["image_size"]),
            float(card["holdout_accuracy"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if (folder / MODEL_FILE).is_file() else None


def load_kept(folder: Path, card: KeptCard) -> Classifier | None:
    """Load the classifier kept in `folder`, or None where its file is damaged."""
    try:
        return _classifier(folder, card.classes, card.image_size)
    except ModelError:
        return None


def _classifier(folder: Path, classes: tuple[str, ...], image_size: int) -> Classifier:
    """Load the file even right after training: then a first run and a later one use the very same model."""
    model = load_model(folder / MODEL_FILE)
    return Classifier(model, classes, (image_size, image_size), 3, PixelRange.BYTES, fingerprint(model), any_size=True)
