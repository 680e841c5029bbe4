"""Textual's driver for real terminals, without what hurts over a slow or a broken line."""

from __future__ import annotations

import codecs
import contextlib
import functools
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.terminal.answers import Answers, AnswerSplitter, read_answers, read_position
from tui.terminal.output import TerminalOutput
from tui.terminal.probing import LIMIT_S, Inquiry

_KITTY_IMAGE = "\x1b_G"
FORGET_IMAGES = "\x1b_Ga=d,d=A,q=2\x1b\\"
_ESCAPE = "\x1b"
WIPE_SCREEN = "\x1b[m\x1b[H\x1b[2J"
_PARKING_ROW = 2
_HELD_S = 0.1
_TICK_S = 0.1
_LAST_WORDS_S = 2.0
_UNHEARD = 2

LOST = 128 + signal.SIGHUP
"""The exit code of an app whose terminal is gone."""


@dataclass
class TerminalAnswered(Message, bubble=False):
    """The answers that came too late for the first picture."""

    answers: Answers


@dataclass
class FrameDrained(Message, bubble=False):
    """The terminal has taken all that was written before the question with this tag.

    `at_s` is when its answer came, on the monotonic clock.
    """

    tag: int
    at_s: float


class ReviewDriver(LinuxDriver):
    """Keeps a terminal's answers from becoming keys, counts what is written, and outlives the terminal."""

    inquiry: ClassVar[Inquiry] = Inquiry()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        stderr = sys.__stderr__
        assert stderr is not None
        self.output = TerminalOutput(stderr.fileno(), stderr.encoding or "utf-8")
        self._file = self.output  # type: ignore[assignment]
        self._owes_inquiry = self.inquiry.is_owed
        self._late: list[str] = []
        self._asked: dict[int, float] = {}
        self._answers_questions = False
        self._heard = threading.Event()
        self.bytes_written = 0
        self.has_images = False
        self.is_started = False

    # ---- writing

    @property
    def is_writing(self) -> bool:
        """Whether bytes still wait on our side for the terminal to take them."""
        return self.output.is_busy or (self._writer_thread is not None and not self._writer_thread._queue.empty())

    def write(self, data: str) -> None:
        """Queue text for the terminal."""
        self.has_images = self.has_images or _KITTY_IMAGE in data
        self.bytes_written += len(data.encode("utf-8", "replace"))
        super().write(data)

    def ask(self, tag: int) -> None:
        """Queue a question whose answer says that all before it has arrived; `FrameDrained` tells.

        The cursor is put into the second row for it: an answer from the first one could be the key F3.
        """
        self._asked[tag] = time.monotonic()
        self.write(f"\x1b7\x1b[{_PARKING_ROW};{tag}H\x1b[6n\x1b8")

    # ---- reading

    def run_input_thread(self) -> None:
        """Read until the app ends or the terminal is gone."""
        parser, splitter = XTermParser(self._debug), AnswerSplitter()
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        held_s: float | None = None
        try:
            while not self.exit_event.is_set() and not self.output.is_lost:
                ready = select.select([self.fileno], [], [], _HELD_S if splitter.held else _TICK_S)[0]
                now_s = time.monotonic()
                if ready:
                    data = os.read(self.fileno, 4096)
                    if not data:
                        break
                    sequences, typed = splitter.feed(decoder.decode(data))
                    self._hear(sequences, now_s)
                    # Textual itself waits to tell the key from a sequence; not twice, unless an answer may come.
                    if splitter.held == _ESCAPE and self._owed_s() <= 0:
                        typed += splitter.release()
                    held_s = now_s if splitter.held else None
                elif held_s is not None and self._is_over(held_s, now_s):
                    typed, held_s = splitter.release(), None
                else:
                    typed = ""
                self._pass_on(parser.feed(typed) if typed else ())
                self._pass_on(parser.tick())
        except OSError:
            pass
        if not self.exit_event.is_set():
            self.output.is_lost = True
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(functools.partial(self._app.exit, return_code=LOST))

    def disable_input(self) -> None:
        """Stop reading, once the answers that are owed have come: they would end up in the shell."""
        if self._key_thread is not None and not self.exit_event.is_set():
            while not self.output.is_lost and (owed_s := self._owed_s()) > 0:
                self._heard.clear()
                self._heard.wait(min(owed_s, _TICK_S))
        super().disable_input()
        self._key_thread = None

    def _hear(self, sequences: Iterable[str], at_s: float) -> None:
        for sequence in sequences:
            position = read_position(sequence)
            if position is None:
                self._late.append(sequence)
            elif position[1] == _PARKING_ROW:
                self._answers_questions = True
                self._asked.pop(position[0], None)
                self.process_message(FrameDrained(position[0], at_s))
        if self._owes_inquiry and (answers := read_answers(self._late)).complete:
            self._owes_inquiry = False
            self.process_message(TerminalAnswered(answers))
        self._heard.set()

    def _pass_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _is_over(self, held_s: float, now_s: float) -> bool:
        """Whether what is held has been held for so long that it is no beginning of an answer."""
        return now_s - held_s >= _HELD_S

    def _owed_s(self) -> float:
        """Return for how many more seconds an answer may still come."""
        is_answering = self._answers_questions or len(self._asked) <= _UNHEARD
        asked = list(self._asked.values()) if is_answering else []
        if self._owes_inquiry and self.inquiry.asked_s is not None:
            asked.append(self.inquiry.asked_s)
        return max(asked) + LIMIT_S - time.monotonic() if asked else 0.0

    # ---- beginning and ending

    def start_application_mode(self) -> None:
        """Take the terminal over; does nothing where that is done, as when SIGCONT comes without a stop."""
        if self.is_started:
            return
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # In the background it may not be taken over, and Textual tries again later.
        self.is_started = self._key_thread is not None

    def resume_application_mode(self) -> None:
        """Take the terminal over again, and show what was shown, which the terminal has forgotten."""
        super().resume_application_mode()
        self._app.call_later(functools.partial(self._app.refresh, layout=True))

    def stop_application_mode(self) -> None:
        """Put the terminal back, whatever state it is in."""
        self.output.hurry(_LAST_WORDS_S)
        if self.has_images:
            self.write(FORGET_IMAGES)
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
        # Without a second screen, as GNU screen is by default, the last picture would stay behind the shell.
        self.write(f"\x1b[?2026l{WIPE_SCREEN}")
        super().stop_application_mode()
        self.is_started = False

    def close(self) -> None:
        """Write what is left, and no more."""
        super().close()
        self.output.close()

    def process_message(self, message: Message) -> None:
        """Hand a message to the app, unless that has ended already."""
        with contextlib.suppress(RuntimeError):
            super().process_message(message)


def driver_class(inquiry: Inquiry) -> type[ReviewDriver]:
    """Return the driver that swallows the answers that an inquiry is still owed."""

    class Driver(ReviewDriver):
        """The same, for one inquiry."""

    Driver.inquiry = inquiry
    return Driver
