from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal.gate import FIRST_PATIENCE_S, TAGS, Drained, FrameGate


class Line:
    """A clock, timers, and what the gate did to the terminal."""

    def __init__(self, *, asks: bool = True) -> None:
        self.now = 0.0
        self.asks = asks
        self.shown: list[int] = []
        self.asked: list[int] = []
        self.drained: list[Drained] = []
        self.is_writing = False
        self._timers: list[tuple[float, Callable[[], None]]] = []
        self.gate: FrameGate[int] = FrameGate(
            self.shown.append,
            self._ask,
            lambda seconds, call: self._timers.append((self.now + seconds, call)),
            is_writing=lambda: self.is_writing,
            drained=self.drained.append,
            clock=lambda: self.now,
        )

    def _ask(self, tag: int) -> bool:
        self.asked.append(tag)
        return self.asks

    def show(self, frame: int, size_bytes: int = 100) -> None:
        self.gate.offer(frame)
        self.gate.painted(size_bytes)

    def answer(self, tag: int) -> None:
        self.gate.answered(tag, self.now)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((timer for timer in self._timers if timer[0] <= end), key=lambda timer: timer[0]):
            self.now = due[0][0]
            self._timers.remove(due[0])
            due[0][1]()
        self.now = end


def test_frame_is_shown_at_once_on_a_free_line() -> None:
    line = Line()
    line.show(1)
    assert line.shown == [1]
    assert len(line.asked) == 1
    assert not line.gate.is_open


def test_newest_waiting_frame_follows_and_older_ones_are_never_shown() -> None:
    line = Line()
    line.show(1)
    for frame in (2, 3, 4):
        line.gate.offer(frame)
    assert line.shown == [1]
    line.answer(line.asked[0])
    assert line.shown == [1, 4]


def test_withdrawn_frame_is_never_shown() -> None:
    line = Line()
    line.show(1)
    line.gate.offer(2)
    line.gate.withdraw()
    line.answer(line.asked[0])
    assert line.shown == [1]
    line.gate.offer(3)
    assert line.shown == [1, 3]


def test_arrived_frame_is_told_with_its_bytes_and_seconds() -> None:
    line = Line()
    line.show(1, 66_000)
    line.wait(0.5)
    line.answer(line.asked[0])
    assert line.drained == [Drained(66_000, 0.5)]
    assert line.gate.is_open


@pytest.mark.parametrize("tag", [0, 2, 99], ids=["none", "next", "far"])
def test_answer_that_was_not_asked_for_is_passed_over(tag: int) -> None:
    line = Line()
    line.show(1)
    line.answer(tag)
    assert not line.gate.is_open
    assert line.drained == []


def test_answer_counts_once() -> None:
    line = Line()
    line.show(1)
    line.answer(1)
    line.show(2)
    line.answer(1)
    assert not line.gate.is_open


def test_silent_terminal_holds_up_two_frames_and_no_more() -> None:
    line = Line()
    line.show(1)
    line.gate.offer(2)
    line.wait(FIRST_PATIENCE_S)
    assert line.shown == [1, 2]
    line.gate.painted(100)
    line.gate.offer(3)
    line.wait(FIRST_PATIENCE_S)
    line.gate.painted(100)
    assert line.shown == [1, 2, 3]
    assert not line.gate.is_gated
    line.show(4)
    line.show(5)
    assert line.shown == [1, 2, 3, 4, 5]


def test_late_answer_closes_the_gate_again_and_makes_it_patient() -> None:
    line = Line()
    for frame in (1, 2):
        line.show(frame)
        line.wait(FIRST_PATIENCE_S)
    assert not line.gate.is_gated
    line.wait(1.0)
    line.answer(line.asked[-1])
    assert line.gate.is_gated
    assert line.drained == [Drained(100, 3.0)]
    line.show(3)
    line.gate.offer(4)
    line.wait(5.9)
    assert line.shown == [1, 2, 3]
    line.wait(0.2)
    assert line.shown == [1, 2, 3, 4]


def test_terminal_is_not_blamed_while_bytes_wait_on_our_side() -> None:
    line = Line()
    line.is_writing = True
    line.show(1)
    line.gate.offer(2)
    line.wait(10 * FIRST_PATIENCE_S)
    assert line.shown == [1]
    line.is_writing = False
    line.wait(FIRST_PATIENCE_S)
    assert line.shown == [1, 2]


def test_frame_that_was_never_painted_stalls_nothing_and_blames_nobody() -> None:
    line = Line()
    line.gate.offer(1)
    line.gate.offer(2)
    line.wait(FIRST_PATIENCE_S)
    assert line.shown == [1, 2]
    assert line.gate.is_gated


def test_without_a_terminal_every_frame_is_shown() -> None:
    line = Line(asks=False)
    for frame in (1, 2, 3):
        line.show(frame)
    assert line.shown == [1, 2, 3]


EVENTS = st.lists(
    st.one_of(
        st.just(("offer", 0.0)),
        st.just(("paint", 0.0)),
        st.tuples(st.just("answer"), st.integers(0, TAGS + 1).map(float)),
        st.tuples(st.just("wait"), st.floats(0, 10)),
    )
)


@given(EVENTS)
def test_newest_frame_is_always_shown_in_the_end_and_order_is_kept(events: list[tuple[str, float]]) -> None:
    line, offered = Line(), 0
    for event, value in events:
        if event == "offer":
            offered += 1
            line.gate.offer(offered)
        elif event == "paint":
            line.gate.painted(100)
        elif event == "answer":
            line.answer(int(value))
        else:
            line.wait(value)
    line.wait(1000)
    assert line.shown == sorted(set(line.shown))
    assert line.shown[-1:] == ([offered] if offered else [])
