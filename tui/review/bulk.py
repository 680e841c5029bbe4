"""Keeping all undecided images with a good score in one go, after a look at some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.records import Decision, Status
from annot_core.session import ImageResult, Session, SessionIndex
from annot_core.session.index import STATUSES
from tui.review.filters import EVERYTHING, Filter, is_open
from tui.review.verdicts import keep, shown_box

SAMPLE = 12

_READ_AT_ONCE = 500
_NO_EVIDENCE = STATUSES.index(Status.NO_EVIDENCE)


@dataclass(frozen=True, slots=True, eq=False)
class BulkKeep:
    """What would be kept: undecided images that have a box or need none, with at least a score.

    Attributes:
        min_score: the lowest score, 0 to 1, included.
        ids: (n,) int64, their row ids in path order.
        sample: row ids of some of them, drawn at random, the lowest scores first: those are the doubtful ones.
    """

    min_score: float
    ids: NDArray[np.int64]
    sample: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


def plan_bulk_keep(
    index: SessionIndex,
    min_score: float,
    generator: np.random.Generator,
    *,
    within: Filter = EVERYTHING,
    sample: int = SAMPLE,
) -> BulkKeep:
    """Find what keeping all with a score of at least `min_score` would keep; decide nothing.

    Args:
        index: the present images.
        min_score: the lowest score, 0 to 1, included.
        generator: draws the sample.
        within: only images that pass this filter as well.
        sample: how many to draw, at most.
    """
    mask = is_open(index) & (index.status != _NO_EVIDENCE) & (index.score >= np.float32(min_score))
    positions = np.flatnonzero(mask & within.mask(index))
    drawn = generator.choice(positions, size=min(sample, len(positions)), replace=False, shuffle=False)
    lowest_first = drawn[np.lexsort((drawn, index.score[drawn]))]
    return BulkKeep(min_score, index.ids[positions], tuple(index.ids[lowest_first].tolist()))


def bulk_keep(session: Session, plan: BulkKeep, advanced: Callable[[int], object] = lambda done: None) -> int:
    """Keep what was planned, as one step for undo, by a person; return how many were kept.

    Images are read and decided a few at a time, so that memory does not grow with their number. One that was
    decided meanwhile, or has another outcome by now, stays as it is.

    Args:
        session: where; other threads wait for it until all is done.
        plan: what to keep.
        advanced: told now and then how many of the plan were looked at. If it raises, nothing is kept.
    """
    return session.decide(_decisions(session, plan, advanced))


def _decisions(session: Session, plan: BulkKeep, advanced: Callable[[int], object]) -> Iterator[Decision]:
    for start in range(0, len(plan), _READ_AT_ONCE):
        advanced(start)
        for result in session.results_of(plan.ids[start : start + _READ_AT_ONCE].tolist()):
            decision = keep(result, shown_box(result)) if _is_meant(result, plan.min_score) else None
            if isinstance(decision, Decision):
                yield decision


def _is_meant(result: ImageResult, min_score: float) -> bool:
    # As the index compares: a score is a float32 there.
    good = result.score is not None and np.float32(result.score) >= np.float32(min_score)
    return bool(good) and result.decision is None
