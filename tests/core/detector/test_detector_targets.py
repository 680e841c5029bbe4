"""From boxes to what is right at each place, and back."""

from __future__ import annotations

import numpy as np
import pytest
from detector_grids import ANCHORS, CLASSES, perfect_outputs, row, small_grid
from hypothesis import given
from hypothesis import strategies as st

from annot_core.detector.decoding import decode, detections
from annot_core.detector.examples import NO_BOX, Example, TrueBox, box_sizes, true_boxes
from annot_core.detector.grid import lay_grid
from annot_core.detector.targets import targets_for
from annot_core.geometry import Box

NOTHING = row(0, 0, 0, 0, NO_BOX)
IMAGE_SIZE = (640, 480)


@st.composite
def boxes_in_an_image(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, IMAGE_SIZE[0] - 4)), draw(st.integers(0, IMAGE_SIZE[1] - 4))
    return Box(left, top, draw(st.integers(left + 4, IMAGE_SIZE[0])), draw(st.integers(top + 4, IMAGE_SIZE[1])))


def test_places_are_those_of_the_coarse_and_the_fine_grid() -> None:
    grid = small_grid()
    assert len(grid) == 3 * (2 * 2 + 4 * 4)
    assert (grid.sides[:12] == 2).all()
    assert (grid.sides[12:] == 4).all()
    np.testing.assert_array_equal(grid.corners[3:6], [[1, 0]] * 3)
    np.testing.assert_array_equal(grid.anchors[:3], ANCHORS[3:])
    np.testing.assert_array_equal(grid.anchors[12:15], ANCHORS[:3])


@pytest.mark.parametrize("side", [16, 100], ids=["too small", "no multiple"])
def test_a_picture_that_cells_do_not_fill_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        lay_grid(side, ANCHORS)


def test_a_small_box_belongs_to_the_fine_grid_by_its_shape_and_center() -> None:
    # Center (0.6, 0.35): column 2, row 1 of 4; the shape is that of the second anchor.
    right = targets_for(np.array([[row(0.55, 0.2, 0.65, 0.5, 2)]], np.float32), small_grid(), CLASSES)
    has_box = np.asarray(right.has_box)[0]
    place = 12 + 3 * (1 * 4 + 2) + 1
    assert np.flatnonzero(has_box).tolist() == [place]
    np.testing.assert_allclose(np.asarray(right.offsets)[0, place], [0.4, 0.4], atol=1e-5)
    np.testing.assert_allclose(np.asarray(right.stretches)[0, place], [0, 0], atol=1e-5)
    np.testing.assert_array_equal(np.asarray(right.classes)[0, place], [0, 0, 1])
    assert np.asarray(right.areas)[0, place] == pytest.approx(0.03)


def test_of_boxes_at_one_place_the_first_is_taken() -> None:
    boxes = np.array([[row(0.1, 0.1, 0.5, 0.5, 1), row(0.12, 0.1, 0.5, 0.5, 2)]], np.float32)
    right = targets_for(boxes, small_grid(), CLASSES)
    assert np.asarray(right.has_box).sum() == 1
    np.testing.assert_array_equal(np.asarray(right.classes).sum(axis=(0, 1)), [0, 1, 0])


def test_rows_that_fill_up_are_no_boxes() -> None:
    right = targets_for(np.array([[NOTHING, NOTHING]], np.float32), small_grid(), CLASSES)
    for part in (right.has_box, right.offsets, right.stretches, right.classes, right.areas):
        assert not np.asarray(part).any()


@given(st.lists(st.tuples(boxes_in_an_image(), st.integers(0, CLASSES - 1)), min_size=1, max_size=3))
def test_a_box_told_perfectly_comes_back(known: list[tuple[Box, int]]) -> None:
    example = Example(__file__, IMAGE_SIZE, tuple(TrueBox(*one) for one in known))  # type: ignore[arg-type]
    grid = small_grid()
    boxes = true_boxes([example])
    told = decode(perfect_outputs(boxes, grid)[0], grid)
    found = {(one.box, one.class_number) for one in detections(told, IMAGE_SIZE, 0.5)}
    assert found <= set(known)
    if len(known) == 1:
        assert found == set(known)


def test_boxes_become_shares_of_their_image() -> None:
    one = Example(__file__, (200, 100), (TrueBox(Box(20, 10, 60, 100), 1),))  # type: ignore[arg-type]
    none = Example(__file__, (10, 10), ())  # type: ignore[arg-type]
    boxes = true_boxes([one, none])
    np.testing.assert_allclose(boxes, [[[0.1, 0.1, 0.3, 1.0, 1]], [NOTHING]], rtol=1e-6)
    np.testing.assert_allclose(box_sizes(boxes), [[0.2, 0.9]], rtol=1e-6)
