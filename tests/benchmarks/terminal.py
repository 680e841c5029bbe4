"""A terminal that only reads and answers, so that what is timed is the program and not the terminal."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

REVIEW = [sys.executable, "-m", "tests.benchmarks.programs", "review"]
"""Begins the command that reviews a session that is there: DATASET OUTPUT."""

_HALF_BLOCKS = ("▀".encode(), "▄".encode())
_POSITION = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n")


class TimedTerminal:
    """Runs a program in a terminal of its own, and notes when it is sent something.

    Args:
        command: the program.
        size: columns and rows.
    """

    def __init__(self, command: Sequence[str], size: tuple[int, int]) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        left_out = ("COLORTERM", "NO_COLOR", "TMUX", "STY", "COLUMNS", "LINES", "TERM_PROGRAM")
        inherited = {name: value for name, value in os.environ.items() if name not in left_out}
        self.began_s = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.sent = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self._ours, keys.encode())

    def read(self, timeout_s: float) -> bytes:
        """Return what comes within some time, answering where the cursor is; nothing if the program is gone."""
        if not select.select([self._ours], [], [], max(0.0, timeout_s))[0]:
            return b""
        try:
            data = os.read(self._ours, 1 << 20)
        except OSError:
            return b""
        for row, column in _POSITION.findall(data):
            os.write(self._ours, b"\x1b[%s;%sR" % (row, column))
        self.sent += data
        return data

    def read_until(self, condition: Callable[[bytes], bool], timeout_s: float = 120.0) -> float:
        """Read until all that was sent fulfills a condition; return when, on the monotonic clock."""
        end_s = time.monotonic() + timeout_s
        while not condition(self.sent):
            if time.monotonic() > end_s:
                raise TimeoutError(f"expected something else from {self.process.args!r}: {self.sent[-2000:]!r}")
            self.read(0.1)
        return time.monotonic()

    def settle(self, quiet_s: float) -> None:
        """Read until nothing has come for a while."""
        end_s = time.monotonic() + quiet_s
        while (left_s := end_s - time.monotonic()) > 0:
            if self.read(left_s):
                end_s = time.monotonic() + quiet_s

    def press(self, key: str, quiet_s: float = 0.25) -> Press:
        """Press a key and time the picture that comes, which is over when nothing has come for a while."""
        self.sent = b""
        pressed_s = time.monotonic()
        self.type(key)
        first_s = last_s = None
        end_s = pressed_s + 10.0
        while (left_s := end_s - time.monotonic()) > 0:
            data = self.read(left_s)
            now_s = time.monotonic()
            if _is_picture(data):
                first_s = now_s if first_s is None else first_s
                last_s, end_s = now_s, now_s + quiet_s
        if first_s is None or last_s is None:
            raise TimeoutError(f"expected a picture after {key!r}, found {len(self.sent)} bytes")
        return Press(first_s - pressed_s, last_s - pressed_s, len(self.sent))


@dataclass(frozen=True, slots=True)
class Press:
    """What one key came to: seconds to the first and to the last bytes of the picture, and how many bytes in all."""

    first_s: float
    last_s: float
    size_bytes: int


def shows_picture(sent: bytes) -> bool:
    """Tell whether a whole picture is in what was sent, and no mere line or box."""
    return _half_blocks(sent) > 500


def _is_picture(data: bytes) -> bool:
    return _half_blocks(data) > 20


def _half_blocks(data: bytes) -> int:
    return data.count(_HALF_BLOCKS[0]) + data.count(_HALF_BLOCKS[1])
