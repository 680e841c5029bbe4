"""How far a proposal can be trusted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.geometry import Box
from annot_core.scoring import concentration, score, stability

HEAT = arrays(np.float32, (8, 10), elements=st.floats(0, 1, width=16))
SIGNS = st.floats(0, 1)
INSIDE = st.tuples(st.integers(0, 9), st.integers(0, 7), st.integers(1, 10), st.integers(1, 8)).map(
    lambda edges: Box(edges[0], edges[1], min(10, edges[0] + edges[2]), min(8, edges[1] + edges[3]))
)


def block(box, height=8, width=10, value=1.0):
    heat = np.zeros((height, width), np.float32)
    heat[box.top : box.bottom, box.left : box.right] = value
    return heat


@given(SIGNS, SIGNS, SIGNS)
def test_a_score_is_between_zero_and_one(probability, stable, concentrated):
    assert 0 <= score(probability, stable, concentrated) <= 1


def test_nothing_scores_zero_and_all_scores_one():
    assert score(0, 0, 0) == 0
    assert score(1, 1, 1) == 1


@given(SIGNS, SIGNS, SIGNS, SIGNS)
def test_a_better_sign_never_lowers_the_score(probability, stable, concentrated, better):
    before = score(probability, stable, concentrated)
    assert score(max(probability, better), stable, concentrated) >= before
    assert score(probability, max(stable, better), concentrated) >= before
    assert score(probability, stable, max(concentrated, better)) >= before


@given(HEAT)
def test_stability_is_between_zero_and_one(heat):
    assert 0 <= stability(heat) <= 1


@given(HEAT.filter(lambda heat: heat.max() > 0.01), st.integers(-4, 4))
def test_stability_does_not_depend_on_the_scale_of_the_heat(heat, power):
    assert stability(heat * np.float32(2.0**power)) == stability(heat)


@given(INSIDE)
def test_a_block_of_even_heat_is_perfectly_stable(box):
    assert stability(block(box)) == 1


def test_a_box_that_moves_with_the_threshold_is_not_stable():
    cone = np.minimum.outer(np.minimum(np.arange(40), np.arange(40)[::-1]), np.full(40, 99)).astype(np.float32)
    assert 0.3 < stability(cone) < 0.9


def test_no_heat_is_not_stable():
    assert stability(np.zeros((4, 4), np.float32)) == 0


@given(HEAT, INSIDE)
def test_concentration_is_between_zero_and_one(heat, box):
    assert 0 <= concentration(heat, box) <= 1 + 1e-6


@given(INSIDE, INSIDE)
def test_concentration_of_full_heat_is_the_iou(box, other):
    assert concentration(block(box), other) == pytest.approx(box.iou(other), abs=1e-6)


@given(HEAT, INSIDE)
def test_heat_outside_the_box_lowers_concentration(heat, box):
    within = np.where(block(box) > 0, heat, 0)
    assert concentration(heat, box) <= concentration(within, box) + 1e-6
