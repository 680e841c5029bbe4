"""Heat map to boxes: the proposed one, and a few others that could be right instead.

Which threshold is right differs from image to image, and nothing in the heat map tells which. So the
boxes of many thresholds and searches form a pool; the recipe's own box comes first, and the rest are
chosen to cover the pool as well as five boxes can.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.binarize import binarize
from annot_core.geometry import Box
from annot_core.records import Candidate, Found
from annot_core.scoring import concentration
from annot_core.search import create_search
from annot_core.search.ensemble import EnsembleSearch
from annot_core.thresholds import DEFAULT_THRESHOLD, Threshold

MOST_CANDIDATES = 5
DISTINCT_IOU = 0.85
"""Two candidates differ by at least this much: their IoU is below it."""

WORKING_SIDE_PX = 128
"""The longer side of the map that boxes are searched on; finer adds nothing to maps of 8 to 32 cells."""

POOL_THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)
POOL_SEARCHES = ("exact", "contour")

PLAUSIBILITY_POWER = 4
"""A box of the pool counts as a possible truth by its soft IoU with the heat, to this power."""


@dataclass(frozen=True, slots=True)
class BoxRule:
    """How the proposed box is found: the search, the threshold, and what `bayes` needs."""

    search: str = "ensemble"
    threshold: Threshold = DEFAULT_THRESHOLD
    max_iter: int = 10
    seed: int = 0


def working_map(heatmap: NDArray[np.floating], image_size: tuple[int, int]) -> NDArray[np.float32]:
    """Enlarge a heat map to the image's shape, at most `WORKING_SIDE_PX` on the longer side.

    Args:
        heatmap: (h, w), the map's own grid.
        image_size: (width, height) of the image.

    Returns:
        (H, W) float32, interpolated linearly between cell centers.
    """
    shrink = min(1.0, WORKING_SIDE_PX / max(image_size))
    size = (max(1, round(image_size[0] * shrink)), max(1, round(image_size[1] * shrink)))
    height, width = heatmap.shape
    # Interpolation skips cells where a map shrinks, and heat with them: there, cells are averaged first.
    fitting = (min(width, size[0]), min(height, size[1]))
    averaged = cv2.resize(heatmap.astype(np.float32), fitting, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(averaged, size, interpolation=cv2.INTER_LINEAR)
    # Means are rounded, and may come out a step beyond the values that they were taken of.
    return np.asarray(np.clip(enlarged, heatmap.min(), heatmap.max()), dtype=np.float32)


def find_candidates(heatmap: NDArray[np.floating], image_size: tuple[int, int], rule: BoxRule) -> tuple[Candidate, ...]:
    """Find up to five distinct boxes for a heat map, the rule's own first.

    Args:
        heatmap: (h, w) in [0, 1], the map's own grid.
        image_size: (width, height) of the upright image, in which the boxes are given.
        rule: how the first box is found.

    Returns:
        Candidates whose IoU with each other is below `DISTINCT_IOU`; none for a map without heat.
    """
    heat = working_map(heatmap, image_size)
    own = _own_box(heat, rule)
    if own is None:
        return ()
    small = (heat.shape[1], heat.shape[0])
    pool = [Candidate(own.box, rule.search, rule.threshold), *_pool(heat)]
    scaled = [Candidate(one.box.scaled(small, image_size), one.search, one.threshold) for one in pool]
    plausible = [concentration(heat, one.box) ** PLAUSIBILITY_POWER for one in pool]
    return _covering(scaled, np.array(plausible))


def find_own(heat: NDArray[np.float32], image_size: tuple[int, int], rule: BoxRule) -> Candidate | None:
    """Find only the rule's own box, the first one of `find_candidates`, which takes a fraction of the time.

    Args:
        heat: (H, W) as `working_map` gives it.
        image_size: (width, height) of the upright image, in which the box is given.
        rule: how the box is found.

    Returns:
        The box; None for a map without heat.
    """
    own = _own_box(heat, rule)
    if own is None:
        return None
    return Candidate(own.box.scaled((heat.shape[1], heat.shape[0]), image_size), rule.search, rule.threshold)


def _own_box(heat: NDArray[np.float32], rule: BoxRule) -> Found | None:
    search = create_search(rule.search, max_iter=rule.max_iter, seed=rule.seed)
    if not isinstance(search, EnsembleSearch):
        return search.find(binarize(heat, rule.threshold))
    return search.find_over([binarize(heat, threshold) for threshold in _ladder(rule.threshold)])


def _ladder(threshold: Threshold) -> tuple[Threshold, ...]:
    """The thresholds that an ensemble averages over: its own, moved so that the middle one is `threshold`."""
    if isinstance(threshold, str):
        return (threshold,)
    moved = threshold / DEFAULT_THRESHOLD
    return tuple(min(step * moved, 0.99) for step in EnsembleSearch.thresholds)


def _pool(heat: NDArray[np.float32]) -> list[Candidate]:
    pool: list[Candidate] = []
    searches = [(name, create_search(name)) for name in POOL_SEARCHES]
    for threshold in POOL_THRESHOLDS:
        mask = binarize(heat, threshold)
        for name, search in searches:
            found = search.find(mask)
            if found is not None:
                pool.append(Candidate(found.box, name, threshold))
    return pool


def _covering(pool: list[Candidate], plausible: NDArray[np.float64]) -> tuple[Candidate, ...]:
    """Choose the first of the pool, then, one by one, what most raises the best IoU with a chosen one.

    Every box of the pool stands for a possible truth, as likely as `plausible` (N,) says, so what is raised
    is the expected IoU of the best choice that a person could make.
    """
    overlaps = iou_table([one.box for one in pool])
    chosen = [0]
    best = overlaps[0].copy()
    while len(chosen) < MOST_CANDIDATES:
        distinct = overlaps[chosen].max(axis=0) < DISTINCT_IOU
        if not distinct.any():
            break
        gains = np.where(distinct, np.maximum(overlaps, best) @ plausible, -np.inf)
        chosen.append(int(gains.argmax()))
        best = np.maximum(best, overlaps[chosen[-1]])
    return tuple(pool[index] for index in chosen)


def iou_table(boxes: list[Box]) -> NDArray[np.float64]:
    """Return the IoU of every box with every other: (N, N) float64, symmetric."""
    edges = np.array(boxes, dtype=np.float64)
    low = np.maximum(edges[:, None, :2], edges[None, :, :2])
    high = np.minimum(edges[:, None, 2:], edges[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    areas = np.prod(edges[:, 2:] - edges[:, :2], axis=-1)
    table: NDArray[np.float64] = shared / (areas[:, None] + areas[None, :] - shared)
    return table
