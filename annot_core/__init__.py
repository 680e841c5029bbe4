"""Labelled images in, detection data sets out: the pipeline as a library.

>>> import annot_core as ac
>>> ac.annotate("dataset", output="out")  # doctest: +SKIP
>>> ac.find_box([[0, 1, 1], [0, 1, 1]]).box
Box(left=1, top=0, right=3, bottom=2)

The names below are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annot_core.annotating import Annotated, annotate
    from annot_core.augment.job import Augmented, augment_output
    from annot_core.augment.settings import AugmentSettings, BoxSource, Effect
    from annot_core.cam.heatmapper import heatmaps
    from annot_core.checking import check_path
    from annot_core.classifier.request import TrainingSettings
    from annot_core.curve.run import learning_curve
    from annot_core.demo import draw_demo
    from annot_core.detector.detecting import detect_files
    from annot_core.detector.request import DetectorSettings
    from annot_core.errors import AnnotError
    from annot_core.evaluation import evaluate
    from annot_core.geometry import Box
    from annot_core.importing import import_annotations
    from annot_core.records import (
        Annotation,
        Candidate,
        Copy,
        Decider,
        Decision,
        Failure,
        Found,
        LabelledImage,
        Proposal,
        Skipped,
        Status,
        Verdict,
    )
    from annot_core.search import find_box
    from annot_core.session import Session
    from annot_core.truth import read_truth

_HOMES = {
    "annotating": ("Annotated", "annotate"),
    "augment.job": ("Augmented", "augment_output"),
    "augment.settings": ("AugmentSettings", "BoxSource", "Effect"),
    "cam.heatmapper": ("heatmaps",),
    "checking": ("check_path",),
    "classifier.request": ("TrainingSettings",),
    "curve.run": ("learning_curve",),
    "demo": ("draw_demo",),
    "detector.detecting": ("detect_files",),
    "detector.request": ("DetectorSettings",),
    "errors": ("AnnotError",),
    "evaluation": ("evaluate",),
    "geometry": ("Box",),
    "importing": ("import_annotations",),
    "records": (
        "Annotation",
        "Candidate",
        "Copy",
        "Decider",
        "Decision",
        "Failure",
        "Found",
        "LabelledImage",
        "Proposal",
        "Skipped",
        "Status",
        "Verdict",
    ),
    "search": ("find_box",),
    "session": ("Session",),
    "truth": ("read_truth",),
}

__all__ = [
    "AnnotError",
    "Annotated",
    "Annotation",
    "AugmentSettings",
    "Augmented",
    "Box",
    "BoxSource",
    "Candidate",
    "Copy",
    "Decider",
    "Decision",
    "DetectorSettings",
    "Effect",
    "Failure",
    "Found",
    "LabelledImage",
    "Proposal",
    "Session",
    "Skipped",
    "Status",
    "TrainingSettings",
    "Verdict",
    "annotate",
    "augment_output",
    "check_path",
    "detect_files",
    "draw_demo",
    "evaluate",
    "find_box",
    "heatmaps",
    "import_annotations",
    "learning_curve",
    "read_truth",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
