"""Boxes: their arithmetic against counting pixels, and the laws of carrying them over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.geometry import Box, mean_box

SIDE = 24

edges = st.integers(-4, SIDE + 4)
sizes = st.tuples(st.integers(1, 500), st.integers(1, 500))
any_boxes = st.builds(Box, edges, edges, edges, edges)


@st.composite
def boxes_inside(draw, width=SIDE, height=SIDE):
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return Box(left, top, right, bottom)


@st.composite
def sized_boxes(draw):
    size = draw(sizes)
    return draw(boxes_inside(*size)), size


def painted(box):
    mask = np.zeros((SIDE, SIDE), bool)
    mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def test_right_and_bottom_are_the_first_pixels_outside():
    box = Box(2, 3, 7, 5)
    assert (box.width, box.height, box.area) == (5, 2, 10)


@pytest.mark.parametrize(
    "box",
    [Box(3, 3, 3, 9), Box(3, 3, 9, 3), Box(9, 3, 3, 9), Box(9, 9, 3, 3)],
    ids=["no width", "no height", "inverted", "inverted twice"],
)
def test_a_box_without_pixels_has_area_0_and_overlaps_nothing(box):
    assert box.area == 0
    assert box.iou(Box(0, 0, SIDE, SIDE)) == 0
    assert not box.fits(SIDE, SIDE)


@given(boxes_inside())
def test_area_counts_pixels(box):
    assert box.area == painted(box).sum()


@given(boxes_inside(), boxes_inside())
def test_iou_counts_pixels(one, other):
    both, either = painted(one) & painted(other), painted(one) | painted(other)
    assert one.iou(other) == pytest.approx(both.sum() / either.sum())


@given(any_boxes, any_boxes)
def test_iou_is_symmetric_and_a_share(one, other):
    assert one.iou(other) == other.iou(one)
    assert 0 <= one.iou(other) <= 1


@given(boxes_inside(), boxes_inside())
def test_iou_is_1_for_the_same_box_alone(one, other):
    assert (one.iou(other) == 1) == (one == other)


@given(boxes_inside(), boxes_inside())
def test_intersection_holds_the_shared_pixels(one, other):
    shared = one.intersection(other)
    assert shared.area == (painted(one) & painted(other)).sum()
    assert shared.intersection(one) == shared


@given(any_boxes)
def test_fits_means_some_pixels_and_none_outside(box):
    inside = box.area > 0 and min(box) >= 0 and max(box.right, box.bottom) <= SIDE
    assert box.fits(SIDE, SIDE) == inside


@given(any_boxes)
def test_a_clamped_box_fits(box):
    assert box.clamped(SIDE, SIDE).fits(SIDE, SIDE)


@given(boxes_inside())
def test_clamping_leaves_a_box_that_fits_alone(box):
    assert box.clamped(SIDE, SIDE) == box


@given(any_boxes)
def test_clamping_twice_is_clamping_once(box):
    once = box.clamped(SIDE, SIDE)
    assert once.clamped(SIDE, SIDE) == once


@given(any_boxes)
def test_clamping_loses_no_pixel_that_lies_inside(box):
    whole = Box(0, 0, SIDE, SIDE)
    shared = box.intersection(whole)
    if shared.area:
        assert box.clamped(SIDE, SIDE) == shared


@given(sized_boxes(), sizes)
def test_a_scaled_box_fits_the_new_picture(boxed, to_size):
    box, size = boxed
    assert box.scaled(size, to_size).fits(*to_size)


@given(sized_boxes())
def test_scaling_to_the_same_size_changes_nothing(boxed):
    box, size = boxed
    assert box.scaled(size, size) == box


@given(sized_boxes(), st.integers(1, 7), st.integers(1, 7))
def test_enlarging_by_whole_numbers_is_exact_and_can_be_undone(boxed, across, down):
    box, (width, height) = boxed
    large = (width * across, height * down)
    enlarged = box.scaled((width, height), large)
    assert enlarged == (box.left * across, box.top * down, box.right * across, box.bottom * down)
    assert enlarged.scaled(large, (width, height)) == box


@given(sized_boxes(), sizes)
def test_the_whole_picture_stays_the_whole_picture(boxed, to_size):
    _, size = boxed
    assert Box(0, 0, *size).scaled(size, to_size) == (0, 0, *to_size)


@given(st.lists(boxes_inside(), min_size=1, max_size=6))
def test_a_mean_box_lies_within_the_boxes_it_is_the_mean_of(boxes):
    mean = mean_box(boxes)
    assert mean.area > 0
    for edge, listed in zip(mean, zip(*boxes, strict=True), strict=True):
        assert min(listed) <= edge <= max(listed)


@given(boxes_inside(), st.integers(1, 5))
def test_the_mean_of_one_box_repeated_is_that_box(box, times):
    assert mean_box([box] * times) == box


def test_the_mean_rounds_each_edge():
    assert mean_box([Box(0, 0, 10, 10), Box(2, 4, 10, 12), Box(2, 5, 11, 20)]) == (1, 3, 10, 14)


def test_the_mean_of_no_boxes_is_refused():
    with pytest.raises(ValueError, match="at least one box"):
        mean_box([])
