"""The exact search against an independent search through every box."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.geometry import Box
from annot_core.search import exact, masses
from annot_core.search.exact import ExactSearch


def try_every_box(mask):
    """The best (box, score) by the rule for ties, from all boxes of a small map."""
    height, width = mask.shape
    sums = np.zeros((height + 1, width + 1), dtype=int)
    sums[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    tops, bottoms = np.triu_indices(height + 1, 1)
    lefts, rights = np.triu_indices(width + 1, 1)
    rows = sums[bottoms] - sums[tops]
    inside = rows[:, rights] - rows[:, lefts]
    areas = np.outer(bottoms - tops, rights - lefts)
    # Equal fractions of small integers are equal floats, and different ones are far apart.
    ious = inside / (areas + mask.sum() - inside)
    ties = np.argwhere(ious == ious.max())
    keys = [(-inside[i, j], tops[i], lefts[j], bottoms[i], rights[j]) for i, j in ties]
    _, top, left, bottom, right = min(keys)
    return Box(int(left), int(top), int(right), int(bottom)), float(ious.max())


def draw_mask(kind, rng):
    height, width = rng.integers(1, 13, size=2)
    y, x = np.mgrid[:height, :width]
    if kind == "noise":
        return rng.random((height, width)) < rng.random()
    if kind == "blobs":
        return cv2.GaussianBlur(rng.random((height, width)), (0, 0), 1.3) > rng.uniform(0.3, 0.7)
    if kind == "isolated":
        return (x % 2 == 0) & (y % 2 == 0) & (rng.random((height, width)) < 0.6)
    if kind == "diagonals":
        return abs(x - y) <= rng.integers(0, 2)
    if kind == "two rectangles":
        mask = np.zeros((height, width), dtype=bool)
        for _ in range(2):
            top, left = rng.integers(0, height), rng.integers(0, width)
            mask[top : top + rng.integers(1, 6), left : left + rng.integers(1, 6)] = True
        return mask
    return (x + y) % rng.integers(2, 4) == 0  # checks


KINDS = ["noise", "blobs", "isolated", "diagonals", "two rectangles", "checks"]


@pytest.mark.parametrize("kind", KINDS)
def test_equals_brute_force_ties_included(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    for _ in range(700):
        mask = draw_mask(kind, rng)
        if mask.any():
            found = ExactSearch().find(mask)
            assert (found.box, found.score) == try_every_box(mask), mask.astype(int).tolist()


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
@settings(max_examples=300, deadline=None)
def test_equals_brute_force_on_any_map(mask):
    found = ExactSearch().find(mask)
    if not mask.any():
        assert found is None
    else:
        assert (found.box, found.score) == try_every_box(mask)


@pytest.mark.parametrize("shape", [(12, 12), (1, 9), (9, 1), (1, 1)], ids=str)
def test_finds_every_single_pixel_exactly(shape):
    for top, left in np.ndindex(shape):
        mask = np.zeros(shape, dtype=bool)
        mask[top, left] = True
        assert ExactSearch().find(mask).box == (left, top, left + 1, top + 1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (40, 25)], ids=str)
def test_full_map_is_its_own_box(shape):
    found = ExactSearch().find(np.ones(shape, dtype=bool))
    assert (found.box, found.score, found.evaluations) == ((0, 0, shape[1], shape[0]), 1.0, 1)


def test_of_equal_boxes_the_topmost_wins_whichever_axis_is_paired():
    anti_diagonal = np.eye(8, dtype=bool)[:, ::-1]
    wide = np.pad(anti_diagonal, ((0, 0), (0, 30)))
    assert ExactSearch().find(wide).box == try_every_box(anti_diagonal)[0]
    assert ExactSearch().find(wide.T).box == try_every_box(anti_diagonal.T)[0]


@pytest.mark.parametrize("table", [exact._EXACT_TYPES[1:], exact._EXACT_TYPES[2:]], ids=["float64", "int64"])
def test_every_number_type_gives_the_same(monkeypatch, table):
    rng = np.random.default_rng(5)
    monkeypatch.setattr(exact, "_EXACT_TYPES", table)
    for kind in KINDS * 30:
        mask = draw_mask(kind, rng)
        if mask.any():
            found = ExactSearch().find(mask)
            assert (found.box, found.score) == try_every_box(mask)


@pytest.mark.parametrize(
    ("side", "kind"),
    [(100, np.int32), (1000, np.float64), (30_000, np.int64)],
    ids=["small", "large", "huge"],
)
def test_numbers_are_wide_enough_for_the_map(side, kind):
    lines = np.array([0, side], dtype=np.int64)
    sums = np.array([[0, 0], [0, side * side - 1]], dtype=np.int32)
    large = masses.Masses(lines, lines, sums, side * side - 1)
    best = large.rate(large.whole)
    view, _ = exact._views(large, large.reach(best))
    weights = exact._weigh(view, best)
    assert weights.sums.dtype == kind
    assert int(weights.sums[-1, -1]) == weights.goal  # to the last pixel


def test_a_map_too_large_for_exact_integers_is_refused(monkeypatch):
    monkeypatch.setattr(masses, "MAX_PIXELS", 99)
    with pytest.raises(ValueError, match=r"99 pixels.*10 x 10.*smaller version"):
        ExactSearch().find(np.ones((10, 10), dtype=bool))


def blobs(rng, height, width):
    return cv2.GaussianBlur(rng.random((height, width)), (0, 0), 4) > 0.51


@pytest.mark.parametrize("seed", range(20))
def test_transposed_map_has_the_same_score(seed):
    mask = blobs(np.random.default_rng(seed), 40, 57)
    assert ExactSearch().find(mask.T).score == ExactSearch().find(mask).score


@pytest.mark.parametrize("seed", range(20))
def test_empty_border_moves_the_box_along(seed):
    rng = np.random.default_rng(seed)
    mask = blobs(rng, 40, 57)
    top, bottom, left, right = rng.integers(0, 9, size=4)
    found = ExactSearch().find(mask)
    padded = ExactSearch().find(np.pad(mask, ((top, bottom), (left, right))))
    assert padded.box == tuple(np.add(found.box, (left, top, left, top)))
    assert padded.score == found.score


@pytest.mark.parametrize("factors", [(1, 2), (3, 1), (2, 5), (7, 7)], ids=str)
def test_enlarged_map_has_the_enlarged_box_and_the_same_score(factors):
    down, across = factors
    for seed in range(10):
        mask = blobs(np.random.default_rng(seed), 30, 33)
        found = ExactSearch().find(mask)
        enlarged = ExactSearch().find(mask.repeat(down, axis=0).repeat(across, axis=1))
        assert enlarged.box == tuple(np.multiply(found.box, (across, down, across, down)))
        assert enlarged.score == pytest.approx(found.score, rel=1e-12)


def test_lets_go_of_a_thin_limb():
    mask = np.zeros((60, 60), dtype=bool)
    mask[10:40, 10:40] = True
    mask[25, 40:60] = True
    assert ExactSearch().find(mask).box == (10, 10, 40, 40)
