"""Pictures and boxes without colors."""

from __future__ import annotations

import numpy as np
import pytest

from annot_core.geometry import Box
from tui.frame.grid import place
from tui.frame.shades import lined, shade

INK = {" ": 0, "░": 1, "▒": 2, "▓": 3, "█": 4, "▀": 2, "▄": 2}


def text(glyphs: np.ndarray) -> list[str]:
    return ["".join(map(chr, row)) for row in glyphs.tolist()]


def blank(columns: int, rows: int) -> np.ndarray:
    return np.full((rows, columns), ord("."), np.int32)


def test_halves_of_a_cell_are_told_apart() -> None:
    grid = np.zeros((2, 4, 3), np.uint8)
    grid[0, 1], grid[1, 2], grid[:, 3] = 255, 255, 255
    assert text(shade(grid)) == [" ▀▄█"]


def test_dark_on_light_is_the_other_way_round() -> None:
    grid = np.zeros((2, 4, 3), np.uint8)
    grid[0, 1], grid[1, 2], grid[:, 3] = 255, 255, 255
    assert text(shade(grid, light_background=True)) == ["█▄▀ "]


def test_brighter_places_have_more_ink() -> None:
    grid = np.linspace(0, 255, 200).astype(np.uint8)[None, :, None].repeat(3, axis=2).repeat(4, axis=0)
    ink = np.array([[INK[each] for each in row] for row in text(shade(grid))]).reshape(2, 20, 10).mean(axis=(0, 2))
    assert (np.diff(ink) >= 0).all()
    assert (ink[0], ink[-1]) == (0, 4)


def test_shades_of_a_dull_picture_are_spread() -> None:
    grid = np.linspace(90, 160, 200).astype(np.uint8)[None, :, None].repeat(3, axis=2).repeat(4, axis=0)
    assert set("░▒▓") <= set("".join(text(shade(grid))))


def test_plain_picture_has_no_noise_of_its_own() -> None:
    assert len(set("".join(text(shade(np.full((8, 8, 3), 120, np.uint8)))))) == 1


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        (None, ["......", ".┏━━┓.", ".┃..┃.", ".┗━━┛.", "......"]),
        ("left", ["......", ".┏━━┓.", ".║..┃.", ".┗━━┛.", "......"]),
        ("right", ["......", ".┏━━┓.", ".┃..║.", ".┗━━┛.", "......"]),
        ("top", ["......", ".┏══┓.", ".┃..┃.", ".┗━━┛.", "......"]),
        ("bottom", ["......", ".┏━━┓.", ".┃..┃.", ".┗══┛.", "......"]),
    ],
)
def test_box_is_drawn_in_lines_and_the_marked_edge_double(edge, expected: list[str]) -> None:
    assert text(lined(blank(6, 5), place((6, 10), (6, 5)), Box(1, 2, 5, 8), edge=edge)) == expected


def test_edges_outside_the_view_are_not_drawn() -> None:
    placement = place((20, 20), (6, 3), Box(4, 4, 10, 10))
    assert text(lined(blank(6, 3), placement, Box(0, 0, 8, 7))) == ["...┃..", "━━━┛..", "......"]


def test_box_outside_the_view_leaves_no_trace() -> None:
    placement = place((20, 20), (6, 3), Box(4, 4, 10, 10))
    assert text(lined(blank(6, 3), placement, Box(12, 12, 18, 18))) == text(blank(6, 3))


def test_nothing_handed_in_is_changed() -> None:
    grid, glyphs = np.full((6, 6, 3), 9, np.uint8), blank(6, 3)
    grid.setflags(write=False)
    glyphs.setflags(write=False)
    shade(grid)
    lined(glyphs, place((6, 6), (6, 3)), Box(1, 1, 5, 5))
