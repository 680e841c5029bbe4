"""Anchors: the typical widths and heights of boxes, which the network only has to correct.

They are found as in YOLO9000 (Redmon and Farhadi, 2016, section 2, "Dimension Clusters"): k-means over the boxes'
sizes with d(box, centroid) = 1 - IoU(box, centroid), where both boxes have the same center.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDS = 100
TRIES = 8
"""K-means ends where it began to look; of so many beginnings the one with the best mean IoU counts."""


def find_anchors(sizes: NDArray[np.float32], count: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return `count` typical sizes, smallest area first: (count, 2) float32.

    Where there are fewer different sizes than that, the last ones are larger and smaller versions of them.

    Args:
        sizes: (M, 2), width and height of each box, above 0, in any unit; M of at least 1.
        count: how many, at least 1.
        generator: chooses where the search begins.
    """
    if not len(sizes):
        raise ValueError("expected at least one box to find anchors for, got none")
    different = np.unique(sizes.astype(np.float64), axis=0)
    begin = min(count, len(different))
    tries = [_settled(sizes, _spread(different, begin, generator)) for _ in range(TRIES)]
    centers = max(tries, key=lambda tried: float(shape_iou(sizes, tried).max(axis=1).mean()))
    missing = count - len(centers)
    factors = [2.0 ** (0.5 * (step // 2 + 1) * (1 if step % 2 else -1)) for step in range(missing)]
    more = [centers[step % len(centers)] * factor for step, factor in enumerate(factors)]
    found = np.concatenate([centers, np.reshape(more, (-1, 2))])
    return np.asarray(found[np.argsort(found.prod(axis=1), kind="stable")], np.float32)


def shape_iou(sizes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the IoU of each size (M, 2) with each other one (A, 2), laid over each other's center: (M, A)."""
    shared = np.minimum(sizes[:, None], others[None]).prod(axis=2, dtype=np.float64)
    areas = sizes.prod(axis=1, dtype=np.float64)[:, None] + others.prod(axis=1, dtype=np.float64)[None]
    return np.asarray(shared / (areas - shared), np.float64)


def _settled(sizes: NDArray[np.float32], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move each center to the mean of the sizes that are nearest to it, until that changes nothing."""
    for _ in range(ROUNDS):
        nearest = shape_iou(sizes, centers).argmax(axis=1)
        moved = centers.copy()
        for number in range(len(centers)):
            members = sizes[nearest == number]
            if len(members):
                moved[number] = members.mean(axis=0)
        if np.allclose(moved, centers):
            break
        centers = moved
    return centers


def _spread(sizes: NDArray[np.float64], count: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Choose sizes to begin with, each the more likely the less it is like those chosen before (k-means++)."""
    chosen = [int(generator.integers(len(sizes)))]
    while len(chosen) < count:
        distances = 1 - shape_iou(sizes, sizes[chosen]).max(axis=1)
        distances[chosen] = 0
        chosen.append(int(generator.choice(len(sizes), p=distances / distances.sum())))
    return sizes[chosen]
