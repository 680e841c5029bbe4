"""Heat maps to boxes: the proposed one, and a few others that could be right instead.

The recipe's own box comes first, and the rest are chosen from a pool to cover it as well as five boxes can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.binarize import binarize
from annot_core.box_pool import POOLED, THRESHOLDS, BoxPool, find_pool, working_map
from annot_core.geometry import Box
from annot_core.records import Candidate
from annot_core.scoring import STABILITY_THRESHOLDS, concentration, stability
from annot_core.search import create_search
from annot_core.search.ensemble import EnsembleSearch
from annot_core.thresholds import DEFAULT_THRESHOLD, Threshold

MOST_CANDIDATES = 5
DISTINCT_IOU = 0.85
"""Two candidates differ by at least this much: their IoU is below it."""

PLAUSIBILITY_POWER = 4
"""A box of the pool counts as a possible truth by its soft IoU with the heat, to this power."""

_ENSEMBLE = "ensemble"
# The rule's own box comes before those of the pool.
_COMPONENTS = [1 + POOLED.index(("contour", threshold)) for threshold in STABILITY_THRESHOLDS]


@dataclass(frozen=True, slots=True)
class BoxRule:
    """How the proposed box is found: the search, the threshold, and what `bayes` needs."""

    search: str = _ENSEMBLE
    threshold: Threshold = DEFAULT_THRESHOLD
    max_iter: int = 10
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """The boxes that are offered for a heat map, best first; none for a map without heat.

    `stability` and `concentration` are those of `scoring`, the latter of the first box; 0 to 1.
    """

    candidates: tuple[Candidate, ...] = ()
    stability: float = 0.0
    concentration: float = 0.0


def find_candidates(
    heatmaps: Sequence[NDArray[np.floating]], image_sizes: Sequence[tuple[int, int]], rule: BoxRule
) -> list[Offer]:
    """Find up to five distinct boxes for each heat map, the rule's own first.

    What is found for a map does not depend on the maps beside it.

    Args:
        heatmaps: (h, w) each, in [0, 1], on the map's own grid.
        image_sizes: (width, height) of each upright image, in which the boxes are given.
        rule: how the first box is found.

    Returns:
        One offer for each map, of candidates whose IoU with each other is below `DISTINCT_IOU`.

    Raises:
        UsageError: the rule names a search that does not exist.
    """
    heats = [working_map(heatmap, size) for heatmap, size in zip(heatmaps, image_sizes, strict=True)]
    ladder = _ladder(rule)
    searched = [None if ladder else _searched(heat, rule) for heat in heats]
    hot = [index for index, heat in enumerate(heats) if (heat.max() > 0 if ladder else searched[index])]
    offers = [Offer()] * len(heats)
    if hot:
        pool = find_pool([heats[index] for index in hot], tuple(dict.fromkeys((*THRESHOLDS, *ladder))))
        own = pool.mean_boxes(ladder) if ladder else [searched[index] for index in hot]
        made = _offers(pool, np.array(own, dtype=np.int64), [image_sizes[index] for index in hot], rule)
        for index, offer in zip(hot, made, strict=True):
            offers[index] = offer
    return offers


def find_own(heat: NDArray[np.float32], image_size: tuple[int, int], rule: BoxRule) -> Candidate | None:
    """Find only the rule's own box, the first one of `find_candidates`, which takes a fraction of the time.

    Args:
        heat: (H, W) as `working_map` gives it.
        image_size: (width, height) of the upright image, in which the box is given.
        rule: how the box is found.

    Returns:
        The box; None for a map without heat.
    """
    ladder = _ladder(rule)
    if not ladder:
        own = _searched(heat, rule)
    else:
        own = find_pool([heat], ladder).mean_boxes(ladder)[0] if heat.max() > 0 else None
    if own is None:
        return None
    return Candidate(own.scaled((heat.shape[1], heat.shape[0]), image_size), rule.search, rule.threshold)


def _searched(heat: NDArray[np.float32], rule: BoxRule) -> Box | None:
    """Find the box of a rule whose search sees one binary map; None where that is empty."""
    found = create_search(rule.search, max_iter=rule.max_iter, seed=rule.seed).find(binarize(heat, rule.threshold))
    return None if found is None else found.box


def _ladder(rule: BoxRule) -> tuple[float, ...]:
    """The thresholds that an ensemble averages over, moved so that the middle one is the rule's; else none."""
    if rule.search != _ENSEMBLE or isinstance(rule.threshold, str):
        return ()
    moved = rule.threshold / DEFAULT_THRESHOLD
    return tuple(min(step * moved, 0.99) for step in EnsembleSearch.thresholds)


def _offers(pool: BoxPool, own: NDArray[np.int64], image_sizes: list[tuple[int, int]], rule: BoxRule) -> list[Offer]:
    """Choose from a pool what is offered beside the own boxes, (N, 4) in pixels of the working maps."""
    pooled = pool.at(THRESHOLDS).reshape(len(own), -1, 4)
    edges = np.concatenate([own[:, None], pooled], axis=1)
    scaled = _scaled(edges, pool.sizes, image_sizes)
    overlaps = iou_tables(scaled)
    concentrated = concentration(pool.heat_sums, edges)
    stable = stability(overlaps[:, _COMPONENTS][:, :, _COMPONENTS])
    names = [(rule.search, rule.threshold), *POOLED]
    return [
        Offer(
            tuple(Candidate(Box(*scaled[index, place].tolist()), *names[place]) for place in places),
            float(stable[index]),
            float(concentrated[index, 0]),
        )
        for index, places in enumerate(_covering(overlaps, concentrated**PLAUSIBILITY_POWER))
    ]


def _scaled(
    edges: NDArray[np.int64], from_sizes: Sequence[tuple[int, int]], to_sizes: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """Do what `Box.scaled` does for all boxes, (N, P, 4), of maps with sizes of their own."""
    sizes = np.array(to_sizes, dtype=np.int64)[:, None]
    factors = sizes / np.array(from_sizes, dtype=np.float64)[:, None]
    corners = np.rint(edges.reshape(*edges.shape[:2], 2, 2) * factors[:, :, None]).astype(np.int64)
    low = np.clip(corners[:, :, 0], 0, sizes - 1)
    high = np.maximum(low + 1, np.minimum(corners[:, :, 1], sizes))
    return np.concatenate([low, high], axis=-1)


def _covering(overlaps: NDArray[np.float64], plausible: NDArray[np.float64]) -> list[list[int]]:
    """Choose the first box of each pool, then, one by one, what most raises the best IoU with a chosen one.

    Every box of the pool stands for a possible truth, as likely as `plausible`, (N, P), says, so what is raised
    is the expected IoU of the best choice that a person could make. `overlaps` is (N, P, P).
    """
    chosen = [[0] for _ in overlaps]
    best = overlaps[:, 0].copy()
    for _ in range(MOST_CANDIDATES - 1):
        expected = (np.maximum(overlaps, best[:, None]) @ plausible[..., None])[..., 0]
        gains = np.where(best < DISTINCT_IOU, expected, -np.inf)
        for index in np.flatnonzero(np.isfinite(gains.max(axis=1))):
            place = int(gains[index].argmax())
            chosen[index].append(place)
            best[index] = np.maximum(best[index], overlaps[index, place])
    return chosen


def iou_tables(edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the IoU of every box with every other of its row: (N, P, 4) as in `Box` to (N, P, P), symmetric."""
    low = np.maximum(edges[:, :, None, :2], edges[:, None, :, :2])
    high = np.minimum(edges[:, :, None, 2:], edges[:, None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    areas = np.prod(edges[..., 2:] - edges[..., :2], axis=-1)
    tables: NDArray[np.float64] = shared / (areas[:, :, None] + areas[:, None, :] - shared)
    return tables
