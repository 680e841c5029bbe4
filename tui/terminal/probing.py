"""Asking the terminal what it can do, once, before the app runs."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tui.terminal.answers import QUESTION, WIPE, Answers, AnswerSplitter, read_answers
from tui.terminal.capabilities import NO_ANSWERS, NO_WISHES, Capabilities, Wishes, decide, must_ask

try:
    import fcntl
    import termios
except ImportError:  # No such terminals, so none is asked.
    termios = None  # type: ignore[assignment]

PATIENCE_S = 0.35
"""How long the first picture waits for answers; the app starts on a guess then."""

LIMIT_S = 2.0
"""How long after a question an answer to it is still waited for, before it could reach the shell."""

_GAP_S = 0.2


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What came of asking a terminal.

    `asked_s` is when, on the monotonic clock, and None if it was not asked. `round_trip_s` is None unless
    all answers came in time. `typed` is what else came: what a person had typed ahead.
    """

    answers: Answers = NO_ANSWERS
    asked_s: float | None = None
    round_trip_s: float | None = None
    typed: str = ""

    @property
    def is_owed(self) -> bool:
        """Whether answers may still come, which someone has to swallow."""
        return self.asked_s is not None and not self.answers.complete


@dataclass(frozen=True, slots=True)
class Probe:
    """What a terminal can show, and the inquiry behind that."""

    capabilities: Capabilities
    inquiry: Inquiry


def probe(environ: Mapping[str, str], wishes: Wishes = NO_WISHES, *, patience_s: float = PATIENCE_S) -> Probe:
    """Find out what this program's terminal can show; see `asking`."""
    with asking(environ, wishes, patience_s=patience_s) as answered:
        return answered()


@contextlib.contextmanager
def asking(
    environ: Mapping[str, str], wishes: Wishes = NO_WISHES, *, patience_s: float = PATIENCE_S
) -> Iterator[Callable[[], Probe]]:
    """Ask this program's terminal what it can show, if something hangs on that, and do other work meanwhile.

    The block is given what waits for the answers, until `patience_s` after the question. In the block nothing
    is echoed. What was typed ahead is not passed on: a key that is pressed before anything is seen is no verdict.
    """
    terminal, asked_s = None, 0.0
    with contextlib.ExitStack() as modes:
        if must_ask(environ, wishes) and (opened := modes.enter_context(_own_terminal())) is not None:
            with contextlib.suppress(OSError):
                asked_s = modes.enter_context(_question(opened))
                terminal = opened

        def answered() -> Probe:
            inquiry = Inquiry() if terminal is None else _listen(terminal, asked_s, patience_s)
            return Probe(decide(environ, inquiry.answers, wishes, inquiry.round_trip_s), inquiry)

        yield answered


def ask(terminal: int, *, patience_s: float = PATIENCE_S) -> Inquiry:
    """Ask a terminal all questions at once and read until the last one is answered, or patience ends.

    Args:
        terminal: a descriptor that reads from and writes to a terminal. Its modes are put back.
        patience_s: how long to wait. An answer that has begun is read to its end even so, so that no
            half of it is left.
    """
    try:
        with _question(terminal) as asked_s:
            return _listen(terminal, asked_s, patience_s)
    except OSError:
        # The terminal is gone or none at all: nothing to learn, and for others to find out.
        return Inquiry()


def system_cell_size(terminal: int) -> tuple[int, int] | None:
    """Return the (width, height) of a cell in pixels as the system knows it, ssh included; None where it does not."""
    if termios is None:
        return None
    try:
        packed = fcntl.ioctl(terminal, termios.TIOCGWINSZ, b"\0" * 8)
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return width // columns, height // rows


@contextlib.contextmanager
def _question(terminal: int) -> Iterator[float]:
    """Put the question to a terminal that echoes no answer; give when, on the monotonic clock."""
    with _no_echo(terminal):
        asked_s = time.monotonic()
        os.write(terminal, (QUESTION + WIPE).encode("ascii"))
        yield asked_s


def _listen(terminal: int, asked_s: float, patience_s: float) -> Inquiry:
    splitter, decoder = AnswerSplitter(), codecs.getincrementaldecoder("utf-8")("replace")
    sequences: list[str] = []
    typed: list[str] = []
    heard_s = asked_s
    while not read_answers(sequences).complete:
        end_s = asked_s + patience_s
        if splitter.held:
            end_s = max(end_s, min(heard_s + _GAP_S, asked_s + LIMIT_S))
        if not select.select([terminal], [], [], max(0.0, end_s - time.monotonic()))[0]:
            break
        data = _read(terminal)
        if not data:
            break
        heard_s = time.monotonic()
        found, rest = splitter.feed(decoder.decode(data))
        sequences += found
        typed.append(rest)
    typed.append(splitter.release())
    answers = read_answers(sequences)
    return Inquiry(answers, asked_s, heard_s - asked_s if answers.complete else None, "".join(typed))


def _read(terminal: int) -> bytes:
    """Return what there is to read; nothing if the terminal is gone."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


@contextlib.contextmanager
def _own_terminal() -> Iterator[int | None]:
    """Open the controlling terminal, if there is one that we are in the foreground of."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        yield None
        return
    try:
        yield terminal if _in_foreground(terminal) else None
    finally:
        os.close(terminal)


def _in_foreground(terminal: int) -> bool:
    """Whether writing and reading would not stop this process."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


@contextlib.contextmanager
def _no_echo(terminal: int) -> Iterator[None]:
    """Take what comes as it comes and show none of it; what was typed ahead is kept.

    Raises:
        OSError: this is no terminal.
    """
    if termios is None:
        raise OSError("no terminals here")
    try:
        before = termios.tcgetattr(terminal)
        changed = [*before]
        changed[3] &= ~(termios.ECHO | termios.ICANON)
        changed[6] = [*before[6]]
        changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
        termios.tcsetattr(terminal, termios.TCSANOW, changed)
    except termios.error as error:
        raise OSError(*error.args) from error
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)
