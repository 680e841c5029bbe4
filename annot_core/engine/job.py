"""All that an engine in a process of its own has to know to begin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from annot_core.classifier.request import ClassifierRequest
from annot_core.dataset import Dataset
from annot_core.engine import BATCH_SIZE
from annot_core.limits import MAX_PIXELS
from annot_core.recipes import Recipe


@dataclass(frozen=True, slots=True)
class EngineJob:
    """What is worked on, with which classifier and how; it can be pickled.

    `dataset` is what a classifier is trained on, and names its classes. `folder` is where a trained
    classifier is kept: the session's. Images with more than `max_pixels` are not decoded. `batch_size`
    images are worked on at once.
    """

    dataset: Dataset
    request: ClassifierRequest
    recipe: Recipe
    folder: Path
    max_pixels: int = MAX_PIXELS
    batch_size: int = BATCH_SIZE
