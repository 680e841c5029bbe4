"""The choice of quality, on simulated lines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_like import SIZE, photo_like

from tui.frame.grid import place
from tui.frame.halfblocks import encode
from tui.frame.paint import shrink
from tui.frame.quality import FIRST_LEVEL, LEVELS, TARGET_S, Level, Line, QualityControl, pinned_to

MEGABIT = 125_000.0
"""Bytes a second of a line of 1 Mbit/s."""

# What levels really take may be other than what is expected of them, but never less for a finer one.
shares = st.lists(st.floats(0.3, 1), min_size=len(LEVELS) - 1, max_size=len(LEVELS) - 1).map(
    lambda steps: np.cumprod([1.0, *steps])
)
levels_shares = np.array([level.share for level in LEVELS])


def run(
    control: QualityControl,
    frames: int,
    lossless: float,
    rate: float,
    delay_s: float,
    sizes: np.ndarray = levels_shares,
) -> Iterator[QualityControl]:
    for _ in range(frames):
        size = round(lossless * sizes[control.index])
        control = control.after(size, delay_s + size / rate)
        yield control


@given(st.floats(20_000, 400_000), st.floats(0, 0.25), shares, st.integers(0, len(LEVELS) - 1))
def test_line_of_a_megabit_settles_on_frames_within_the_target_and_stays(
    lossless: float, delay_s: float, sizes: np.ndarray, first: int
) -> None:
    settled = list(run(QualityControl(first, wish=first), 60, lossless, MEGABIT, delay_s, sizes))[-1]
    takes_s = delay_s + round(lossless * sizes[settled.index]) / MEGABIT
    assert takes_s <= TARGET_S + 1e-9 or settled.index == len(LEVELS) - 1
    assert {control.index for control in run(settled, 200, lossless, MEGABIT, delay_s, sizes)} == {settled.index}


@given(st.floats(20_000, 400_000), st.floats(2_000, 1e8), st.floats(0, 0.3), shares)
def test_steady_line_never_sees_a_level_again_that_was_too_slow(
    lossless: float, rate: float, delay_s: float, sizes: np.ndarray
) -> None:
    indices = [FIRST_LEVEL, *(control.index for control in run(QualityControl(), 100, lossless, rate, delay_s, sizes))]
    turns = [(a, b) for a, b in itertools.pairwise(indices) if a != b]
    left_for_coarser = [a for a, b in turns if b > a]
    assert len(left_for_coarser) == len(set(left_for_coarser))
    assert len(turns) <= len(LEVELS)


def test_photo_of_average_size_is_fine_at_a_megabit() -> None:
    *_, settled = run(QualityControl(), 30, 112_000, MEGABIT, 0.05)
    assert settled.level.tau <= 12
    assert not settled.level.coarse


def test_one_slow_frame_changes_nothing_and_two_do() -> None:
    once = QualityControl().after(36_000, 2.0)
    assert once.index == FIRST_LEVEL
    assert once.after(36_000, 2.0).index > FIRST_LEVEL


def test_frames_that_disagree_change_nothing() -> None:
    control = QualityControl()
    for _ in range(20):
        control = control.after(36_000, 0.36)
        assert control.index == FIRST_LEVEL


@pytest.mark.parametrize(("rate", "index"), [(1e8, 0), (3_000, len(LEVELS) - 1)], ids=["fast", "slow"])
def test_very_fast_and_very_slow_lines_get_the_ends(rate: float, index: int) -> None:
    *_, settled = run(QualityControl(), 30, 112_000, rate, 0.01)
    assert settled.index == index


def test_line_that_becomes_faster_gets_finer_frames_again() -> None:
    *_, slow = run(QualityControl(), 30, 112_000, MEGABIT / 10, 0.05)
    *_, fast = run(slow, 30, 112_000, MEGABIT * 20, 0.05)
    assert slow.level.coarse
    assert fast.level.tau <= 8


@pytest.mark.parametrize("seed", range(5))
def test_photos_of_different_sizes_do_not_make_it_waver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    control, indices = QualityControl(), []
    for _ in range(300):
        size = round(112_000 * control.level.share * rng.uniform(0.6, 1.4))
        control = control.after(size, 0.05 + size / MEGABIT * rng.uniform(0.9, 1.1))
        indices.append(control.index)
    assert np.count_nonzero(np.diff(indices[30:])) <= 4


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_pinned_quality_stays(level: Level) -> None:
    control = pinned_to(level.name)
    for frame in run(control, 20, 112_000, 3_000, 0.2):
        assert frame.level == level
    for frame in run(control, 20, 112_000, 1e8, 0.0):
        assert frame.level == level


def test_unknown_quality_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"quality of lossless, finest, .* got 'superb'"):
        pinned_to("superb")


def test_parts_of_frames_tell_of_the_line_alone() -> None:
    control = QualityControl().after(36_000, 0.3)
    known = control
    for _ in range(10):
        known = known.after_part(2_000, 3.0)
    assert known == replace(control, line=known.line)
    assert known.line != control.line


def test_frame_made_ahead_at_another_level_counts_as_one_of_that_level() -> None:
    control = QualityControl().after(112_000, 0.5, index=0)
    assert control.sizes.expected == pytest.approx([112_000 * level.share for level in LEVELS])


def test_rate_is_not_known_before_the_first_frame() -> None:
    assert QualityControl().line.rate is None


@given(st.floats(1_000, 1e7), st.floats(0, 1), st.lists(st.integers(1_000, 200_000), min_size=2, max_size=30))
def test_line_of_constant_rate_and_delay_is_known_from_frames_of_different_sizes(
    rate: float, delay_s: float, sizes: list[int]
) -> None:
    line = Line()
    for size in [10_000, 90_000, *sizes, 10_000, 90_000]:
        line = line.after(size, delay_s + size / rate)
    assert line.rate == pytest.approx(rate, rel=1e-3)
    assert line.delay_s == pytest.approx(delay_s, abs=1e-3)


@pytest.mark.parametrize(
    ("size", "seconds"), [(0, 0.1), (1000, 0.0), (1000, -1.0)], ids=["no bytes", "no time", "back"]
)
def test_what_tells_nothing_is_not_heard(size: int, seconds: float) -> None:
    assert QualityControl().after(size, seconds) == QualityControl()


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_share_of_a_level_is_about_what_it_takes(level: Level) -> None:
    grids = [shrink(photo_like(seed), place(SIZE, (100, 40))) for seed in range(2)]
    lossless = sum(encode(grid).size_bytes for grid in grids)
    taken = sum(encode(level.reduce(grid)).size_bytes for grid in grids)
    assert taken / lossless == pytest.approx(level.share, rel=0.35)


def test_coarser_levels_take_less() -> None:
    grid = shrink(photo_like(0), place(SIZE, (100, 40)))
    sizes = [encode(level.reduce(grid)).size_bytes for level in LEVELS]
    assert sizes == sorted(sizes, reverse=True)
