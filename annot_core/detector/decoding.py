"""From the network's outputs to boxes: decoding, and keeping the best of boxes that tell of the same object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.detector.grid import Grid
from annot_core.geometry import Box

SAME_OBJECT_IOU = 0.45
"""Boxes of one class that overlap by more than this tell of the same object; as in the paper's program."""
MOST_DETECTIONS = 100
"""An image has no more detections than this; so COCO counts."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A box that a detector found, the number of its class, and its score, 0 to 1."""

    box: Box
    class_number: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What the network tells at M places: `boxes` (M, 4) as shares of the picture, and `scores` (M, classes)."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


def decode(outputs: NDArray[np.float32], grid: Grid) -> Told:
    """Return the boxes and scores of one picture's outputs; the formulas stand in `annot_core.detector.targets`.

    A class's score is sigmoid(to) * sigmoid(tc).

    Args:
        outputs: (P, 5 + classes) float32: tx, ty, tw, th, to and tc.
        grid: the P places.
    """
    centers = (_sigmoid(outputs[:, :2]) + grid.corners) / grid.sides[:, None]
    halves = np.exp(np.clip(outputs[:, 2:4], -10, 10)) * grid.anchors / 2
    boxes = np.concatenate([centers - halves, centers + halves], axis=1)
    return Told(boxes.astype(np.float32), _sigmoid(outputs[:, 4:5]) * _sigmoid(outputs[:, 5:]))


def detections(told: Told, image_size: tuple[int, int], min_score: float) -> tuple[Detection, ...]:
    """Return the boxes in an image, best score first, one for each object.

    Args:
        told: what the network tells.
        image_size: (width, height) of the image in pixels.
        min_score: boxes with less are left out, 0 to 1.
    """
    found: list[Detection] = []
    edges = np.rint(np.clip(told.boxes, 0, 1) * np.array(image_size * 2)).astype(int)
    for number in range(told.scores.shape[1]):
        scores = told.scores[:, number]
        likely = np.flatnonzero(scores >= min_score)
        for one in likely[suppress(told.boxes[likely], scores[likely])]:
            box = Box(*edges[one].tolist()).clamped(*image_size)
            found.append(Detection(box, number, float(scores[one])))
    found.sort(key=lambda one: -one.score)
    return tuple(found[:MOST_DETECTIONS])


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], same_iou: float = SAME_OBJECT_IOU
) -> NDArray[np.int64]:
    """Return the indices of boxes that no better one overlaps by more than `same_iou`, best first.

    Args:
        boxes: (M, 4), left, top, right and bottom in any unit.
        scores: (M,).
        same_iou: 0 to 1.
    """
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[_ious(boxes[best], boxes[left]) <= same_iou]
    return np.array(kept, np.int64)


def _ious(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(sides, 0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return np.asarray(shared / np.maximum((box[2:] - box[:2]).prod() + areas - shared, 1e-9), np.float32)


def _sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    # By tanh, which does not overflow.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float32)
