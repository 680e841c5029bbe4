"""What is drawn for the geometry, and that pictures move as their boxes do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.augment.carry import Matrix, carried, corners, moved
from annot_core.augment.homography import (
    about,
    draw_pose,
    draw_view,
    rotation,
    shows_twice,
    stretching,
    translation,
    warped,
)
from annot_core.augment.settings import Effect
from annot_core.geometry import Box

SIZE = (80, 60)
BOX = Box(20, 15, 50, 45)
GEOMETRIC = [
    Effect.FLIP,
    Effect.UPSIDE_DOWN,
    Effect.ROTATION,
    Effect.SCALE,
    Effect.SHIFT,
    Effect.CROP,
    Effect.PERSPECTIVE,
]
MIRROR = about((40, 30), stretching(-1, 1))
ASIDE = translation(15, 5)


def draw(seed: int, effects: list[Effect]) -> Matrix:
    rng = np.random.default_rng(seed)
    pose = draw_pose(SIZE, effects, rng)
    return np.asarray(draw_view(SIZE, effects, rng) @ pose)


def white_box() -> np.ndarray:
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[BOX.top : BOX.bottom, BOX.left : BOX.right] = 255
    return pixels


def test_without_effects_nothing_moves() -> None:
    assert np.allclose(draw(3, []), np.eye(3))


@pytest.mark.parametrize("effect", GEOMETRIC)
def test_each_effect_moves_some_pictures_and_not_all(effect: Effect) -> None:
    still = [np.allclose(draw(seed, [effect]), np.eye(3)) for seed in range(60)]
    assert any(still)
    assert not all(still)


@pytest.mark.parametrize("effect", GEOMETRIC)
def test_an_effect_that_is_left_out_does_not_change_when_others_happen(effect: Effect) -> None:
    others = [one for one in GEOMETRIC if one is not effect]
    same = [np.allclose(draw(seed, GEOMETRIC), draw(seed, others)) for seed in range(60)]
    happens = [not np.allclose(draw(seed, [effect]), np.eye(3)) for seed in range(60)]
    assert same == [not one for one in happens]


@given(st.integers(0, 10**6))
def test_pictures_move_as_boxes_do(seed: int) -> None:
    matrix = draw(seed, GEOMETRIC)
    found = carried(BOX, matrix, SIZE)
    seen = warped(white_box(), matrix, SIZE)[..., 0] > 127
    if shows_twice(BOX, SIZE, matrix, SIZE) or not seen.any():
        return
    assert found is not None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    # OpenCV rounds where it looks to 1/32 of a pixel.
    assert np.abs(np.subtract(found.box, (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))).max() <= 1


@given(st.integers(0, 10**6))
def test_the_horizon_is_far_from_every_picture(seed: int) -> None:
    matrix = draw_pose(SIZE, GEOMETRIC, np.random.default_rng(seed))
    lifted = np.column_stack([corners(Box(0, 0, *SIZE)), np.ones(4)]) @ matrix.T
    assert (lifted[:, 2] > 0.2).all()


@pytest.mark.parametrize("matrix", [MIRROR, about((40, 30), rotation(np.pi)), translation(7, -4)])
def test_a_change_by_whole_pixels_changes_no_color(matrix: Matrix) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    shown = warped(pixels, matrix, SIZE)
    x, y = moved(np.array([[30.5, 20.5]]), matrix)[0].astype(int)
    assert (shown[y, x] == pixels[20, 30]).all()


@pytest.mark.parametrize(
    ("box", "matrix", "expected"),
    [
        pytest.param(BOX, np.eye(3), False, id="nothing beyond the edges is seen"),
        pytest.param(Box(0, 15, 20, 45), ASIDE, True, id="an object at the edge, with room beyond it"),
        pytest.param(Box(40, 25, 60, 45), ASIDE, False, id="an object far from the edge that has moved in"),
        pytest.param(BOX, about((40, 30), stretching(0.3, 0.3)), True, id="much smaller"),
        pytest.param(BOX, about((40, 30), stretching(2, 2)), False, id="larger"),
    ],
)
def test_a_mirrored_object_is_noticed(box: Box, matrix: Matrix, expected: bool) -> None:
    assert shows_twice(box, SIZE, matrix, SIZE) is expected


@given(st.integers(0, 10**6))
def test_where_nothing_is_noticed_nothing_is_mirrored(seed: int) -> None:
    matrix = draw(seed, GEOMETRIC)
    if shows_twice(BOX, SIZE, matrix, SIZE):
        return
    found = carried(BOX, matrix, SIZE)
    seen = warped(white_box(), matrix, SIZE)[..., 0] > 127
    if found is not None:
        around = np.s_[
            max(0, found.box.top - 1) : found.box.bottom + 1, max(0, found.box.left - 1) : found.box.right + 1
        ]
        seen[around] = False
    assert not seen.any()
