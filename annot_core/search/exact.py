"""The box of largest IoU with a binary map, found exactly, without trying every box.

With M the foreground of the map, a box B that holds I of it has IoU = I / (|B| + M - I). This is
above p/q exactly where (p + q) I - p |B| > p M, and the left side is a sum over the box's pixels.
So one edge pair at a time is fixed, and for the strip between them the best other pair is the
largest rise of a running sum (Bentley's maximum subarray, "Programming Pearls", CACM 27:9, 1984).
Each better box raises p/q (Dinkelbach, "On nonlinear fractional programming", Management Science
13:7, 1967) until no strip holds one. All of it is integer arithmetic, so ties are real ties: the
larger I wins, then the smallest (top, left, bottom, right).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annot_core.records import Found
from annot_core.search.contour import largest_component
from annot_core.search.masses import Edges, Masses, Rated, Reach, measure

# Numbers as narrow as they can be, for speed; each type with the size below which its integers are
# exact. `MAX_PIXELS` bounds the largest number that can occur to 3 * 2**60.
_EXACT_TYPES = ((2**31, np.int32), (2**53, np.float64), (2**63, np.int64))

# Halvings of the rows in `_largest_rise`; numpy's own running minimum is slow, but is left little to do.
_HALVINGS = 4

# Far above the rounding error of a few float64 operations; what it lets through is weighed exactly.
_MARGIN = 1e-9

Numbers = NDArray[Any]


class ExactSearch:
    """Finds the box of largest IoU with the map; of equally good ones always the same."""

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return the best box of `mask`, (H, W) bool, or None for an empty map.

        Raises:
            ValueError: the foreground spreads over more than `masses.MAX_PIXELS` pixels.
        """
        masses, component = measure(mask), largest_component(mask)
        if masses is None or component is None:
            return None
        best = masses.rate(masses.whole)
        other = masses.rate(masses.edges(component))
        best = _sweep(masses, _climb(masses, other if other.beats(best) else best))
        return Found(masses.box(best.edges), best.iou, 1)


def _climb(masses: Masses, best: Rated) -> Rated:
    """Improve a box by moving one edge at a time to its best place, until no edge helps.

    The result only starts the sweep, where a good box spares most strips.
    """
    improved = True
    while improved:
        improved = False
        for side in range(4):
            moved = masses.rate(_slide(masses, best.edges, side))
            if moved.beats(best):
                best, improved = moved, True
    return best


def _slide(masses: Masses, edges: Edges, side: int) -> Edges:
    """Return the box with its edge number `side` where the IoU is largest, the other three fixed."""
    top, left, bottom, right = edges
    if side % 2 == 0:
        lines, held = masses.ys, masses.sums[:, right] - masses.sums[:, left]
        across, fixed = masses.xs[right] - masses.xs[left], bottom if side == 0 else top
    else:
        lines, held = masses.xs, masses.sums[bottom] - masses.sums[top]
        across, fixed = masses.ys[bottom] - masses.ys[top], right if side == 1 else left
    places = slice(0, fixed) if side < 2 else slice(fixed + 1, None)
    inside = np.abs(held[places] - held[fixed])
    area = np.abs(lines[places] - lines[fixed]) * across
    place = int(np.argmax(inside / (area + masses.total - inside)))
    moved = list(edges)
    moved[side] = place if side < 2 else fixed + 1 + place
    return Edges(*moved)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """The sums with one axis paired, edge by edge, and the other swept at once.

    `sums[x, y]` has the swept axis first. The paired edges of a box are a <= `last_a` and
    b >= `first_b`, the swept ones l <= `last_l` and r >= `first_r`. No line of pixels
    across the paired axis holds more foreground than `densest`.
    """

    masses: Masses
    paired: NDArray[np.int64]
    swept: NDArray[np.int64]
    sums: NDArray[np.int32]
    last_a: int
    first_b: int
    last_l: int
    first_r: int
    densest: int
    flipped: bool

    @property
    def cost(self) -> int:
        """Sums that a sweep has to look at, at most."""
        pairs = (self.last_a + 1) * (len(self.paired) - self.first_b)
        return pairs * min(len(self.swept), self.last_l + 1 + len(self.swept) - self.first_r)

    def rate(self, a: int, b: int, l: int, r: int) -> Rated:  # noqa: E741
        """Return the box between these edges."""
        return self.masses.rate(Edges(l, a, r, b) if self.flipped else Edges(a, l, b, r))


def _views(masses: Masses, reach: Reach) -> tuple[_View, _View]:
    """Return the two ways to see a map: rows paired, and columns paired."""
    top, left, bottom, right = reach
    columns, rows = np.ascontiguousarray(masses.sums.T), masses.sums
    densest_column = _densest(columns[:, -1], masses.xs)
    densest_row = _densest(rows[:, -1], masses.ys)
    return (
        _View(masses, masses.ys, masses.xs, columns, top, bottom, left, right, densest_column, False),
        _View(masses, masses.xs, masses.ys, rows, left, right, top, bottom, densest_row, True),
    )


def _densest(held: NDArray[np.int32], lines: NDArray[np.int64]) -> int:
    """Return the most foreground that any line of pixels holds, from its sums up to each edge."""
    return int((np.diff(held) // np.diff(lines)).max())


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """The sums of (p + q) foreground - p area, in which boxes better than p/q stand out.

    A box's value is the difference of four of these, and above `goal` = p M where its IoU is above
    p/q. `low` are the lines that can be only l, `high` those that can be only r, `both` the ones
    between, if there are any, filled up for `_largest_rise` by repeating the last one.
    """

    p: int
    q: int
    goal: int
    sums: Numbers
    low: Numbers
    both: Numbers
    high: Numbers


def _weigh(view: _View, best: Rated) -> _Weights:
    """Return the weights that belong to the IoU of `best`."""
    common = math.gcd(best.inside, best.union)
    p, q = best.inside // common, best.union // common
    masses = view.masses
    # No sum, and no difference that is a box's value, is larger than this.
    bound = (p + q) * masses.total + p * masses.pixels
    dtype: Any = next(kind for limit, kind in _EXACT_TYPES if bound < limit)
    x = (view.swept - view.swept[0]).astype(dtype) * dtype(p)
    y = (view.paired - view.paired[0]).astype(dtype)
    sums = view.sums.astype(dtype) * dtype(p + q)
    sums -= x[:, None] * y
    low = sums[: min(view.first_r, view.last_l + 1)]
    both = sums[view.first_r : view.last_l + 1]
    high = sums[max(view.first_r, view.last_l + 1) :]
    if len(both):
        both = np.pad(both, ((0, -len(both) % 2**_HALVINGS), (0, 0)), mode="edge")
    return _Weights(p, q, p * masses.total, sums, low, both, high)


def _sweep(masses: Masses, best: Rated) -> Rated:
    """Return the best box of all, given a good one."""
    view = min(_views(masses, masses.reach(best)), key=lambda view: view.cost)
    weights = _weigh(view, best)
    a = 0
    while a <= view.last_a:
        found = _best_from(view, weights, a, best)
        if found is None:
            a += 1
        else:  # the same a again, with what is now known
            best, weights = found, _weigh(view, found)
    return best


def _best_from(view: _View, weights: _Weights, a: int, best: Rated) -> Rated | None:
    """Return a box with first paired edge `a` that beats `best`, or None where none does."""
    strips = _worthwhile(view, weights, a)
    if strips is None:
        return None
    rises = _rises(weights, a, strips)
    rise = rises.max()
    if rise < weights.goal:
        return None
    found = best
    for b in np.flatnonzero(rises == rise) + strips.start:
        rated = view.rate(a, int(b), *_widest_pair(view, weights, a, int(b)))
        if rated.beats(found):
            found = rated
    return found if found is not best else None


def _worthwhile(view: _View, weights: _Weights, a: int) -> slice | None:
    """Return the range of b in which boxes from `a` can be as good as p/q, or None.

    A box of height h in the strip holds I <= `held`, the strip's foreground. Its area is at least h
    times the lines that every box has to contain, so its union is at least all foreground and the
    background there. And where no line holds more than c it takes I / c lines: the area is at least
    h I / c, and I / (M - I + h I / c) grows with I. What may be equal to p/q must stay: hence the margin.
    """
    start = max(a + 1, view.first_b)
    heights = view.paired[start:] - view.paired[a]
    held = (view.sums[-1, start:] - view.sums[-1, a]).astype(np.float64)
    total = view.masses.total
    union = total - held + heights * held / np.minimum(heights, view.densest)
    if view.last_l < view.first_r:
        between = view.sums[view.first_r] - view.sums[view.last_l]
        across = view.swept[view.first_r] - view.swept[view.last_l]
        union = np.maximum(union, total + heights * across - (between[start:] - between[a]))
    hopeful = np.flatnonzero(held * (1 + _MARGIN) >= union * (weights.p / weights.q))
    if not len(hopeful):
        return None
    return slice(start + int(hopeful[0]), start + int(hopeful[-1]) + 1)


def _rises(weights: _Weights, a: int, strips: slice) -> Numbers:
    """Return the largest value of a box in each strip from `a` to the b in `strips`."""
    lowest = _strip(weights.low, a, strips).min(axis=0)
    highest = _strip(weights.high, a, strips).max(axis=0)
    rises: Numbers = highest - lowest
    if len(weights.both):
        low, high, within = _largest_rise(_strip(weights.both, a, strips))
        rises = np.maximum(np.maximum(rises, within), np.maximum(high - lowest, highest - low))
    return rises


def _strip(sums: Numbers, a: int, strips: slice) -> Numbers:
    """Return the running sums along each strip, (lines, strips)."""
    strip: Numbers = sums[:, strips] - sums[:, a : a + 1]
    return strip


def _largest_rise(values: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return minimum, maximum and largest rise from an earlier to a later row, column by column.

    Neighbouring pieces are joined, the number of which has to be a multiple of 2**_HALVINGS: the
    largest rise of two is that of either, or from the first one's minimum to the second's maximum.
    """
    rise = values[1::2] - values[::2]
    low, high = np.minimum(values[::2], values[1::2]), np.maximum(values[::2], values[1::2])
    for _ in range(_HALVINGS - 1):
        rise = np.maximum(np.maximum(rise[::2], rise[1::2]), high[1::2] - low[::2])
        low, high = np.minimum(low[::2], low[1::2]), np.maximum(high[::2], high[1::2])
    largest = rise.max(axis=0)
    if len(low) > 1:
        before = np.minimum.accumulate(low[:-1], axis=0)
        largest = np.maximum(largest, (high[1:] - before).max(axis=0))
    return low.min(axis=0), high.max(axis=0), largest


def _widest_pair(view: _View, weights: _Weights, a: int, b: int) -> tuple[int, int]:
    """Return l and r of the largest rise in one strip; of several, by the rule for ties.

    Of the places with the same minimum the first one is right, as it gives the wider box: that has
    the same IoU, so it holds more foreground.
    """
    values = weights.sums[:, b] - weights.sums[:, a]
    lowest = np.minimum.accumulate(values[: view.last_l + 1])
    ends = np.arange(view.first_r, len(values))
    starts = lowest[np.minimum(ends - 1, view.last_l)]
    rises = values[ends] - starts
    ends = ends[rises == rises.max()]
    firsts = np.searchsorted(-lowest, -lowest[np.minimum(ends - 1, view.last_l)])
    held = view.sums[:, b] - view.sums[:, a]
    chosen = np.lexsort((ends, firsts, held[firsts] - held[ends]))[0]
    return int(firsts[chosen]), int(ends[chosen])
