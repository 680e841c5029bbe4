"""The box searches: the exact one against GPyOpt as the original tool used it, five candidates, and the hardest maps.

GPyOpt's plain use is that of the original: center and size of the box as four continuous variables, GPyOpt's own
defaults, five random boxes and then ten steps. The maps are smooth, as heat maps are, and so binarized.

Findings, on two cores of a virtual machine: the exact search takes a five- to nine-thousandth of the time, and its box
is never worse, as it is the best there is. Ascent over all maps of a batch takes a twelfth of the exact search's time.
Of what five candidates take, two fifths are OpenCV's components and a sixth its integral images. The hardest maps for
the exact search are those in which no box is good: crosses, noise, diagonal lines.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.box_pool import THRESHOLDS
from annot_core.candidates import BoxRule, find_candidates
from annot_core.geometry import Box
from annot_core.search import create_search
from annot_core.search.masses import map_iou
from tests.benchmarks.figures import Figure

SIDE, HARD_SIDE = 64, 224
STEPS = 10
Mask = NDArray[np.bool_]


def measure_search(maps: int) -> list[Figure]:
    """Measure over some maps: plain GPyOpt takes seconds for each."""
    masks = [heat >= share for heat, share in zip(_heats(maps), np.linspace(0.2, 0.7, maps), strict=True)]
    exact, bayes = create_search("exact"), create_search("bayes", max_iter=STEPS)
    exact.find(masks[0]), bayes.find(masks[0])
    timed = {"exact": 0.0, "bayes": 0.0, "plain": 0.0}
    scores: dict[str, list[float]] = {name: [] for name in timed}
    for mask in masks:
        for name, find in (
            ("exact", lambda mask: exact.find(mask).score),
            ("bayes", lambda mask: bayes.find(mask).score),
            ("plain", _plain_gpyopt),
        ):
            seconds, score = _cpu_s(find, mask)
            timed[name] += seconds
            scores[name].append(score)
    worse = sum(one < other for one, other in zip(scores["exact"], scores["plain"], strict=True))
    return [
        Figure(
            "plain GPyOpt over the exact search's time, 64 x 64",
            timed["plain"] / timed["exact"],
            "times",
            at_least=1000,
        ),
        Figure("maps where the exact box is worse than plain GPyOpt's", worse, "maps", 0),
        Figure("plain GPyOpt's IoU over the exact one", _mean_share(scores, "plain"), "share"),
        Figure("our bayes' IoU over the exact one", _mean_share(scores, "bayes"), "share"),
        Figure("bayes, processor time an image", timed["bayes"] / maps, "s", 0.5),
        Figure("five candidates, processor time an image", _candidates_s() * 1000, "ms", 5),
        Figure("ascent over the exact search's time, a ladder of maps", _ascent_share(), "times"),
        *(Figure(f"exact search, {name}, 224 x 224", _hard_s(mask) * 1000, "ms", 50) for name, mask in _hard().items()),
    ]


def _mean_share(scores: dict[str, list[float]], name: str) -> float:
    return float(np.mean(np.array(scores[name]) / np.array(scores["exact"])))


def _cpu_s(work: Callable[[Mask], float], mask: Mask) -> tuple[float, float]:
    began = time.process_time()
    result = work(mask)
    return time.process_time() - began, result


def _heats(count: int, side: int = SIDE, seed: int = 0) -> list[NDArray[np.float32]]:
    """Draw heat maps: a few blurred spots, from 0 to 1."""
    rng = np.random.default_rng(seed)
    heats = []
    for _ in range(count):
        spots = np.zeros((side, side), np.float32)
        for _ in range(rng.integers(1, 4)):
            row, column = rng.integers(side // 6, side - side // 6, 2)
            cv2.ellipse(spots, (int(column), int(row)), rng.integers(4, side // 4, 2).tolist(), 0, 0, 360, 1.0, -1)
        blurred = cv2.GaussianBlur(spots, (0, 0), side / 14) + rng.random((side, side)).astype(np.float32) * 0.02
        heats.append(blurred / blurred.max())
    return heats


def _hard() -> dict[str, Mask]:
    rng = np.random.default_rng(0)
    lines = np.indices((HARD_SIDE, HARD_SIDE))
    return {
        "diagonal line": np.eye(HARD_SIDE, dtype=np.bool_),
        "noise of a tenth": rng.random((HARD_SIDE, HARD_SIDE)) < 0.1,
        "noise of a hundredth": rng.random((HARD_SIDE, HARD_SIDE)) < 0.01,
        "noise of a half": rng.random((HARD_SIDE, HARD_SIDE)) < 0.5,
        "checkerboard": lines.sum(axis=0) % 2 == 0,
        "cross": (lines[0] == lines[1]) | (lines[0] + lines[1] == HARD_SIDE - 1),
        "heat": _heats(1, HARD_SIDE)[0] >= 0.3,
    }


def _hard_s(mask: Mask) -> float:
    """Return the least of some times, as everything else on the machine only adds to it."""
    search = create_search("exact")
    return min(_cpu_s(lambda mask: search.find(mask).score, mask)[0] for _ in range(5))


def _candidates_s(images: int = 96, batch: int = 32) -> float:
    heats, sizes = _heats(images, 24), [(SIDE, SIDE)] * images
    began = time.process_time()
    for start in range(0, images, batch):
        find_candidates(heats[start : start + batch], sizes[start : start + batch], BoxRule())
    return (time.process_time() - began) / images


def _ascent_share() -> float:
    """Compare both searches on the maps of a batch at all thresholds of the pool."""
    from annot_core.search.ascent import ascend
    from annot_core.search.contour import largest_components

    masks = np.stack([heat >= share for heat in _heats(32) for share in THRESHOLDS])
    exact = create_search("exact")
    began = time.process_time()
    ascend(masks, largest_components(masks))
    turned = time.process_time()
    for mask in masks:
        exact.find(mask)
    return (turned - began) / (time.process_time() - turned)


def _plain_gpyopt(mask: Mask) -> float:
    """Look for the box as the original tool does; return its IoU with the map."""
    import GPyOpt

    height, width = mask.shape

    def cost(points: NDArray[np.float64]) -> float:
        x, y, across, down = points[0]
        left, top = max(0, round(x - across / 2)), max(0, round(y - down / 2))
        right, bottom = min(width, round(x + across / 2)), min(height, round(y + down / 2))
        return -map_iou(Box(left, top, max(right, left), max(bottom, top)), mask)

    domain = [
        {"name": name, "type": "continuous", "domain": (0, most)}
        for name, most in (("x", width), ("y", height), ("width", width), ("height", height))
    ]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        optimization = GPyOpt.methods.BayesianOptimization(f=cost, domain=domain)
        optimization.run_optimization(max_iter=STEPS)
    return -float(optimization.fx_opt)
