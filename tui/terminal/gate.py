"""Letting one picture at a time through to a slow line, and measuring the line by it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Frame = TypeVar("Frame")

TAGS: Final = 16
"""Questions are told apart by numbers from 1 to this."""

FIRST_PATIENCE_S: Final = 2.0
_MOST_PATIENCE_S = 20.0
_MISSES = 2


@dataclass(frozen=True, slots=True)
class Drained:
    """A frame that has arrived: how many bytes it took, and how many seconds with the answer's way back."""

    size_bytes: int
    seconds: float


@dataclass(slots=True, eq=False)
class _Flight:
    began_s: float
    size_bytes: int = 0
    tag: int | None = None


class FrameGate(Generic[Frame]):
    """At most one frame is on its way to the terminal, and of those that wait only the newest is kept.

    A frame is on its way until the terminal has answered the question that was put behind it. One that
    does not answer holds nothing up for long: after two time-outs in a row every frame goes at once, until
    an answer does come.

    Args:
        show: paints a frame. Whoever does calls `painted` once all of its bytes are in the output queue.
        ask: puts the question with a tag behind them. Returns False if there is nobody to ask.
        later: calls a function after so many seconds, as `Widget.set_timer` does.
        is_writing: whether bytes still wait on our side; as long, the terminal is not to blame.
        drained: hears of each frame that has arrived.
        clock: gives seconds.
    """

    def __init__(
        self,
        show: Callable[[Frame], None],
        ask: Callable[[int], bool],
        later: Callable[[float, Callable[[], None]], object],
        *,
        is_writing: Callable[[], bool] = lambda: False,
        drained: Callable[[Drained], None] = lambda drained: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._ask = ask
        self._later = later
        self._is_writing = is_writing
        self._drained = drained
        self._clock = clock
        self._waiting: list[Frame] = []
        self._current: _Flight | None = None
        self._asked: dict[int, _Flight] = {}
        self._last_tag = 0
        self._misses = 0
        self._patience_s = FIRST_PATIENCE_S

    @property
    def is_open(self) -> bool:
        """Whether a frame that is offered now would be shown at once."""
        return self._current is None or self._misses >= _MISSES

    @property
    def is_gated(self) -> bool:
        """Whether the terminal answers, as far as is known."""
        return self._misses < _MISSES

    def offer(self, frame: Frame) -> None:
        """Show a frame as soon as the line is free, unless a newer one is offered before."""
        self._waiting = [frame]
        if self.is_open:
            self._next()

    def withdraw(self) -> None:
        """Forget the frame that waits, if one does: what it shows is no longer wanted."""
        self._waiting = []

    def painted(self, size_bytes: int) -> None:
        """Note that all bytes of the frame that was shown last are in the output queue, `size_bytes` of them."""
        flight = self._current
        if flight is None or flight.tag is not None:
            return
        tag = self._last_tag % TAGS + 1
        if not self._ask(tag):
            self._current = None
            self._next()
            return
        flight.tag, flight.size_bytes = tag, size_bytes
        self._last_tag = tag
        self._asked[tag] = flight

    def answered(self, tag: int, at_s: float) -> None:
        """Note that the terminal answered the question with `tag`; one that was not asked is passed over."""
        flight = self._asked.pop(tag, None)
        if flight is None:
            return
        seconds = max(0.0, at_s - flight.began_s)
        self._misses = 0
        self._patience_s = min(max(self._patience_s, 2 * seconds), _MOST_PATIENCE_S)
        self._drained(Drained(flight.size_bytes, seconds))
        if flight is self._current:
            self._current = None
            self._next()

    def _next(self) -> None:
        if self._waiting:
            self._current = flight = _Flight(self._clock())
            self._later(self._patience_s, lambda: self._expire(flight))
            self._show(self._waiting.pop())

    def _expire(self, flight: _Flight) -> None:
        if flight is not self._current:
            return
        if self._is_writing():
            self._later(self._patience_s, lambda: self._expire(flight))
            return
        # A frame that was never painted, as its screen lies under another one, tells nothing of the terminal.
        self._misses += flight.tag is not None
        self._current = None
        self._next()
