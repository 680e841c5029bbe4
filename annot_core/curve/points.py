"""The curve on disk: one point for each size, so that a run that was stopped goes on with the next size."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from annot_core.detector.request import DetectorSettings
from annot_core.records import Annotation

POINTS_FILE = "curve.json"
_HASH_BYTES = 16
# Raised whenever the same images and settings would give another detector.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Point:
    """What a detector trained on `images` images came to.

    `key` is a hash of all that decides it: its images, those held out, the classes and the settings. `loss` is the
    validation loss, `average_precision` at an IoU of 0.5 by class, `map50` their mean, and `mean_iou` as
    `annot_core.detector.measuring.Measures` has it.
    """

    images: int
    key: str
    loss: float
    map50: float
    mean_iou: float
    average_precision: dict[str, float]

    @property
    def model_file(self) -> str:
        """The name of the detector's file in the curve's folder."""
        return f"detector-{self.images}.keras"


def key_for(
    training: Sequence[Annotation],
    held_out: Sequence[Annotation],
    classes: Sequence[str],
    settings: DetectorSettings,
) -> str:
    """Return a hash of all that decides a point, 32 hex digits."""
    digest = hashlib.blake2b(digest_size=_HASH_BYTES)
    digest.update(json.dumps([_VERSION, list(classes), settings.described()], sort_keys=True).encode())
    for part in (training, held_out):
        for one in part:
            digest.update(json.dumps([one.image_id, one.content, one.class_name, one.box]).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def read_points(folder: Path) -> list[Point]:
    """Return the points in a curve's folder whose detector is there too. What is damaged counts as missing."""
    try:
        entries = json.loads((folder / POINTS_FILE).read_text(encoding="utf-8"))["points"]
        points = [_to_point(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [point for point in points if (folder / point.model_file).is_file()]


def write_points(folder: Path, points: Iterable[Point]) -> None:
    """Write the points, smallest first, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    listed = [asdict(point) for point in sorted(points, key=lambda point: point.images)]
    partial = folder / f".partial-{POINTS_FILE}"
    partial.write_text(json.dumps({"points": listed}, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / POINTS_FILE)


def _to_point(entry: dict[str, Any]) -> Point:
    return Point(
        int(entry["images"]),
        str(entry["key"]),
        float(entry["loss"]),
        float(entry["map50"]),
        float(entry["mean_iou"]),
        {str(name): float(value) for name, value in entry["average_precision"].items()},
    )
