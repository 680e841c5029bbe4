"""Sticky runs and coarse blocks: what they keep and what they spare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui.frame.paint import distance
from tui.frame.quantize import coarsen, sticky

grids = st.tuples(st.integers(1, 4), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.uint8, (2 * shape[0], shape[1], 3))
)


def runs(grid: np.ndarray) -> int:
    return int((grid[:, 1:] != grid[:, :-1]).any(axis=-1).sum())


@given(grids)
def test_tau_0_keeps_every_pixel(grid: np.ndarray) -> None:
    np.testing.assert_array_equal(sticky(grid, 0), grid)


@given(grids, st.floats(0.5, 100))
def test_no_color_is_off_by_tau(grid: np.ndarray, tau: float) -> None:
    assert (distance(sticky(grid, tau), grid) < tau).all()


@given(grids, st.floats(0.5, 100))
def test_every_color_is_the_true_one_or_the_one_before(grid: np.ndarray, tau: float) -> None:
    kept = sticky(grid, tau)
    same_as_before = (kept[:, 1:] == kept[:, :-1]).all(axis=-1)
    true = (kept[:, 1:] == grid[:, 1:]).all(axis=-1)
    assert (same_as_before | true).all()
    np.testing.assert_array_equal(kept[:, 0], grid[:, 0])
    assert runs(kept) <= runs(grid)


@given(grids, st.floats(0, 100))
def test_sticking_again_changes_nothing(grid: np.ndarray, tau: float) -> None:
    once = sticky(grid, tau)
    np.testing.assert_array_equal(sticky(once, tau), once)


def test_lines_do_not_know_each_other() -> None:
    grid = np.random.default_rng(0).integers(0, 256, (6, 20, 3), dtype=np.uint8)
    apart = np.concatenate([sticky(grid[y : y + 1], 60) for y in range(6)])
    np.testing.assert_array_equal(sticky(grid, 60), apart)


def test_a_slow_ramp_is_followed_in_steps() -> None:
    grid = np.repeat(np.arange(0, 60, 2, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert sticky(grid, 10)[0, :, 0].tolist() == [step for step in (0, 10, 20, 30, 40, 50) for _ in range(5)]


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
