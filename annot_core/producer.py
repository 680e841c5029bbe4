"""The name of all that decides what is proposed for an image."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from annot_core.classifier.classifier import Classifier
from annot_core.recipes import Recipe

PIPELINE_VERSION = 3
"""Raised when the same settings give other proposals than before, so that sessions are done again."""


@dataclass(frozen=True, slots=True)
class Producer:
    """A classifier with its settings: `name` differs wherever `description` does, plain values that JSON takes."""

    name: str
    description: dict[str, object]


def describe_producer(classifier: Classifier, recipe: Recipe, max_pixels: int) -> Producer:
    """Name a classifier and its settings, so that a change of any of them has proposals made anew."""
    described: dict[str, object] = {
        "recipe": asdict(recipe),
        "classifier": classifier.fingerprint,
        "classes": classifier.classes,
        "input_size": classifier.input_size,
        "pixel_range": classifier.pixel_range.value,
        "max_pixels": max_pixels,
        "pipeline_version": PIPELINE_VERSION,
    }
    text = json.dumps(described, sort_keys=True)
    return Producer(hashlib.blake2b(text.encode(), digest_size=16).hexdigest(), described)
