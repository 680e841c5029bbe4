"""Keeping all undecided images with a good score in one go, after a look at some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.records import Decision, Status
from annot_core.session import ImageResult, Session, SessionIndex
from annot_core.session.index import STATUSES
from tui.review.filters import EVERYTHING, Filter, is_open
from tui.review.verdicts import keep, shown_box

SAMPLE = 12

KEPT_AT_ONCE = 250
"""How many images are kept in one transaction: no key waits for longer than that takes."""

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


@dataclass(frozen=True, slots=True, eq=False)
class KeptPart:
    """One part of a plan that was gone through: `ids` (n,) int64, its row ids, and how many of them are kept now."""

    ids: NDArray[np.int64]
    kept: int


def bulk_keep(session: Session, plan: BulkKeep) -> Iterator[KeptPart]:
    """Keep what was planned, a part at a time, by a person; all parts are one step for undo.

    A part is on disk when it is given, and between two of them other keys have their turn: a person may decide
    meanwhile, and where the step is undone it goes no further. An image that was decided meanwhile, or has another
    outcome by now, stays as it is.
    """
    parts = [plan.ids[start : start + KEPT_AT_ONCE] for start in range(0, len(plan), KEPT_AT_ONCE)]
    taken = session.decide_in_parts(_decisions(session, ids, plan.min_score) for ids in parts)
    for ids, kept in zip(parts, taken, strict=False):
        yield KeptPart(ids, kept)


def _decisions(session: Session, ids: NDArray[np.int64], min_score: float) -> Iterator[Decision]:
    for result in session.results_of(ids.tolist()):
        decision = keep(result, shown_box(result)) if _is_meant(result, min_score) else None
        if isinstance(decision, Decision):
            yield decision


def _is_meant(result: ImageResult, min_score: float) -> bool:
    # As the index compares: a score is a float32 there.
    good = result.score is not None and np.float32(result.score) >= np.float32(min_score)
    return bool(good) and result.decision is None
