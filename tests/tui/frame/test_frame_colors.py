"""Color codes and palettes: exact where they can be, mixed where not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from photo_like import photo_like

from tui.frame.colors import DEFAULT, ColorDepth, as_shown, decode_color, encode_colors, sgr
from tui.frame.palettes import XTERM

TRUE, XTERM_256, ANSI_16, NONE = ColorDepth
PALETTES = {XTERM_256: range(16, 256), ANSI_16: range(16)}

grids = st.tuples(st.integers(1, 8), st.integers(1, 8)).flatmap(lambda shape: arrays(np.uint8, (*shape, 3)))


@pytest.mark.parametrize(
    ("code", "depth", "ink", "paper"),
    [
        (0x0A00FF, TRUE, "38;2;10;0;255", "48;2;10;0;255"),
        (208, XTERM_256, "38;5;208", "48;5;208"),
        (1, ANSI_16, "31", "41"),
        (7, ANSI_16, "37", "47"),
        (8, ANSI_16, "90", "100"),
        (15, ANSI_16, "97", "107"),
        (DEFAULT, TRUE, "39", "49"),
        (DEFAULT, ANSI_16, "39", "49"),
    ],
)
def test_codes_are_the_standard_ones(code: int, depth: ColorDepth, ink: str, paper: str) -> None:
    assert sgr(code, depth, background=False) == ink
    assert sgr(code, depth, background=True) == paper


@pytest.mark.parametrize(
    ("code", "color"),
    [(16, (0, 0, 0)), (67, (95, 135, 175)), (231, (255, 255, 255)), (232, (8, 8, 8)), (255, (238, 238, 238))],
)
def test_palette_is_that_of_xterm(code: int, color: tuple[int, int, int]) -> None:
    assert XTERM[code] == color
    assert decode_color(code, XTERM_256) == color


def test_own_color_of_the_terminal_is_none() -> None:
    assert decode_color(DEFAULT, TRUE) is None


@given(grids)
def test_truecolor_is_exact(grid: np.ndarray) -> None:
    codes = encode_colors(grid, TRUE)
    assert [decode_color(code, TRUE) for code in codes.ravel().tolist()] == [
        tuple(pixel) for pixel in grid.reshape(-1, 3).tolist()
    ]


@pytest.mark.parametrize("depth", PALETTES)
def test_colors_of_the_palette_stay_wherever_they_are(depth: ColorDepth) -> None:
    colors = np.array([XTERM[code] for code in PALETTES[depth]], np.uint8)
    for shift in range(2):
        grid = np.roll(colors, shift, axis=0)[None].repeat(2, axis=0)
        np.testing.assert_array_equal(as_shown(grid, depth), grid)


@pytest.mark.parametrize("depth", PALETTES)
@given(grid=grids)
def test_only_codes_of_the_palette_are_used(depth: ColorDepth, grid: np.ndarray) -> None:
    codes = encode_colors(grid, depth)
    assert codes.shape == grid.shape[:2]
    assert set(codes.ravel().tolist()) <= set(PALETTES[depth])


@pytest.mark.parametrize("depth", ColorDepth)
@given(grid=grids)
def test_showing_again_what_was_shown_changes_nothing(depth: ColorDepth, grid: np.ndarray) -> None:
    if depth is not NONE:
        shown = as_shown(grid, depth)
        np.testing.assert_array_equal(as_shown(shown, depth), shown)


@given(grids, st.data())
def test_color_of_a_pixel_depends_on_it_and_its_place_alone(grid: np.ndarray, data: st.DataObject) -> None:
    other = grid.copy()
    y, x = data.draw(st.integers(0, grid.shape[0] - 1)), data.draw(st.integers(0, grid.shape[1] - 1))
    other[y, x] = data.draw(st.tuples(*[st.integers(0, 255)] * 3))
    differ = encode_colors(grid, XTERM_256) != encode_colors(other, XTERM_256)
    differ[y, x] = False
    assert not differ.any()


def seen_from_afar(grid: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(grid.astype(np.float32), (0, 0), 1.2)


def test_256_colors_come_nearer_to_a_photo_than_the_nearest_single_ones() -> None:
    grid = cv2.resize(photo_like(0), (100, 80), interpolation=cv2.INTER_AREA)
    palette = np.array(XTERM[16:], np.float32)
    apart = ((grid[:, :, None].astype(np.float32) - palette) ** 2).sum(axis=-1)
    nearest = palette[apart.argmin(axis=-1)]
    errors = [
        np.abs(seen_from_afar(each) - seen_from_afar(grid)).mean() for each in (as_shown(grid, XTERM_256), nearest)
    ]
    assert errors[0] < 0.9 * errors[1]


@pytest.mark.parametrize(
    ("color", "channel"),
    [((150, 90, 60), 0), ((60, 110, 50), 1), ((60, 80, 140), 2)],
    ids=["fur", "grass", "sky"],
)
def test_16_colors_keep_a_hue_that_no_single_one_has(color: tuple[int, int, int], channel: int) -> None:
    shown = as_shown(np.full((8, 8, 3), color, np.uint8), ANSI_16).reshape(-1, 3).mean(axis=0)
    assert shown.argmax() == channel
    assert shown.max() - shown.min() > 20
