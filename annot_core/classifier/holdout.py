"""Which images train a classifier, and which are held out to judge it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Indices (int64) of the images that train, and of those held out."""

    training: NDArray[np.int64]
    holdout: NDArray[np.int64]


def split_stratified(labels: NDArray[np.int64], share: float, generator: np.random.Generator) -> Split:
    """Hold out about `share` of each class, at least one image of every class that has two.

    Args:
        labels: (N,) int64, the class of each image.
        share: the part to hold out, 0 to 1.
        generator: decides which.
    """
    held: list[NDArray[np.int64]] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held.append(generator.permutation(members)[:count])
    holdout = np.sort(np.concatenate(held)) if held else np.zeros(0, np.int64)
    return Split(np.setdiff1d(np.arange(len(labels)), holdout), holdout)


def class_weights(labels: NDArray[np.int64], class_count: int) -> NDArray[np.float32]:
    """Weigh classes inversely to their numbers, so that the mean weight of the images is 1: (classes,)."""
    counts = np.bincount(labels, minlength=class_count).astype(np.float32)
    present = np.count_nonzero(counts)
    weights = np.zeros(class_count, np.float32)
    weights[counts > 0] = np.float32(len(labels)) / (present * counts[counts > 0])
    return weights
