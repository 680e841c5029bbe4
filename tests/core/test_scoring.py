"""How far a proposal can be trusted."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.candidates import iou_tables
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


@given(st.lists(INSIDE, min_size=2, max_size=5))
def test_stability_is_the_mean_iou_of_each_pair(boxes):
    pairs = [one.iou(other) for one, other in itertools.combinations(boxes, 2)]
    assert stability(iou_tables(np.array([boxes])))[0] == pytest.approx(sum(pairs) / len(pairs))


def test_boxes_that_do_not_move_are_perfectly_stable():
    assert stability(np.ones((3, 4, 4))).tolist() == [1, 1, 1]


def of_one(heat, box):
    """How well one box and one heat map cover each other."""
    return concentration(cv2.integral(heat, sdepth=cv2.CV_64F)[None], np.array([[box]]))[0, 0]


@given(HEAT, INSIDE)
def test_concentration_is_between_zero_and_one(heat, box):
    assert 0 <= of_one(heat, box) <= 1 + 1e-6


@given(HEAT, INSIDE)
def test_concentration_is_the_heat_inside_over_the_area_and_the_heat_outside(heat, box):
    inside = heat[box.top : box.bottom, box.left : box.right].sum(dtype=np.float64)
    expected = inside / (box.area + heat.sum(dtype=np.float64) - inside)
    assert of_one(heat, box) == pytest.approx(expected, abs=1e-9)


@given(INSIDE, INSIDE)
def test_concentration_of_full_heat_is_the_iou(box, other):
    assert of_one(block(box), other) == pytest.approx(box.iou(other), abs=1e-9)


def test_every_box_is_rated_with_its_own_map():
    boxes = [Box(0, 0, 4, 4), Box(2, 2, 6, 6)]
    sums = np.stack([cv2.integral(block(box), sdepth=cv2.CV_64F) for box in boxes])
    expected = [[box.iou(other) for other in boxes] for box in boxes]
    np.testing.assert_allclose(concentration(sums, np.array([boxes, boxes])), expected)
