"""The boxes that are offered for a heat map."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.binarize import binarize
from annot_core.box_pool import working_map
from annot_core.candidates import (
    DISTINCT_IOU,
    MOST_CANDIDATES,
    BoxRule,
    Offer,
    find_candidates,
    find_own,
    iou_tables,
)
from annot_core.errors import UsageError
from annot_core.geometry import Box, mean_box
from annot_core.search import create_search, search_names

MAPS = arrays(np.float32, st.tuples(st.integers(2, 10), st.integers(2, 10)), elements=st.floats(0, 1, width=16))
SIZES = st.tuples(st.integers(1, 400), st.integers(1, 400))
BOXES = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20)).map(
    lambda edges: Box(edges[0], edges[1], edges[0] + edges[2], edges[1] + edges[3])
)


def candidates_of(heat, size, rule):
    (offer,) = find_candidates([heat], [size], rule)
    return offer.candidates


@settings(max_examples=40)
@given(MAPS, SIZES, st.sampled_from(["exact", "ascent", "contour", "ensemble"]))
def test_candidates_are_few_differ_and_lie_inside_the_image(heat, size, search):
    before = heat.tobytes()
    candidates = candidates_of(heat, size, BoxRule(search=search))
    assert heat.tobytes() == before
    assert len(candidates) <= MOST_CANDIDATES == 5
    assert bool(candidates) == bool(heat.max() > 0)
    for one in candidates:
        assert one.box.fits(*size)
    for one, other in itertools.combinations(candidates, 2):
        assert one.box.iou(other.box) < DISTINCT_IOU == 0.85


@settings(max_examples=30)
@given(MAPS.filter(lambda heat: heat.max() > 0), st.sampled_from(["exact", "contour"]), st.sampled_from([0.3, 0.6]))
def test_the_first_box_is_the_rules_own(heat, search, threshold):
    size = (96, 64)
    first = candidates_of(heat, size, BoxRule(search, threshold))[0]
    assert (first.search, first.threshold) == (search, threshold)
    assert first.box == create_search(search).find(binarize(working_map(heat, size), threshold)).box


def test_an_ensemble_averages_over_thresholds_around_its_own():
    heat = np.random.default_rng(0).uniform(0, 1, (6, 8)).astype(np.float32)
    enlarged = working_map(heat, (80, 60))
    boxes = [
        create_search(name).find(binarize(enlarged, threshold)).box
        for threshold in (0.2, 0.3, 0.4)
        for name in ("ascent", "contour")
    ]
    assert candidates_of(heat, (80, 60), BoxRule("ensemble", 0.3))[0].box == mean_box(boxes)


@pytest.mark.parametrize("search", search_names())
@pytest.mark.parametrize("threshold", [0.3, "otsu", "relative"], ids=str)
def test_every_search_and_threshold_finds_a_planted_block(search, threshold):
    heat = np.zeros((12, 16), np.float32)
    heat[3:9, 4:12] = 1
    first = candidates_of(heat, (160, 120), BoxRule(search, threshold))[0]
    assert first.box.iou(Box(40, 30, 120, 90)) > 0.75


def test_two_objects_are_offered_besides_the_box_of_both():
    heat = np.zeros((20, 40), np.float32)
    heat[4:10, 2:12] = 1
    heat[6:16, 24:36] = 0.45
    boxes = [one.box for one in candidates_of(heat, (400, 200), BoxRule("contour", 0.3))]
    assert max(box.iou(Box(20, 40, 120, 100)) for box in boxes) > 0.8
    assert max(box.iou(Box(240, 60, 360, 160)) for box in boxes) > 0.8


@pytest.mark.parametrize(("peak", "size"), [(0.0, (64, 48)), (0.0, (1, 1))], ids=str)
def test_no_heat_gives_no_candidates(peak, size):
    assert find_candidates([np.full((4, 4), peak, np.float32)], [size], BoxRule()) == [Offer()]


def test_an_unknown_search_is_a_usage_error():
    with pytest.raises(UsageError, match="expected a box search among"):
        candidates_of(np.ones((4, 4), np.float32), (64, 48), BoxRule("guess"))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(MAPS, SIZES), max_size=4), st.sampled_from(["ascent", "ensemble"]), st.sampled_from([0.25, 0.3])
)
def test_what_is_offered_does_not_depend_on_the_maps_beside_it(pictures, search, threshold):
    rule = BoxRule(search, threshold)
    together = find_candidates([heat for heat, _ in pictures], [size for _, size in pictures], rule)
    assert together == [find_candidates([heat], [size], rule)[0] for heat, size in pictures]


@settings(max_examples=40)
@given(MAPS, SIZES, st.sampled_from(["exact", "ensemble"]), st.sampled_from([0.2, 0.33, 0.8, "otsu", "relative"]))
def test_a_rules_own_box_is_the_first_candidate(heat, size, search, threshold):
    rule = BoxRule(search, threshold)
    own = find_own(working_map(heat, size), size, rule)
    assert (own,) == (candidates_of(heat, size, rule)[:1] or (None,))


def test_the_first_boxs_signs_come_with_the_offer():
    heat = np.zeros((48, 64), np.float32)
    heat[10:30, 20:50] = 1
    (offer,) = find_candidates([heat], [(64, 48)], BoxRule("exact", 0.5))
    assert offer.candidates[0].box == Box(20, 10, 50, 30)
    assert (offer.stability, offer.concentration) == (1, 1)


@given(st.lists(BOXES, min_size=1, max_size=6))
def test_the_table_holds_every_pairs_iou(boxes):
    expected = [[one.iou(other) for other in boxes] for one in boxes]
    np.testing.assert_allclose(iou_tables(np.array([boxes]))[0], expected, atol=1e-12)
