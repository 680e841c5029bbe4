"""Painting: photos by area means, heat, binary maps, and outlines that are clear on any photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.geometry import Box
from tui.frame.grid import place
from tui.frame.paint import (
    CLEAR_DISTANCE,
    SMALLEST_OUTLINE_PX,
    WHITE,
    distance,
    outline_of,
    shrink,
    with_box,
    with_heat,
    with_mask,
)

GREEN, YELLOW, GRAY = (0, 255, 0), (255, 255, 0), (90, 90, 90)
AREA = (20, 10)
SIZE = (40, 40)


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def is_color(grid: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return (grid == color).all(axis=-1)


def test_every_grid_pixel_is_the_mean_of_what_it_covers() -> None:
    pixels = noise(40, 40)
    means = pixels.reshape(20, 2, 20, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(shrink(pixels, place(SIZE, AREA)), means, atol=0.51)


def test_what_is_around_the_picture_has_the_background_color() -> None:
    placement = place((40, 20), AREA)
    grid = shrink(np.full((20, 40, 3), 200, np.uint8), placement, background=(1, 2, 3))
    assert grid.shape == (20, 20, 3)
    assert is_color(grid, (200, 200, 200))[4:14].all()
    assert is_color(np.delete(grid, slice(4, 14), axis=0), (1, 2, 3)).all()


def test_a_view_shows_its_part_alone() -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[10:30, 10:30] = 250
    assert (shrink(pixels, place(SIZE, AREA, Box(10, 10, 30, 30))) == 250).all()


def test_enlarged_pixels_are_squares_of_their_own_color() -> None:
    pixels = noise(4, 4)
    np.testing.assert_array_equal(shrink(pixels, place((4, 4), AREA)), pixels.repeat(5, axis=0).repeat(5, axis=1))


def test_slightly_enlarged_picture_is_smooth_and_in_place() -> None:
    ramp = np.repeat(np.arange(0, 240, 16, dtype=np.uint8)[None, :, None], 15, axis=0).repeat(3, axis=2)
    grid = shrink(ramp, place((15, 15), AREA)).astype(int)
    wanted = np.clip((np.arange(20) + 0.5) * 15 / 20 - 0.5, 0, 14) * 16
    np.testing.assert_allclose(grid, np.broadcast_to(wanted[None, :, None], grid.shape), atol=1)


@pytest.mark.parametrize("view", [None, Box(100, 60, 260, 200), Box(300, 200, 340, 240)], ids=["all", "part", "near"])
def test_smaller_decoded_image_looks_the_same(view: Box | None) -> None:
    y, x = np.mgrid[0:480, 0:640]
    pixels = np.stack([x / 640, y / 480, (x + y) / 1120], axis=-1)
    pixels = (pixels * 255).astype(np.uint8)
    decoded = pixels.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    placement = place((640, 480), AREA, view)
    np.testing.assert_allclose(shrink(pixels, placement).astype(int), shrink(decoded, placement), atol=2)


@given(st.data())
def test_plain_picture_stays_plain_in_any_size_and_view(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 300))
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    view = Box(left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height)))
    decoded = (data.draw(st.integers(1, height)), data.draw(st.integers(1, width)), 3)
    placement = place((width, height), (data.draw(st.integers(1, 30)), data.draw(st.integers(1, 12))), view)
    grid = shrink(np.full(decoded, 77, np.uint8), placement, background=(0, 0, 0))
    assert is_color(grid, (77, 77, 77)).sum() == placement.shown.area


def test_nothing_handed_in_is_changed() -> None:
    placement = place(SIZE, AREA)
    pixels, heat = noise(40, 40), np.random.default_rng(1).random((5, 5))
    pixels.setflags(write=False)
    heat.setflags(write=False)
    grid = shrink(pixels, placement)
    grid.setflags(write=False)
    with_heat(grid, heat, placement)
    with_mask(grid, heat, 0.5, placement)
    with_box(grid, placement, Box(5, 5, 30, 30), GREEN)


def test_cold_places_show_the_photo_and_hot_ones_glow() -> None:
    placement = place(SIZE, AREA)
    grid = shrink(np.full((40, 40, 3), 40, np.uint8), placement)
    heat = np.zeros((4, 4))
    heat[:, 3] = 1
    painted = with_heat(grid, heat, placement)
    np.testing.assert_array_equal(painted[:, :10], grid[:, :10])
    assert (painted[:, -2:].mean(axis=-1) > 150).all()


def test_hotter_places_are_brighter_on_a_dark_photo() -> None:
    placement = place(SIZE, AREA)
    heat = np.linspace(0, 1, 20)[None, :].repeat(20, axis=0)
    painted = with_heat(np.zeros((20, 20, 3), np.uint8), heat, placement)
    light = painted.astype(float) @ [0.3, 0.59, 0.11]
    assert (np.diff(light, axis=1) >= 0).all()


def test_heat_of_a_zoomed_view_is_that_of_its_part() -> None:
    heat = np.zeros((4, 4))
    heat[:2, :2] = 1
    grid = np.full((20, 20, 3), 40, np.uint8)
    glowing = with_heat(grid, heat, place(SIZE, AREA, Box(0, 0, 10, 10)))
    cold = with_heat(grid, heat, place(SIZE, AREA, Box(30, 30, 40, 40)))
    assert (glowing != grid).any(axis=-1).all()
    np.testing.assert_array_equal(cold, grid)


def test_binary_map_keeps_the_photo_where_it_is_hot_and_darkens_the_rest() -> None:
    placement = place(SIZE, AREA)
    grid = np.full((20, 20, 3), (200, 100, 50), np.uint8)
    heat = np.zeros((20, 20))
    heat[5:10, 5:15] = 0.6
    painted = with_mask(grid, heat, 0.6, placement)
    np.testing.assert_array_equal(is_color(painted, (200, 100, 50)), heat > 0)
    assert (painted[heat == 0] <= 50).all()


def test_outline_is_the_outermost_line_of_the_box() -> None:
    painted = with_box(np.full((20, 20, 3), GRAY, np.uint8), place(SIZE, AREA), Box(8, 12, 30, 36), GREEN)
    expected = np.zeros((20, 20), bool)
    expected[6:18, 4:15] = True
    expected[7:17, 5:14] = False
    np.testing.assert_array_equal(is_color(painted, GREEN), expected)


@pytest.mark.parametrize(
    ("edge", "place_of_edge"),
    [
        ("left", (slice(6, 18), 4)),
        ("right", (slice(6, 18), 14)),
        ("top", (6, slice(4, 15))),
        ("bottom", (17, slice(4, 15))),
    ],
)
def test_marked_edge_has_its_own_color_over_its_whole_length(edge, place_of_edge) -> None:
    grid = np.full((20, 20, 3), GRAY, np.uint8)
    painted = with_box(grid, place(SIZE, AREA), Box(8, 12, 30, 36), YELLOW, edge=edge)
    expected = np.zeros((20, 20), bool)
    expected[place_of_edge] = True
    np.testing.assert_array_equal(is_color(painted, WHITE), expected)
    assert is_color(painted, YELLOW).sum() == 2 * (11 + 12) - 4 - expected.sum()


def test_edges_outside_the_view_are_not_drawn() -> None:
    placement = place(SIZE, AREA, Box(10, 10, 30, 30))
    painted = with_box(np.full((20, 20, 3), GRAY, np.uint8), placement, Box(0, 20, 50, 60), GREEN)
    expected = np.zeros((20, 20), bool)
    expected[10] = True
    np.testing.assert_array_equal(is_color(painted, GREEN), expected)


@pytest.mark.parametrize("box", [Box(0, 0, 5, 5), Box(35, 0, 40, 40)], ids=["before", "behind"])
def test_box_outside_the_view_leaves_no_trace(box: Box) -> None:
    grid = np.full((20, 20, 3), WHITE, np.uint8)
    np.testing.assert_array_equal(with_box(grid, place(SIZE, AREA, Box(10, 10, 30, 30)), box, GREEN), grid)


def test_outline_stays_off_what_is_around_the_picture() -> None:
    placement = place((40, 20), AREA)
    painted = with_box(np.full((20, 20, 3), GRAY, np.uint8), placement, Box(0, 0, 40, 20), GREEN)
    assert is_color(painted, GREEN)[4].all()
    assert not is_color(painted, GREEN)[:4].any()


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, 399)), draw(st.integers(0, 399))
    return Box(left, top, draw(st.integers(left + 1, 400)), draw(st.integers(top + 1, 400)))


@given(boxes())
def test_even_a_tiny_box_is_a_ring(box: Box) -> None:
    placement = place((400, 400), AREA)
    outline = outline_of(placement, box)
    assert min(outline.width, outline.height) >= SMALLEST_OUTLINE_PX
    assert outline.intersection(placement.shown) == outline
    carried = placement.to_grid(box)
    assert outline.intersection(carried) == carried


@given(arrays(np.uint8, (20, 20, 3)), boxes(), st.sampled_from([GREEN, YELLOW, WHITE, (0, 0, 0), (60, 20, 20)]))
def test_outline_has_something_unlike_it_at_its_side_on_any_photo(
    grid: np.ndarray, box: Box, color: tuple[int, int, int]
) -> None:
    placement = place((400, 400), AREA)
    painted = with_box(grid, placement, box, color)
    left, top, right, bottom = outline_of(placement, box)
    for x, beyond in ((left, left - 1 if left else 1), (right - 1, right if right < 20 else right - 2)):
        assert is_color(painted[top:bottom, x], color).all()
        beside = painted[top + 1 : bottom - 1, beyond]
        assert (distance(beside, np.array(color)) >= CLEAR_DISTANCE).all()
    for y, beyond in ((top, top - 1 if top else 1), (bottom - 1, bottom if bottom < 20 else bottom - 2)):
        assert is_color(painted[y, left:right], color).all()
        beside = painted[beyond, left + 1 : right - 1]
        assert (distance(beside, np.array(color)) >= CLEAR_DISTANCE).all()
