"""Where originals, boxes and cut-outs come to lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.augment.carry import carried
from annot_core.augment.layout import LARGEST_PASTED, TRIES, Frames, Layout, draw_layout
from annot_core.augment.settings import Effect
from annot_core.geometry import Box

SIZE = (64, 48)
SEEDS = st.integers(0, 10**6)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, SIZE[0] - 1)), draw(st.integers(0, SIZE[1] - 1))
    return Box(left, top, draw(st.integers(left + 1, SIZE[0])), draw(st.integers(top + 1, SIZE[1])))


def lay_out(frames: Frames, seed: int, least: float = 0.6, effects: frozenset[Effect] = frozenset(Effect)) -> Layout:
    return draw_layout(frames, effects, least, np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1]))


@given(boxes(), SEEDS, st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0]), st.booleans())
def test_enough_of_every_box_is_in_sight(box: Box, seed: int, least: float, is_pasted: bool) -> None:
    layout = lay_out(Frames(SIZE, box, (50, 40), is_pasted), seed, least)
    assert layout.box is not None
    assert layout.box.fits(50, 40)
    found = carried(box, layout.matrix, layout.size)
    if found is not None:
        assert found.box == layout.box
        assert found.visible >= least - 1e-9
        if layout.cutout is not None:
            hidden = layout.box.intersection(layout.cutout).area / layout.box.area
            assert found.visible * (1 - hidden) >= least - 1e-9


@given(boxes(), SEEDS)
def test_an_object_on_another_ground_is_in_sight_as_a_whole(box: Box, seed: int) -> None:
    layout = lay_out(Frames(SIZE, box, (90, 30), is_pasted=True), seed)
    found = carried(box, layout.matrix, layout.size)
    if found is not None:
        assert found.visible == pytest.approx(1)
        assert found.box.width <= LARGEST_PASTED * 90 + 2
        assert found.box.height <= LARGEST_PASTED * 30 + 2


def test_objects_come_to_lie_anywhere_on_another_ground() -> None:
    found = [lay_out(Frames(SIZE, Box(20, 20, 30, 30), SIZE, is_pasted=True), seed).box for seed in range(80)]
    lefts = [box.left / (SIZE[0] - box.width) for box in found if box is not None]
    assert min(lefts) < 0.1
    assert max(lefts) > 0.9


def test_what_no_geometry_leaves_in_sight_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def away(frames: Frames, effects: object, rng: object) -> np.ndarray:
        drawn.append(1)
        return np.array([[1, 0, 1000], [0, 1, 0], [0, 0, 1]], float)

    monkeypatch.setattr("annot_core.augment.layout._draw_matrix", away)
    layout = lay_out(Frames(SIZE, Box(10, 20, 30, 40), (32, 24)), 0)
    assert layout.box == Box(5, 10, 15, 20) or layout.box == Box(4, 9, 15, 20)
    assert layout.cutout is None
    assert len(drawn) == TRIES


def test_a_box_that_has_become_smaller_than_a_pixel_keeps_one() -> None:
    layout = lay_out(Frames((400, 300), Box(200, 150, 201, 151), (4, 3)), 0, effects=frozenset())
    assert layout.box == Box(2, 1, 3, 2)


def test_a_picture_without_a_box_gets_any_geometry() -> None:
    layouts = [lay_out(Frames(SIZE, None, SIZE), seed) for seed in range(20)]
    assert all(layout.box is None for layout in layouts)
    assert not all(np.allclose(layout.matrix, np.eye(3)) for layout in layouts)
