"""Boxes that a step-by-step search has tried, and those that it can still try."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from annot_core.search.masses import Edges, Masses, Rated

# Below this many boxes every one is a candidate in each step.
_MANY_BOXES = 4096

# Candidates in a step where there are more: boxes anywhere, and boxes near each center.
_ANYWHERE, _NEARBY = 1000, 400

Points = NDArray[np.float64]
Rows = NDArray[np.int64]


class Tried:
    """The boxes tried so far, each once."""

    def __init__(self, masses: Masses) -> None:
        self._masses = masses
        self._rated: dict[Edges, Rated] = {}

    def __len__(self) -> int:
        return len(self._rated)

    @property
    def best(self) -> Rated:
        """The best box so far, ties broken as in the exact search."""
        best, *others = self._rated.values()
        for other in others:
            if other.beats(best):
                best = other
        return best

    @property
    def is_perfect(self) -> bool:
        """Whether no box can be better than the best one so far."""
        return self.best.inside == self.best.union

    @property
    def rated(self) -> tuple[Rated, ...]:
        """All boxes, in the order in which they were tried."""
        return tuple(self._rated.values())

    def rate(self, edges: Edges) -> Rated:
        """Try a box; one that was tried before costs nothing."""
        if edges not in self._rated:
            self._rated[edges] = self._masses.rate(edges)
        return self._rated[edges]

    def unseen(self, boxes: Rows) -> Rows:
        """Return those boxes, (N, 4) in the order of `Edges`, that were not tried yet, each once."""
        boxes = np.unique(boxes, axis=0)
        fresh = [Edges(*row) not in self._rated for row in boxes.tolist()]
        return boxes[np.array(fresh, dtype=np.bool_)]


class Grid:
    """The boxes that can still be better than a given one, and their place in the unit cube.

    Each edge has the interval in which the box keeps enough foreground; 0 to 1 stands for it.
    """

    def __init__(self, masses: Masses, floor: Rated) -> None:
        reach, whole = masses.reach(floor), masses.whole
        self._masses = masses
        self._first = np.array((0, 0, reach.first_bottom, reach.first_right), dtype=np.int64)
        self._last = np.array((reach.last_top, reach.last_left, whole.bottom, whole.right), dtype=np.int64)
        self._lines = (masses.ys, masses.xs, masses.ys, masses.xs)

    def points(self, boxes: Rows) -> Points:
        """Return where boxes, (N, 4) in the order of `Edges`, lie, (N, 4): in the unit cube if in reach."""
        points = np.empty(boxes.shape)
        for side, lines in enumerate(self._lines):
            start, span = self._interval(side)
            points[:, side] = (lines[boxes[:, side]] - start) / span
        return points

    def boxes(self, points: Points) -> Rows:
        """Return the boxes, (N, 4), at points, (N, 4): each edge is the one nearest to its place."""
        boxes = np.empty(points.shape, dtype=np.int64)
        for side, lines in enumerate(self._lines):
            start, span = self._interval(side)
            boxes[:, side] = np.searchsorted((lines[1:] + lines[:-1]) / 2, start + points[:, side] * span)
        return boxes

    def _interval(self, side: int) -> tuple[int, int]:
        """Return start and length in pixels of what 0 to 1 stands for; at least one pixel."""
        start, stop = (int(self._lines[side][end]) for end in (self._first[side], self._last[side]))
        return start, max(1, stop - start)

    def expected_iou(self, boxes: Rows) -> Points:
        """Return the IoU, (N,), that boxes, (N, 4), would have if rows and columns were independent.

        The share of the foreground in a box would then be the share in its rows times the share in
        its columns: the sums along the two axes alone tell it. Boxes turned inside out hold nothing.
        """
        top, left, bottom, right = boxes.T
        masses = self._masses
        above, before = masses.sums[:, -1].astype(np.float64), masses.sums[-1].astype(np.float64)
        heights, widths = masses.ys[bottom] - masses.ys[top], masses.xs[right] - masses.xs[left]
        areas = np.maximum(0, heights) * np.maximum(0, widths)
        inside = (above[bottom] - above[top]) * (before[right] - before[left]) / masses.total
        inside = np.clip(inside, 0, areas)
        iou: Points = inside / (areas + masses.total - inside)
        return iou

    def candidates(self, rng: np.random.Generator, centers: Iterable[Edges]) -> Rows:
        """Return boxes, (N, 4), to choose from: all if few, else some anywhere and some near `centers`."""
        counts = self._last - self._first + 1
        if np.prod(counts.astype(np.float64)) <= _MANY_BOXES:
            boxes: Rows = np.indices(counts.tolist()).reshape(4, -1).T + self._first
        else:
            drawn = rng.integers(self._first, self._last + 1, size=(_ANYWHERE, 4))
            boxes = np.concatenate((drawn, *(self._near(center, rng) for center in centers)))
        upright: Rows = boxes[(boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])]
        return upright

    def _near(self, center: Edges, rng: np.random.Generator) -> Rows:
        """Return boxes, (N, 4), some of whose edges lie off those of `center`, mostly by little."""
        spans = np.maximum(1.0, (self._last - self._first) / 2)
        steps = np.rint(spans ** rng.random((_NEARBY, 4))) * rng.choice((-1, 1), size=(_NEARBY, 4))
        steps *= rng.random((_NEARBY, 4)) < 0.5
        near: Rows = np.clip(np.array(center) + steps.astype(np.int64), self._first, self._last)
        return near
