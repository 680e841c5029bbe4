"""A detector in one file: Keras' own `.keras` archive, with what it takes to read its outputs beside the weights."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annot_core.classifier.runtime import start_keras
from annot_core.detector.grid import ANCHOR_COUNT
from annot_core.errors import ExportError, ModelError

if TYPE_CHECKING:
    from annot_core.detector.detector import Detector

_CARD = "detector.json"
_KIND = "autoannot tiny YOLOv3"


def save_detector(detector: Detector, path: Path) -> None:
    """Write a detector to `path`, whole or not at all.

    Args:
        detector: the detector.
        path: ends in `.keras`; its folder exists.

    Raises:
        ExportError: the file could not be written.
    """
    card = {
        "kind": _KIND,
        "classes": list(detector.classes),
        "anchors": detector.anchors.tolist(),
        "picture_side": detector.picture_side,
    }
    partial = path.with_name(f".partial-{path.name}")
    try:
        try:
            detector.network.save(partial)
            with zipfile.ZipFile(partial, "a") as archive:
                archive.writestr(_CARD, json.dumps(card, indent=2))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(
            f"expected to write the detector to {str(path)!r}, but: {error}; make room there, and run the same again"
        ) from error


def load_detector(path: Path) -> Detector:
    """Read a detector.

    Raises:
        ModelError: the file is missing, or holds no detector that `save_detector` wrote.
    """
    if not path.is_file():
        raise ModelError(f"expected a detector's file at {str(path)!r}, found none; `autoannot-tui curve` writes some")
    card = _read_card(path)
    start_keras()
    import keras

    from annot_core.detector.detector import Detector

    try:
        anchors = np.array(card["anchors"], np.float32).reshape(ANCHOR_COUNT, 2)
        classes, side = tuple(map(str, card["classes"])), int(card["picture_side"])
        network = keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises ValueError, TypeError, OSError, KeyError and others here
        raise ModelError(f"expected a detector in {path.name}, found a file that cannot be loaded: {error}") from error
    detector = Detector(network, classes, anchors, side)
    expected = (None, len(detector.grid), 5 + len(classes))
    if tuple(network.output_shape) != expected:
        raise ModelError(f"expected outputs {expected} of the detector in {path.name}, found {network.output_shape}")
    return detector


def _read_card(path: Path) -> dict[str, Any]:
    card: Any = None
    with contextlib.suppress(OSError, zipfile.BadZipFile, KeyError, ValueError), zipfile.ZipFile(path) as archive:
        card = json.loads(archive.read(_CARD))
    if not isinstance(card, dict) or card.get("kind") != _KIND:
        raise ModelError(
            f"expected a detector that `autoannot-tui curve` wrote, found none in {path.name}; a classifier finds no "
            "boxes by itself"
        )
    return card
