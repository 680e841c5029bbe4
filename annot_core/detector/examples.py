"""What a detector is trained on and tested with: pictures with true boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box

NO_BOX: Final = -1.0
"""What stands for the class in the rows that fill up the array of true boxes."""


@dataclass(frozen=True, slots=True)
class TrueBox:
    """A box that is right, and the number of its class."""

    box: Box
    class_number: int


@dataclass(frozen=True, slots=True)
class Example:
    """An image file, the (width, height) of its upright image, and its true boxes: none, one or several."""

    path: Path
    image_size: tuple[int, int]
    boxes: tuple[TrueBox, ...]


def true_boxes(examples: Sequence[Example]) -> NDArray[np.float32]:
    """Return the boxes of all examples as one array, (N, K, 5) float32 with K at least 1.

    A row is left, top, right and bottom as shares of the image's sides, and the class; rows of class `NO_BOX` fill up.
    """
    most = max([1, *(len(example.boxes) for example in examples)])
    rows = np.zeros((len(examples), most, 5), np.float32)
    rows[..., 4] = NO_BOX
    for example, row in zip(examples, rows, strict=True):
        scale = np.array(example.image_size * 2, np.float32)
        for true, target in zip(example.boxes, row, strict=False):
            target[:4] = np.array(true.box, np.float32) / scale
            target[4] = true.class_number
    return rows


def box_sizes(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (width, height) of the boxes that are some, as shares of the image: (M, 2) float32.

    Args:
        boxes: as `true_boxes` gives them.
    """
    found = boxes[boxes[..., 4] != NO_BOX]
    return np.asarray(found[:, 2:4] - found[:, :2], np.float32)
