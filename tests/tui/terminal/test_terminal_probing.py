"""Asking a terminal that answers, is late, or is silent; the terminal is a real one, its user a thread."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from terminals import FakeTerminal, open_pty

from tui.terminal.answers import QUESTION, WIPE, Answers
from tui.terminal.probing import ask

KITTY = "\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;20;10t\x1bP1+r524742=38\x1b\\\x1b[?62;c"
KITTY_ANSWERS = Answers(True, "kitty(0.35.2)", truecolor=True, kitty=True, cell_size=(10, 20))


@contextmanager
def user(ours: int, answers: list[str]) -> Iterator[list[str]]:
    """Read the whole question, then send some answers, one write each; give what was read."""
    heard: list[str] = []

    def answer() -> None:
        asked = ""
        while not asked.endswith(WIPE):
            asked += os.read(ours, 4096).decode()
        heard.append(asked)
        for text in answers:
            os.write(ours, text.encode())

    thread = threading.Thread(target=answer)
    thread.start()
    yield heard
    thread.join()


def left_to_read(theirs: int) -> str:
    """What the next program, or the shell, would find typed."""
    attributes = termios.tcgetattr(theirs)
    attributes[3] &= ~termios.ICANON
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    return os.read(theirs, 4096).decode() if select.select([theirs], [], [], 0)[0] else ""


@pytest.mark.parametrize(
    "answers", [[KITTY], list(KITTY), [KITTY[:9], KITTY[9:40], KITTY[40:]]], ids=["whole", "letters", "parts"]
)
def test_answers_are_read_and_modes_are_put_back(answers: list[str]) -> None:
    with open_pty() as (ours, theirs):
        before = termios.tcgetattr(theirs)
        with user(ours, answers) as heard:
            inquiry = ask(theirs, patience_s=30)
        assert heard == [QUESTION + WIPE]
        assert inquiry.answers == KITTY_ANSWERS
        assert inquiry.round_trip_s is not None
        assert not inquiry.is_owed
        assert termios.tcgetattr(theirs) == before
        assert left_to_read(theirs) == ""


def test_what_was_typed_ahead_is_no_answer() -> None:
    with open_pty() as (ours, theirs):
        os.write(ours, b"ls")
        with user(ours, ["-l", KITTY]):
            inquiry = ask(theirs, patience_s=30)
    assert inquiry.answers == KITTY_ANSWERS
    assert inquiry.typed == "ls-l"


def test_nothing_is_echoed() -> None:
    with open_pty() as (ours, theirs):
        with user(ours, [KITTY]):
            ask(theirs, patience_s=30)
        assert not select.select([ours], [], [], 0)[0]


def test_silent_terminal_is_waited_for_no_longer_than_patience() -> None:
    with open_pty() as (ours, theirs), user(ours, []):
        inquiry = ask(theirs, patience_s=0.02)
    assert (inquiry.answers, inquiry.round_trip_s) == (Answers(), None)
    assert inquiry.is_owed


def test_no_half_of_an_answer_is_left_behind() -> None:
    half, rest = KITTY[:-3], KITTY[-3:]
    with open_pty() as (ours, theirs):
        os.write(ours, half.encode())
        timer = threading.Timer(0.1, os.write, (ours, rest.encode()))
        timer.start()
        inquiry = ask(theirs, patience_s=0.0)
        timer.join()
    assert inquiry.answers == KITTY_ANSWERS


def test_what_is_no_terminal_is_not_asked() -> None:
    reading, writing = os.pipe()
    try:
        assert ask(writing).asked_s is None
    finally:
        os.close(reading)
        os.close(writing)


def test_terminal_that_hangs_up_says_nothing() -> None:
    ours, theirs = os.openpty()
    with user(ours, []):
        timer = threading.Timer(0.1, os.close, (ours,))
        timer.start()
        try:
            assert ask(theirs, patience_s=30).answers == Answers()
        finally:
            timer.join()
            os.close(theirs)


PROBE = """
import os
from tui.terminal.probing import asking
with asking(os.environ, patience_s=30) as answered:
    import textual
    found = answered()
print("colors", found.capabilities.colors, "name", found.capabilities.name)
"""


@pytest.mark.parametrize(
    ("environment", "shown"),
    [({}, "colors truecolor name kitty(0.35.2)"), ({"COLORTERM": "truecolor"}, "colors truecolor name")],
    ids=["asked", "known"],
)
def test_program_asks_its_own_terminal(environment: dict[str, str], shown: str) -> None:
    command = [sys.executable, "-c", PROBE]
    with FakeTerminal(command, answers={"\x1b[c": KITTY}, environment=environment) as terminal:
        assert terminal.end() == 0
        assert terminal.screen.display[0].rstrip() == shown
        assert (QUESTION in terminal.sent) == (not environment)
        assert terminal.attributes_now() == terminal.attributes


def test_program_without_a_terminal_guesses() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": ""},
    )
    assert done.stdout == "colors 256 name \n"
