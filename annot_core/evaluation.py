"""How good boxes are, measured against true ones and beside what costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from annot_core.geometry import Box
from annot_core.truth import Truth, file_stem

THRESHOLDS: Final = (0.3, 0.5, 0.7)
"""The IoUs at which shares of images are counted."""

CENTERED_SHARE: Final = 0.8
"""The centered baseline's share of the image's width and of its height."""

Ious = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Result:
    """What there is to judge of one image.

    `image_size` is (width, height) of the upright image, (0, 0) if it could not be read; `box` the
    first box, None where none was found; `candidates` all boxes on offer.
    """

    source: str
    image_id: str
    class_name: str
    image_size: tuple[int, int]
    box: Box | None
    candidates: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """The mean IoU over images, 0 to 1, and the share of images at or above each of `THRESHOLDS`."""

    mean_iou: float
    shares: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Scores over the `n` images of a group that have truth; all 0 where there are none.

    `first` is of the first box, `best` of the candidate (or first box) that is nearest to the truth,
    `whole` of the whole image, and `centered` of a box in its middle, `CENTERED_SHARE` as wide and high.
    """

    n: int
    first: Score
    best: Score
    whole: Score
    centered: Score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of all images and of each class, and how many images had no truth and are in none."""

    overall: GroupScores
    classes: dict[str, GroupScores]
    without_truth: int


def evaluate(results: Iterable[Result], truth: Truth) -> Evaluation:
    """Compare boxes with the truth.

    The IoU of an image is that of its box with the true box that fits best, if there are several: the
    tool offers one box an image, and any of the objects will do. An image with truth and no box counts
    with IoU 0. Images without truth (background, or images that the truth does not name) count in
    `without_truth` alone.

    Args:
        results: one for each image; two images may have the same file name in different folders.
        truth: true boxes.
    """
    listed = list(results)
    names = Counter(file_stem(result.source) for result in listed)
    rows: dict[str, list[Ious]] = {}
    without_truth = 0
    for result in listed:
        by_stem = names[file_stem(result.source)] == 1
        true_boxes = truth.match(result.source, result.image_id, by_stem=by_stem)
        if true_boxes:
            rows.setdefault(result.class_name, []).append(_ious(result, true_boxes))
        else:
            without_truth += 1
    return Evaluation(
        overall=_scores([row for group in rows.values() for row in group]),
        classes={name: _scores(rows[name]) for name in sorted(rows)},
        without_truth=without_truth,
    )


def whole_image(size: tuple[int, int]) -> Box:
    """Return the box around all of an image of `size` (width, height)."""
    return Box(0, 0, *size)


def centered_box(size: tuple[int, int]) -> Box:
    """Return the box of `CENTERED_SHARE` of both sides in the middle of an image of `size`."""
    margin_x, margin_y = (round(side * (1 - CENTERED_SHARE) / 2) for side in size)
    return Box(margin_x, margin_y, size[0] - margin_x, size[1] - margin_y)


def _ious(result: Result, true_boxes: Sequence[Box]) -> Ious:
    """Return the IoU of the first box, the best candidate, the whole image and the centered box."""
    first = [] if result.box is None else [result.box]
    return (
        _best_iou(first, true_boxes),
        _best_iou([*first, *result.candidates], true_boxes),
        _best_iou([whole_image(result.image_size)], true_boxes),
        _best_iou([centered_box(result.image_size)], true_boxes),
    )


def _best_iou(boxes: Iterable[Box], true_boxes: Sequence[Box]) -> float:
    """Return the best IoU of any of the boxes with any true one; 0 without boxes."""
    return max((box.iou(true) for box in boxes for true in true_boxes), default=0.0)


def _scores(rows: Sequence[Ious]) -> GroupScores:
    """Return the scores of a group of images, of which each gave four IoUs."""
    ious = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return GroupScores(len(rows), *(_score(ious[:, column]) for column in range(4)))


def _score(ious: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Score:
    """Return the score of (n,) IoUs."""
    if not ious.size:
        return Score(0.0, (0.0, 0.0, 0.0))
    low, middle, high = (float(np.mean(ious >= threshold)) for threshold in THRESHOLDS)
    return Score(float(np.mean(ious)), (low, middle, high))
