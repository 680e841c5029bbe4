"""Which image each copy is made from, and on what ground: worked out from numbers alone, before anything is drawn.

The copies of a class come in rounds, and in each round every image of the class has its turn, in an order of its own.
So the first copies are the same ones whatever number is asked for.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from annot_core.augment.settings import AugmentSettings, Effect
from annot_core.export.spool import Sets

PASTED: Final = 0.25
"""The share of the copies with an object that get another ground, where there is one."""

_HASH_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Sources:
    """What copies are made from, by ids in a fixed order.

    `objects` are the images with a box by class, `empty` those without one. `photos` are those of the images with a
    box that leave room beside it for another object.
    """

    objects: Mapping[str, Sequence[str]]
    empty: Sequence[str]
    photos: Sequence[str]


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """The number of a copy, from 1, with the ids of its original and of its ground ("": it keeps its own)."""

    number: int
    original: str
    ground: str


def plan_copies(sources: Sources, sets: Sets, settings: AugmentSettings, count: int) -> Iterator[PlannedCopy]:
    """Yield `count` copies in order of their numbers, or none where there is nothing to make them from.

    Each goes to the class with the fewest images so far, its own counted. A ground comes from the same set as the
    original, so that what a detector is tested on is in no picture that it was trained on.

    Args:
        sources: what there is.
        sets: the name of the set of each image by its id.
        settings: the seed, and what is left out.
        count: how many.
    """
    pools = {name: _Rounds(settings.seed, name, ids) for name, ids in sources.objects.items()}
    grounds = _Grounds(sources, sets, settings)
    makes_empty = bool(sources.empty) and (settings.background_share > 0 or not pools)
    empty = _Rounds(settings.seed, "", sources.empty)
    waiting = [(len(ids), name) for name, ids in sorted(sources.objects.items())]
    heapq.heapify(waiting)
    empties = 0
    for number in range(1, count + 1):
        if makes_empty and (not waiting or empties < settings.background_share * number):
            empties += 1
            yield PlannedCopy(number, empty.take(), "")
        elif waiting:
            size, name = waiting[0]
            heapq.heapreplace(waiting, (size + 1, name))
            original = pools[name].take()
            yield PlannedCopy(number, original, grounds.choose(number, original))


class _Rounds:
    """Gives the ids of one class by turns."""

    def __init__(self, seed: int, name: str, ids: Sequence[str]) -> None:
        self._mark = f"{seed}:{name}"
        self._ids = ids
        self._round = 0
        self._waiting: list[str] = []

    def take(self) -> str:
        if not self._waiting:
            self._round += 1
            mark = f"{self._mark}:{self._round}"
            self._waiting = sorted(self._ids, key=lambda image_id: (_hash(mark, image_id), image_id))
        return self._waiting.pop()


class _Grounds:
    """Chooses grounds: in turn one of the images without an object, and a photo of something else."""

    def __init__(self, sources: Sources, sets: Sets, settings: AugmentSettings) -> None:
        self._sets = sets
        self._seed = settings.seed
        self._pastes = Effect.PASTE not in settings.without
        self._by_set: list[dict[str, list[str]]] = [{}, {}]
        for kind, ids in enumerate((sources.empty, sources.photos) if self._pastes else ()):
            for image_id in ids:
                self._by_set[kind].setdefault(sets[image_id], []).append(image_id)

    def choose(self, number: int, original: str) -> str:
        """Return the id of the ground of a copy, "" where it keeps its own."""
        if not self._pastes or _hash(f"{self._seed}:paste", str(number)) >= PASTED * 2 ** (8 * _HASH_BYTES):
            return ""
        pick = _hash(f"{self._seed}:ground", str(number))
        at_hand = [ids for kind in self._by_set if (ids := kind.get(self._sets[original]))]
        if not at_hand:
            return ""
        ids = at_hand[pick % len(at_hand)]
        chosen = ids[pick // 2 % len(ids)]
        if chosen == original:
            # The next one will do as well.
            chosen = ids[(pick // 2 + 1) % len(ids)]
        return "" if chosen == original else chosen


def _hash(mark: str, text: str) -> int:
    """Return a number below 2 ** 64 that only the two texts decide."""
    return int.from_bytes(hashlib.blake2b(f"{mark}\0{text}".encode(), digest_size=_HASH_BYTES).digest())
