"""In which order images are listed, as numbers to sort by."""

from __future__ import annotations

import enum

import numpy as np
from numpy.typing import NDArray

from annot_core.session import SessionIndex

Keys = NDArray[np.uint64]

_LAST = np.uint32(0xFFFF_FFFF)
_SIGN = np.uint32(0x8000_0000)
_POSITION_BITS = np.uint64(32)


class Order(enum.StrEnum):
    """What images are sorted by; those alike stay in path order."""

    PATH = "path"
    SCORE = "score"
    """Lowest first, those without a score last."""
    CLASS = "class"
    """By the name of the decided class, or of the label's."""

    @property
    def following(self) -> Order:
        """The order that comes next, the first one after the last."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


class Sorter:
    """Gives each image a number to sort by: what it is sorted by in the upper half, its position in the lower.

    So no two are alike, a sorted array of them is the list, and an image's place in it is found by halving.
    """

    def __init__(self, index: SessionIndex, order: Order) -> None:
        self._index = index
        self._order = order
        names = index.classes
        self._ranks = np.empty(len(names), dtype=np.uint32)
        self._ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names), dtype=np.uint32)

    @property
    def is_outdated(self) -> bool:
        """Whether a class came up that has no rank, so that its images have no keys."""
        return self._order is Order.CLASS and len(self._ranks) < len(self._index.classes)

    def keys(self, positions: NDArray[np.int64]) -> Keys:
        """Return the numbers to sort by of the images at `positions`, (n,) uint64."""
        first = self._first(positions).astype(np.uint64) << _POSITION_BITS
        keys: Keys = first | positions.astype(np.uint64)
        return keys

    def _first(self, positions: NDArray[np.int64]) -> NDArray[np.uint32]:
        match self._order:
            case Order.PATH:
                return np.zeros(len(positions), dtype=np.uint32)
            case Order.SCORE:
                return _ascending(self._index.score[positions])
            case Order.CLASS:
                return self._ranks[self._index.shown_class(positions)]


def positions_in(keys: Keys) -> NDArray[np.int64]:
    """Return the positions of the images that have these keys, (n,) int64."""
    positions: NDArray[np.int64] = (keys & np.uint64(_LAST)).astype(np.int64)
    return positions


def _ascending(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Return integers that sort as the numbers do, NaN last: IEEE 754 bits, those of negative ones turned over."""
    bits = (values + np.float32(0)).view(np.uint32)  # + 0 makes one zero of the two
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    return np.where(np.isnan(values), _LAST, ordered)
