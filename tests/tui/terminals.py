"""A terminal to run programs in: it shows, answers and types, and remembers all that it was sent."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

ROOT = Path(__file__).parents[2]
_INCOMPLETE = re.compile(r"\x1b(?:\[[0-9;?<>=$]*|[P_][^\x1b]*\x1b?)?\Z")
# What pyte would show as text.
_UNKNOWN = re.compile(r"\x1b[P_][^\x1b]*\x1b\\|\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[\?[\d;]*\$p|\x1b\[16t")
_MODE = re.compile(r"\x1b\[\?([\d;]+)([hl])")

Answer = Callable[["FakeTerminal"], str]


class _Screen(pyte.Screen):
    """A screen that answers questions about the cursor and about itself, if it is to."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, rows)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class FakeTerminal:
    """Runs a program in a terminal of its own, that is its controlling one.

    Args:
        command: the program.
        size: columns and rows.
        answers: texts by the question that they answer, beside those that are always answered.
        answers_position: whether `CSI 6n` is answered.
    """

    def __init__(
        self,
        command: list[str],
        *,
        size: tuple[int, int] = (80, 24),
        answers: Mapping[str, str] | None = None,
        answers_position: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = _Screen(*size, self._answer_from_screen)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._rest = ""
        self._answers = dict(answers or {})
        self.answers_position = answers_position
        self.sent = ""
        self.is_open = True
        self.ours, theirs = os.openpty()
        self._set_size(size)
        self.attributes = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment_of(environment or {}),
            start_new_session=True,
            preexec_fn=_log_in,
        )
        self._theirs = theirs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.hang_up()
        self.process.wait()

    def pump(self, seconds: float = 0.05) -> None:
        """Take what the program sends within some time, show it, and answer."""
        if not self.is_open:
            time.sleep(seconds)
            return
        if not select.select([self.ours], [], [], seconds)[0]:
            return
        data = os.read(self.ours, 65536)
        text = self._rest + self._decoder.decode(data)
        incomplete = _INCOMPLETE.search(text)
        self._rest = incomplete[0] if incomplete else ""
        text = text[: len(text) - len(self._rest)]
        self.sent += text
        for question, answer in self._answers.items():
            for _ in range(text.count(question)):
                self.type(answer)
        self._stream.feed(_UNKNOWN.sub("", text))

    def wait(self, condition: Callable[[], object], timeout_s: float = 30.0) -> None:
        """Take what the program sends until a condition holds."""
        end = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end or (self.process.poll() is not None and not self._is_readable()):
                raise AssertionError("\n".join(["expected something else to be shown:", *self.screen.display]))
            self.pump()

    def _is_readable(self) -> bool:
        return self.is_open and bool(select.select([self.ours], [], [], 0)[0])

    def wait_for(self, text: str) -> None:
        """Wait until a text is on the screen."""
        self.wait(lambda: text in "\n".join(self.screen.display))

    def settle(self, quiet_s: float = 0.4) -> None:
        """Wait until nothing has come for a while."""
        end = time.monotonic() + quiet_s
        while time.monotonic() < end:
            before = len(self.sent)
            self.pump()
            if len(self.sent) != before:
                end = time.monotonic() + quiet_s

    def end(self, timeout_s: float = 30.0) -> int:
        """Wait until the program has ended; return its exit code."""
        self.wait(lambda: self.process.poll() is not None, timeout_s)
        self.settle(0.1)
        return self.process.returncode

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self.ours, keys.encode())

    def typed_and_not_read(self) -> str:
        """Return what a shell would find typed, once the program has ended."""
        before, attributes = (termios.tcgetattr(self._theirs) for _ in range(2))
        attributes[3] &= ~termios.ICANON
        termios.tcsetattr(self._theirs, termios.TCSANOW, attributes)
        try:
            return os.read(self._theirs, 4096).decode() if select.select([self._theirs], [], [], 0.1)[0] else ""
        finally:
            termios.tcsetattr(self._theirs, termios.TCSANOW, before)

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size, and tell the program."""
        self._set_size(size)
        self.screen.resize(lines=size[1], columns=size[0])
        os.kill(self.process.pid, signal.SIGWINCH)

    def attributes_now(self) -> list[Any]:
        """Return the terminal's modes."""
        return termios.tcgetattr(self._theirs)

    def hang_up(self) -> None:
        """Close the terminal, as a line does that breaks."""
        if self.is_open:
            self.is_open = False
            os.close(self._theirs)
            os.close(self.ours)

    def modes(self) -> dict[str, bool]:
        """Return which private modes are on, of those that were switched at all."""
        return {mode: on == "h" for modes, on in _MODE.findall(self.sent) for mode in modes.split(";")}

    def cells(self, left: int, top: int, width: int, height: int) -> list[list[tuple[str, str, str]]]:
        """Return a part of the screen as (character, color, background)."""
        buffer = self.screen.buffer
        return [
            [(buffer[y][x].data, buffer[y][x].fg, buffer[y][x].bg) for x in range(left, left + width)]
            for y in range(top, top + height)
        ]

    def _answer_from_screen(self, data: str) -> None:
        if self.answers_position and data.endswith("R"):
            self.type(data)

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))


def _log_in() -> None:
    """Begin a session of its own in this process, which has just been made, as who opens a terminal does."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Whoever started the tests may ignore these, as `nohup` and a script's background jobs do.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def environment_of(changes: Mapping[str, str]) -> dict[str, str]:
    left_out = ("COLORTERM", "NO_COLOR", "TMUX", "STY", "COLUMNS", "LINES", "TERM_PROGRAM")
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "tui"), str(ROOT / "tests")])
    return {**inherited, "TERM": "xterm-256color", "PYTHONPATH": paths, **changes}


def program(name: str, *arguments: str) -> list[str]:
    """Return the command that runs one of the programs of `terminal_programs.py`."""
    return [sys.executable, str(Path(__file__).with_name("terminal_programs.py")), name, *arguments]


@contextlib.contextmanager
def open_pty() -> Any:
    """Give both ends of a terminal."""
    ours, theirs = os.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        os.close(theirs)
