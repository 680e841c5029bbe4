"""Masks from heat maps, and grounds without an object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.augment.pasting import FREE_SHARE, free_part, laid_over, object_mask
from annot_core.geometry import Box

SIZE = (80, 60)
BOX = Box(20, 15, 60, 45)


def heat_in(box: Box) -> np.ndarray:
    grid = np.zeros((12, 16), np.float16)
    grid[box.top // 5 : box.bottom // 5, box.left // 5 : box.right // 5] = 1
    return grid


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, SIZE[0] - 1)), draw(st.integers(0, SIZE[1] - 1))
    return Box(left, top, draw(st.integers(left + 1, SIZE[0])), draw(st.integers(top + 1, SIZE[1])))


@given(boxes())
def test_the_free_part_shows_nothing_of_the_object(box: Box) -> None:
    free = free_part(box, SIZE)
    if free is not None:
        assert free.fits(*SIZE)
        assert free.intersection(box).area == 0
        assert free.area >= FREE_SHARE * SIZE[0] * SIZE[1]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param(None, Box(0, 0, 80, 60), id="no object"),
        pytest.param(Box(0, 0, 20, 60), Box(23, 0, 80, 60), id="an object on the left"),
        pytest.param(Box(60, 0, 80, 60), Box(0, 0, 57, 60), id="an object on the right"),
        pytest.param(Box(5, 40, 75, 60), Box(0, 0, 80, 37), id="an object below"),
        pytest.param(BOX, None, id="an object in the middle, with narrow bands beside it"),
        pytest.param(Box(0, 0, 80, 60), None, id="an object that fills the photo"),
    ],
)
def test_the_free_part_is_the_largest_strip(box: Box | None, expected: Box | None) -> None:
    assert free_part(box, SIZE) == expected


@given(boxes(), st.booleans())
def test_a_mask_is_nothing_outside_the_box(box: Box, has_heat: bool) -> None:
    heat = heat_in(BOX) if has_heat else np.zeros((0, 0), np.float16)
    mask = object_mask(heat, box, SIZE, SIZE)
    assert mask.shape == (60, 80)
    assert mask.min() >= 0
    assert mask.max() <= 1
    outside = np.ones_like(mask, dtype=bool)
    outside[box.top : box.bottom, box.left : box.right] = False
    assert not mask[outside].any()


def test_a_mask_is_the_object_and_soft_at_its_edges() -> None:
    grid = np.zeros((12, 16), np.float16)
    grid[3:9, 4:12] = np.minimum.outer(np.ones(6), [0.2, 1, 1, 1, 1, 1, 1, 0.2])
    mask = object_mask(grid, BOX, SIZE, SIZE)
    assert mask[30, 40] == 1
    assert 0 < mask[30, 22] < 0.5
    assert (mask[30, 20:40] >= mask[30, 19:39]).all()


@pytest.mark.parametrize(
    "heat",
    [
        pytest.param(np.zeros((0, 0), np.float16), id="no heat map"),
        pytest.param(np.zeros((12, 16), np.float16), id="no heat"),
        pytest.param(heat_in(Box(20, 15, 30, 25)), id="heat in a part of the box"),
        pytest.param(heat_in(Box(65, 0, 80, 10)), id="heat elsewhere"),
    ],
)
def test_where_heat_knows_too_little_all_of_the_box_counts(heat: np.ndarray) -> None:
    mask = object_mask(heat, BOX, SIZE, SIZE)
    assert (mask[18:42, 24:56] == 1).all()


def test_a_narrow_valley_in_the_heat_shows_no_ground() -> None:
    grid = heat_in(BOX)
    grid[:, 8] = 0
    assert object_mask(grid, BOX, SIZE, SIZE)[20:40, 25:55].min() > 0.9


def test_a_mask_has_the_size_that_is_asked_for() -> None:
    assert object_mask(heat_in(BOX), BOX, SIZE, (40, 30)).shape == (30, 40)


def test_laying_over_mixes_by_the_mask() -> None:
    ground, pixels = np.full((1, 3, 3), 10, np.uint8), np.full((1, 3, 3), 200, np.uint8)
    mask = np.array([[0, 0.5, 1]], np.float32)
    assert laid_over(ground, pixels, mask)[0, :, 0].tolist() == [10, 105, 200]
