"""Whether more images would help: a stated rule, and no more than that."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

WORTHWHILE = 0.05
"""Data is worth adding while doubling it takes at least this share off the validation loss."""


class Verdict(enum.StrEnum):
    """What the curve says."""

    IMPROVING = "still improving, add data"
    FLAT = "flat"
    UNKNOWN = "not known: two sizes are needed, the larger at least half as large again"


SMALLEST_STEP = 1.5
"""Two sizes that are nearer to each other say nothing of a doubling."""


def judge(losses: Sequence[tuple[int, float]]) -> Verdict:
    """Return the verdict on a curve; see `improvement`.

    Args:
        losses: numbers of images and the validation loss at each, in any order.
    """
    found = improvement(losses)
    if found is None:
        return Verdict.UNKNOWN
    return Verdict.IMPROVING if found >= WORTHWHILE else Verdict.FLAT


def improvement(losses: Sequence[tuple[int, float]]) -> float | None:
    """Return the share of the loss that the last doubling of the images took off; below 0 where it grew.

    Compared are the largest size and the largest one that is at most half of it, or else the smallest one. Where these
    are further apart or nearer than a doubling, the loss is taken to fall by the same share at each doubling.

    Returns:
        The share, or None where the curve has no two sizes that are `SMALLEST_STEP` times apart.
    """
    by_size = sorted(losses)
    if len(by_size) < 2:
        return None
    last_size, last_loss = by_size[-1]
    halves = [one for one in by_size if one[0] * 2 <= last_size]
    size, loss = halves[-1] if halves else by_size[0]
    if last_size < SMALLEST_STEP * size:
        return None
    if loss <= 0:
        return 0.0
    return 1 - float((max(last_loss, 0.0) / loss) ** (1 / math.log2(last_size / size)))
