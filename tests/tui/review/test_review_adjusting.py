"""Mending a box: always inside the image, and back again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.geometry import Box
from tui.review.adjusting import STEPS_PX, Adjuster, Edge

SIZE = (100, 80)
BOX = Box(20, 30, 60, 50)
START = Adjuster.start(BOX, SIZE)


def on(edge: Edge) -> Adjuster:
    adjuster = START
    while adjuster.edge is not edge:
        adjuster = adjuster.next_edge()
    return adjuster


@pytest.mark.parametrize(
    ("adjuster", "box"),
    [
        (START.moved(1, -1), (25, 25, 65, 45)),
        (START.moved(-9, 0), (0, 30, 40, 50)),
        (START.moved(100, 100), (60, 60, 100, 80)),
        (START.resized(1, 0), (20, 30, 65, 50)),
        (START.resized(0, -1), (20, 30, 60, 45)),
        (START.resized(-100, 100), (20, 30, 21, 80)),
        (on(Edge.LEFT).moved(-1, 5), (15, 30, 60, 50)),
        (on(Edge.LEFT).resized(100, 0), (59, 30, 60, 50)),
        (on(Edge.TOP).moved(5, -1), (20, 25, 60, 50)),
        (on(Edge.RIGHT).resized(1, 9), (20, 30, 65, 50)),
        (on(Edge.BOTTOM).moved(0, -9), (20, 30, 60, 31)),
        (START.finer().moved(1, 0), (21, 30, 61, 50)),
        (START.coarser().coarser().moved(1, 0), (40, 30, 80, 50)),
        (START.moved(1, 1).resized(1, 1).reset(), BOX),
    ],
)
def test_what_an_action_makes_of_the_box(adjuster: Adjuster, box: Box) -> None:
    assert adjuster.box == Box(*box)


def test_edges_come_in_turn_in_both_directions() -> None:
    forward, back = [START], [START]
    for _ in range(5):
        forward.append(forward[-1].next_edge())
        back.append(back[-1].previous_edge())
    assert [one.edge for one in forward] == [None, Edge.LEFT, Edge.TOP, Edge.RIGHT, Edge.BOTTOM, None]
    assert back == forward[::-1]


def test_steps_end_at_the_finest_and_the_coarsest() -> None:
    assert [START.finer().finer().step_px, START.step_px, START.coarser().coarser().step_px] == list(STEPS_PX)


@pytest.mark.parametrize(
    ("size", "box"),
    [((100, 80), (10, 8, 90, 72)), ((1, 1), (0, 0, 1, 1)), ((3, 200), (0, 20, 3, 180))],
    ids=["usual", "one pixel", "narrow"],
)
def test_without_a_box_one_begins_in_the_middle(size: tuple[int, int], box: tuple[int, ...]) -> None:
    assert Adjuster.start(None, size).box == Box(*box)


def test_a_box_beyond_the_image_is_brought_inside() -> None:
    assert Adjuster.start(Box(-5, 70, 300, 90), SIZE).box == Box(0, 70, 100, 80)


def test_a_change_is_told_until_it_is_taken_back() -> None:
    assert [one.is_changed for one in (START, START.moved(1, 0), START.moved(1, 0).moved(-1, 0))] == [
        False,
        True,
        False,
    ]


def _do(name: str, *arguments: int) -> Callable[[Adjuster], Adjuster]:
    return lambda adjuster: getattr(adjuster, name)(*arguments)


steps = st.integers(-30, 30)
actions = st.one_of(
    st.builds(_do, st.sampled_from(["moved", "resized"]), steps, steps),
    st.sampled_from([_do(name) for name in ("next_edge", "previous_edge", "coarser", "finer", "reset")]),
)
sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))
boxes = st.none() | st.builds(Box, *[st.integers(-50, 350)] * 4)


@given(sizes, boxes, st.lists(actions, max_size=30))
def test_the_box_stays_inside_whatever_is_done(
    size: tuple[int, int], box: Box | None, done: list[Callable[[Adjuster], Adjuster]]
) -> None:
    adjuster = Adjuster.start(box, size)
    for action in done:
        before = adjuster.box
        changed = action(adjuster)
        assert adjuster.box == before
        adjuster = changed
        assert adjuster.box.fits(*size)
    assert adjuster.reset().box == Adjuster.start(box, size).box


@given(st.sampled_from(["moved", "resized"]), st.integers(-2, 2), st.integers(-2, 2), st.sampled_from([None, *Edge]))
def test_there_and_back_again_is_where_one_was(name: str, dx: int, dy: int, edge: Edge | None) -> None:
    adjuster = Adjuster(Box(100, 100, 200, 180), (300, 300), BOX, edge)
    there = getattr(adjuster, name)(dx, dy)
    assert getattr(there, name)(-dx, -dy) == adjuster


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_moving_keeps_the_size(dx: int, dy: int) -> None:
    box = START.moved(dx, dy).box
    assert (box.width, box.height) == (BOX.width, BOX.height)
