"""Sticky runs and coarse blocks: what they keep and what they spare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.geometry import Box
from tui.frame.paint import distance
from tui.frame.quantize import coarsen, sticky

grids = st.tuples(st.integers(1, 4), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.uint8, (2 * shape[0], shape[1], 3))
)


def cells(grid: np.ndarray) -> np.ndarray:
    """(2 rows, columns, 3) to (rows, columns, halves, 3)."""
    height, width, _ = grid.shape
    return grid.reshape(height // 2, 2, width, 3).swapaxes(1, 2).astype(int)


def runs(grid: np.ndarray) -> int:
    return int((grid[:, 1:] != grid[:, :-1]).any(axis=-1).sum())


@given(grids)
def test_tau_0_keeps_every_pixel(grid: np.ndarray) -> None:
    np.testing.assert_array_equal(sticky(grid, 0), grid)


@given(grids, st.floats(0.5, 100))
def test_no_color_is_off_by_tau(grid: np.ndarray, tau: float) -> None:
    assert (distance(sticky(grid, tau), grid) < tau).all()


@given(grids, st.floats(0.5, 100))
def test_every_color_is_the_true_one_or_of_the_cell_before_or_the_mean_of_its_own(grid: np.ndarray, tau: float) -> None:
    kept, true = cells(sticky(grid, tau)), cells(grid)
    before = np.concatenate([true[:, :1], kept[:, :-1]], axis=1)
    mean = np.rint(true.mean(axis=2, keepdims=True)).repeat(2, axis=2)
    choices = np.stack([true, before, before[:, :, ::-1], mean])
    assert (kept == choices).all(axis=-1).any(axis=0).all()


def test_rows_do_not_know_each_other() -> None:
    grid = np.random.default_rng(0).integers(0, 256, (6, 20, 3), dtype=np.uint8)
    apart = np.concatenate([sticky(grid[y : y + 2], 60) for y in range(0, 6, 2)])
    np.testing.assert_array_equal(sticky(grid, 60), apart)


@pytest.mark.parametrize(
    ("upper", "lower", "kept_upper", "kept_lower"),
    [
        ([0, 4, 8, 12], [90, 90, 90, 90], [0, 0, 0, 12], [90, 90, 90, 90]),
        ([0, 93, 0], [90, 90, 90], [0, 90, 0], [90, 90, 90]),
        ([0, 93, 5], [90, 4, 90], [0, 90, 0], [90, 0, 90]),
        ([0, 200, 200], [90, 207, 207], [0, 204, 204], [90, 204, 204]),
    ],
    ids=["stays", "takes the other", "swaps", "becomes one"],
)
def test_colors_near_the_running_ones_give_way_to_them(
    upper: list[int], lower: list[int], kept_upper: list[int], kept_lower: list[int]
) -> None:
    grid = np.repeat(np.array([upper, lower], np.uint8)[..., None], 3, axis=2)
    assert sticky(grid, 10)[..., 0].tolist() == [kept_upper, kept_lower]


@pytest.mark.parametrize("tau", [8, 12, 24])
def test_steps_of_a_slow_ramp_are_as_long_as_tau_allows(tau: int) -> None:
    grid = np.repeat(np.arange(0, 250, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(2, axis=0)
    assert runs(sticky(grid, tau)[:1]) == 249 // tau


@pytest.mark.parametrize("width", [6, 7], ids=["even", "odd"])
def test_coarse_blocks_have_their_mean_color(width: int) -> None:
    grid = np.random.default_rng(0).integers(0, 256, (4, width, 3), dtype=np.uint8)
    coarse = coarsen(grid)
    assert coarse.shape == grid.shape
    for y in range(0, 4, 2):
        for x in range(0, width, 2):
            block = (slice(y, y + 2), slice(x, x + 2))
            np.testing.assert_allclose(
                coarse[block], np.broadcast_to(grid[block].mean((0, 1)), grid[block].shape), atol=0.51
            )
            assert len(np.unique(coarse[block].reshape(-1, 3), axis=0)) == 1


@given(grids, st.floats(1, 50))
def test_nothing_handed_in_is_changed(grid: np.ndarray, tau: float) -> None:
    grid.setflags(write=False)
    sticky(grid, tau)
    coarsen(grid)


@pytest.mark.parametrize("reduce", [lambda grid, part: sticky(grid, 250, part), coarsen], ids=["sticky", "coarse"])
def test_what_is_outside_the_part_stays_and_does_not_run_into_it(reduce) -> None:
    grid = np.random.default_rng(0).integers(0, 256, (10, 12, 3), dtype=np.uint8)
    part = Box(3, 2, 9, 8)
    reduced = reduce(grid, part)
    inside = (slice(part.top, part.bottom), slice(part.left, part.right))
    np.testing.assert_array_equal(reduced[inside], reduce(grid[inside], None))
    reduced[inside] = grid[inside]
    np.testing.assert_array_equal(reduced, grid)
