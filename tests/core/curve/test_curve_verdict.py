"""The verdict: its rule, on the original tool's own figures among others."""

from __future__ import annotations

import pytest

from annot_core.curve.verdict import WORTHWHILE, Verdict, improvement, judge

ORIGINAL = [(100, 7.847), (500, 7.041), (1000, 6.608), (2500, 6.716)]
"""What the original measured."""


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (ORIGINAL, Verdict.FLAT),
        (ORIGINAL[:3], Verdict.IMPROVING),
        ([(100, 2.0), (200, 2.0 * (1 - WORTHWHILE))], Verdict.IMPROVING),
        ([(100, 2.0), (200, 2.0 * (1 - WORTHWHILE) + 0.001)], Verdict.FLAT),
        ([(200, 1.0), (100, 2.0)], Verdict.IMPROVING),
        ([(100, 2.0)], Verdict.UNKNOWN),
        ([(100, 2.0), (149, 1.0)], Verdict.UNKNOWN),
        ([(100, 0.0), (200, 0.0)], Verdict.FLAT),
        ([], Verdict.UNKNOWN),
    ],
    ids=[
        "the original's",
        "the original's without the last",
        "just enough",
        "just too little",
        "any order",
        "one size",
        "too near",
        "nothing left to lose",
        "none",
    ],
)
def test_verdicts(losses: list[tuple[int, float]], expected: Verdict) -> None:
    assert judge(losses) is expected


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([(100, 1.0), (200, 0.9)], 0.1),
        ([(100, 1.0), (400, 0.81)], 0.1),
        ([(100, 1.0), (200, 0.5), (390, 0.9)], 1 - 0.9 ** (1 / 1.963474)),
        ([(100, 1.0), (200, 1.2)], -0.2),
    ],
    ids=["a doubling", "two doublings fall by the same share", "against at most half", "worse"],
)
def test_the_improvement_is_that_of_a_doubling(losses: list[tuple[int, float]], expected: float) -> None:
    assert improvement(losses) == pytest.approx(expected, rel=1e-5)
