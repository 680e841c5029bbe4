"""Boxes that are carried along, held against every pixel of a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annot_core.augment.carry import Carried, Matrix, carried, moved
from annot_core.augment.homography import about, frame_scale, rotation, stretching, translation
from annot_core.augment.layout import fitted
from annot_core.geometry import Box

SIZE = (40, 30)
ROUNDING = 1e-6


def mask_of(box: Box, matrix: Matrix, size: tuple[int, int]) -> np.ndarray:
    """Tell of each pixel, (H, W), whether its center comes from inside the box."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    back = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(matrix).T
    before = back[..., :2] / back[..., 2:]
    edges = np.array([box.left, box.top, box.right, box.bottom], dtype=float)
    distances = np.abs(before[..., [0, 1, 0, 1]] - edges)
    # Centers on an edge are on either side of it, as numbers happen to be rounded.
    assume(distances.min() > ROUNDING)
    inside = ((before > edges[:2]) & (before < edges[2:])).all(axis=-1)
    return np.asarray(inside & (back[..., 2] > 0))


def bounding(mask: np.ndarray) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(rows) else None


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, SIZE[0] - 1)), draw(st.integers(0, SIZE[1] - 1))
    return Box(left, top, draw(st.integers(left + 1, SIZE[0])), draw(st.integers(top + 1, SIZE[1])))


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    number = st.floats(-1, 1)
    tilt = np.eye(3)
    tilt[2, :2] = 0.005 * draw(number), 0.005 * draw(number)
    pose = about((20, 15), rotation(3.2 * draw(number)) @ stretching(1.5 + draw(number), 1.5 + draw(number)))
    flip = about((20, 15), stretching(draw(st.sampled_from([-1.0, 1.0])), draw(st.sampled_from([-1.0, 1.0]))))
    return np.asarray(translation(25 * draw(number), 25 * draw(number)) @ pose @ flip @ tilt)


@given(boxes(), matrices(), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_a_box_is_the_bounding_rectangle_of_its_pixels(box: Box, matrix: Matrix, size: tuple[int, int]) -> None:
    mask = mask_of(box, matrix, size)
    found = carried(box, matrix, size)
    assert (None if found is None else found.box) == bounding(mask)


@given(boxes(), matrices())
def test_the_visible_share_is_that_of_points_strewn_over_the_box(box: Box, matrix: Matrix) -> None:
    # Without perspective, points that lie evenly before do so afterwards.
    matrix[2, :2] = 0
    matrix /= matrix[2, 2]
    found = carried(box, matrix, SIZE)
    assume(found is not None)
    assert found is not None
    steps = (np.arange(60) + 0.5) / 60
    x, y = np.meshgrid(box.left + box.width * steps, box.top + box.height * steps)
    after = moved(np.column_stack([x.ravel(), y.ravel()]), matrix)
    inside = ((after >= 0) & (after <= np.array(SIZE))).all(axis=1).mean()
    assert found.visible == pytest.approx(inside, abs=0.04)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        pytest.param(np.eye(3), Carried(Box(5, 6, 15, 26), 1.0), id="as it was"),
        pytest.param(about((20, 15), stretching(-1, 1)), Carried(Box(25, 6, 35, 26), 1.0), id="mirrored"),
        pytest.param(about((20, 15), stretching(1, -1)), Carried(Box(5, 4, 15, 24), 1.0), id="upside down"),
        pytest.param(translation(-10, 0), Carried(Box(0, 6, 5, 26), 0.5), id="half of it outside"),
        pytest.param(stretching(2, 2) @ translation(-5, -6), Carried(Box(0, 0, 20, 30), 0.75), id="cropped"),
        pytest.param(about((20, 15), rotation(np.pi / 2)), Carried(Box(9, 0, 29, 10), 1.0), id="a quarter turn"),
        pytest.param(translation(-15, 0), None, id="outside"),
        pytest.param(fitted((80, 60), SIZE), Carried(Box(2, 3, 8, 13), 1.0), id="half as large"),
    ],
)
def test_simple_changes_move_a_box_to_the_pixel(matrix: Matrix, expected: Carried | None) -> None:
    found = carried(Box(5, 6, 15, 26), matrix, SIZE)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.box == expected.box
        assert found.visible == pytest.approx(expected.visible)


def test_nothing_is_left_of_a_box_smaller_than_a_pixel() -> None:
    assert carried(Box(0, 0, 1, 1), frame_scale((400, 300), (4, 3)), (4, 3)) is None
