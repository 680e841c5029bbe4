"""Average precision of detections, by COCO's rules (https://cocodataset.org/#detection-eval).

Precision at each of 101 recalls, 0 to 1, is the best one at that recall or any higher; their mean is the average
precision of a class, and the mean over the classes that have true boxes is mAP. Detections take true boxes of their
image and class in the order of their scores, each the one that it overlaps most of those still free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.detector.decoding import Detection
from annot_core.detector.examples import TrueBox
from annot_core.geometry import Box

RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in one image, and what is there."""

    found: tuple[Detection, ...]
    true: tuple[TrueBox, ...]


def average_precisions(images: Sequence[Judged], threshold: float = 0.5) -> dict[int, float]:
    """Return the average precision, 0 to 1, of each class that has true boxes, by its number.

    Args:
        images: all images.
        threshold: the IoU that a detection must have with a true box at least, above 0.
    """
    numbers = sorted({true.class_number for image in images for true in image.true})
    return {number: _average_precision(images, number, threshold) for number in numbers}


def mean_average_precision(images: Sequence[Judged], threshold: float = 0.5) -> float:
    """Return the mean of `average_precisions`; 0 where there is no true box at all."""
    found = average_precisions(images, threshold)
    return sum(found.values()) / len(found) if found else 0.0


def mean_iou(images: Sequence[Judged]) -> float:
    """Return the mean over all true boxes of the IoU with the detection of their class that overlaps them most.

    A true box that nothing overlaps counts 0; without true boxes the result is 0.
    """
    best = [
        max((one.box.iou(true.box) for one in image.found if one.class_number == true.class_number), default=0.0)
        for image in images
        for true in image.true
    ]
    return sum(best) / len(best) if best else 0.0


def _average_precision(images: Sequence[Judged], number: int, threshold: float) -> float:
    scores: list[float] = []
    hits: list[bool] = []
    wanted = 0
    for image in images:
        found = sorted((one for one in image.found if one.class_number == number), key=lambda one: -one.score)
        true = [one.box for one in image.true if one.class_number == number]
        wanted += len(true)
        scores += [one.score for one in found]
        hits += _hits([one.box for one in found], true, threshold)
    order = np.argsort(-np.array(scores, np.float64), kind="stable")
    return _area(np.array(hits, np.bool_)[order], wanted)


def _hits(found: Sequence[Box], true: Sequence[Box], threshold: float) -> list[bool]:
    """Tell of each detection, best score first, whether it finds a true box that none before it has found."""
    free = list(true)
    hits = []
    for box in found:
        # Of equals the last one, as pycocotools has it.
        best = max(reversed(free), key=box.iou, default=None)
        hit = best is not None and box.iou(best) >= threshold
        if best is not None and hit:
            free.remove(best)
        hits.append(hit)
    return hits


def _area(hits: NDArray[np.bool_], wanted: int) -> float:
    """Return the mean of the 101 precisions, for hits in the order of scores and `wanted` true boxes."""
    right = np.cumsum(hits)
    recalls = right / wanted
    precisions = right / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precisions[::-1])[::-1]
    places = np.searchsorted(recalls, RECALLS, side="left")
    return float(np.append(best, 0.0)[places].mean())
