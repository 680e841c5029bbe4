"""A small grid with known anchors, and outputs that are as good as outputs can be, for tests of the detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annot_core.detector.grid import Grid, lay_grid
from annot_core.detector.targets import targets_for

SIDE = 64
ANCHORS = np.array([[0.1, 0.1], [0.1, 0.3], [0.3, 0.1], [0.4, 0.4], [0.4, 0.8], [0.8, 0.4]], np.float32)
CLASSES = 3
SURE = 30.0


def small_grid() -> Grid:
    return lay_grid(SIDE, ANCHORS)


def row(left: float, top: float, right: float, bottom: float, class_number: float = 0) -> list[float]:
    return [left, top, right, bottom, class_number]


def perfect_outputs(boxes: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Return what a network that knows everything says of pictures with these boxes."""
    right = targets_for(boxes, grid, CLASSES)
    offsets = np.clip(np.asarray(right.offsets, np.float64), 1e-12, 1 - 1e-12)
    has_box = np.asarray(right.has_box)[..., None]
    parts = [
        np.log(offsets / (1 - offsets)) * has_box,
        np.asarray(right.stretches),
        np.where(has_box > 0, SURE, -SURE),
        np.where(np.asarray(right.classes) > 0, SURE, -SURE),
    ]
    return np.concatenate(parts, axis=-1).astype(np.float32)
