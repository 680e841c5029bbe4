"""Half blocks: what a terminal shows of them, cell by cell, and what they cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from terminal_screen import characters_of, pixels_of, screen_for, send, text_of_rows, text_of_spans

from tui.frame.colors import ColorDepth, as_shown
from tui.frame.halfblocks import Frame, Segment, Span, encode

SEVERAL = np.array([(0, 0, 0), (255, 255, 255), (9, 10, 110), (255, 0, 1)], dtype=np.uint8)

shapes = st.tuples(st.integers(1, 5), st.integers(1, 12))
any_grids = shapes.flatmap(lambda shape: arrays(np.uint8, (2 * shape[0], shape[1], 3)))


def few_colors(shape: tuple[int, int]):
    return arrays(np.uint8, (2 * shape[0], shape[1]), elements=st.integers(0, 3)).map(lambda chosen: SEVERAL[chosen])


# Grids of few colors have the long runs and the swapped halves that random ones never have.
grids = shapes.flatmap(few_colors) | any_grids


def shown(frame: Frame, text: str) -> np.ndarray:
    screen = screen_for(frame)
    send(screen, text)
    return pixels_of(screen)


@given(grids)
def test_terminal_shows_every_pixel_of_a_grid(grid: np.ndarray) -> None:
    frame = encode(grid)
    np.testing.assert_array_equal(shown(frame, text_of_rows(frame)), grid)


@given(grids, st.data())
def test_row_stands_alone(grid: np.ndarray, data: st.DataObject) -> None:
    frame = encode(grid)
    y = data.draw(st.integers(0, frame.rows - 1))
    screen = screen_for(frame)
    send(screen, f"\x1b[{y + 1};1H{frame.row(y)}")
    np.testing.assert_array_equal(pixels_of(screen)[2 * y : 2 * y + 2], grid[2 * y : 2 * y + 2])
    assert screen.cursor.attrs == screen.default_char


@given(grids, st.data())
def test_part_shows_its_cells_and_no_others(grid: np.ndarray, data: st.DataObject) -> None:
    frame = encode(grid)
    y = data.draw(st.integers(0, frame.rows - 1))
    x0 = data.draw(st.integers(0, frame.columns))
    x1 = data.draw(st.integers(x0, frame.columns))
    screen = screen_for(frame)
    send(screen, text_of_spans(frame, (Span(y, x0, x1),)))
    expected = np.full(grid.shape, -1)
    expected[2 * y : 2 * y + 2, x0:x1] = grid[2 * y : 2 * y + 2, x0:x1]
    np.testing.assert_array_equal(pixels_of(screen), expected)
    assert screen.cursor.attrs == screen.default_char


@given(shapes.flatmap(lambda shape: st.tuples(few_colors(shape), few_colors(shape))))
def test_changes_turn_one_picture_into_the_other(pair: tuple[np.ndarray, np.ndarray]) -> None:
    before, after = encode(pair[0]), encode(pair[1])
    spans = after.changes_from(before)
    assert spans == tuple(sorted(spans))
    np.testing.assert_array_equal(shown(after, text_of_rows(before) + text_of_spans(after, spans)), pair[1])


@given(grids)
def test_same_picture_has_no_changes(grid: np.ndarray) -> None:
    assert encode(grid).changes_from(encode(grid.copy())) == ()


@pytest.mark.parametrize(
    "other",
    [None, encode(np.zeros((4, 5, 3), np.uint8)), encode(np.zeros((4, 6, 3), np.uint8), ColorDepth.PALETTE_256)],
    ids=["nothing", "another size", "other colors"],
)
def test_all_rows_change_from_what_cannot_be_compared(other: Frame | None) -> None:
    frame = encode(np.zeros((4, 6, 3), np.uint8))
    assert frame.changes_from(other) == (Span(0, 0, 6), Span(1, 0, 6))


def test_changes_with_a_cheap_gap_between_are_joined() -> None:
    before = np.zeros((2, 40, 3), np.uint8)
    after = before.copy()
    after[:, [3, 6, 39]] = 200
    assert encode(after).changes_from(encode(before)) == (Span(0, 3, 7), Span(0, 39, 40))


@pytest.mark.parametrize(
    ("upper", "lower", "text"),
    [
        ([1, 1, 1], [1, 1, 1], "\x1b[48;2;1;1;1m   \x1b[m"),
        ([1, 1], [2, 2], "\x1b[38;2;1;1;1;48;2;2;2;2m▀▀\x1b[m"),
        ([1, 2], [2, 1], "\x1b[38;2;1;1;1;48;2;2;2;2m▀▄\x1b[m"),
        ([1, 3], [2, 2], "\x1b[38;2;1;1;1;48;2;2;2;2m▀\x1b[38;2;3;3;3m▀\x1b[m"),
        ([1, 3], [2, 1], "\x1b[38;2;1;1;1;48;2;2;2;2m▀\x1b[48;2;3;3;3m▄\x1b[m"),
        ([1, 1], [2, 1], "\x1b[38;2;1;1;1;48;2;2;2;2m▀█\x1b[m"),
        ([1, 2], [2, 2], "\x1b[38;2;1;1;1;48;2;2;2;2m▀ \x1b[m"),
    ],
    ids=["plain", "two", "swapped", "new upper", "new upper, kept one below", "filled by ink", "filled by paper"],
)
def test_text_says_only_what_changes(upper: list[int], lower: list[int], text: str) -> None:
    grid = np.repeat(np.array([upper, lower], np.uint8)[..., None], 3, axis=2)
    assert encode(grid).row(0) == text


def test_size_counts_the_bytes_of_all_rows() -> None:
    grid = np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    frame = encode(grid)
    assert frame.size_bytes == len("".join(map(frame.row, range(3))).encode())


def test_row_is_made_once() -> None:
    frame = encode(np.zeros((2, 3, 3), np.uint8))
    assert frame.row(0) is frame.row(0)


@given(grids)
def test_256_colors_arrive_as_they_were_chosen(grid: np.ndarray) -> None:
    frame = encode(grid, ColorDepth.PALETTE_256)
    np.testing.assert_array_equal(shown(frame, text_of_rows(frame)), as_shown(grid, ColorDepth.PALETTE_256))


def test_segments_are_the_runs_of_a_row() -> None:
    grid = np.repeat(np.array([[1, 1, 7], [2, 2, 7]], np.uint8)[..., None], 3, axis=2)
    assert encode(grid).segments(0) == (
        Segment("▀▀", (1, 1, 1), (2, 2, 2)),
        Segment(" ", None, (7, 7, 7)),
    )


@given(grids, st.sampled_from([ColorDepth.PALETTE_256, ColorDepth.ANSI_16, ColorDepth.NONE]))
def test_segments_are_what_the_text_shows(grid: np.ndarray, depth: ColorDepth) -> None:
    frame = encode(grid, depth)
    for y in range(frame.rows):
        segments = frame.segments(y)
        assert sum(len(segment.text) for segment in segments) == frame.columns
        if depth is ColorDepth.NONE:
            assert segments == (Segment(frame.row(y), None, None),)


def test_without_colors_nothing_is_sent_but_characters() -> None:
    grid = np.zeros((4, 3, 3), np.uint8)
    grid[:2, 1], grid[2, :] = 255, 255
    frame = encode(grid, ColorDepth.NONE)
    screen = screen_for(frame)
    send(screen, text_of_rows(frame))
    assert characters_of(screen) == [" █ ", "▀▀▀"]
    assert [frame.row(0), frame.row(1)] == [" █ ", "▀▀▀"]


def test_odd_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="two lines a row of cells, got 3 lines"):
        encode(np.zeros((3, 4, 3), np.uint8))
