"""Leaving: by a key, a signal, a bug, with the terminal gone, stuck or late with its answers."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator

import pytest
from terminals import FakeTerminal, open_pty, program

from tui.terminal.driver import FORGET_IMAGES
from tui.terminal.output import TerminalOutput

# Line wrap is on before.
LEFT_ON = {"7", "25"}


@pytest.fixture
def terminal() -> Iterator[FakeTerminal]:
    with FakeTerminal(program("shown")) as shown:
        shown.wait_for("ready")
        yield shown


def assert_whole(terminal: FakeTerminal) -> None:
    assert terminal.attributes_now() == terminal.attributes
    assert {mode for mode, is_on in terminal.modes().items() if is_on} == LEFT_ON
    assert terminal.modes()["1049"] is False
    # kitty's keyboard is a stack.
    assert len(re.findall(r"\x1b\[>\d+u", terminal.sent)) == terminal.sent.count("\x1b[<u")
    assert terminal.typed_and_not_read() == ""


@pytest.mark.slow
def test_quitting(terminal: FakeTerminal) -> None:
    terminal.type("q")
    assert terminal.end() == 7
    assert_whole(terminal)
    assert FORGET_IMAGES not in terminal.sent


@pytest.mark.slow
def test_images_are_deleted(terminal: FakeTerminal) -> None:
    terminal.type("iq")
    assert terminal.end() == 7
    assert FORGET_IMAGES in terminal.sent
    assert_whole(terminal)


@pytest.mark.slow
def test_error_of_ours_is_shown_on_the_whole_terminal(terminal: FakeTerminal) -> None:
    terminal.type("e")
    assert terminal.end() == 1
    assert_whole(terminal)
    assert "a bug of ours" in terminal.sent.rpartition("\x1b[?1049l")[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.slow
def test_signal(terminal: FakeTerminal, number: signal.Signals) -> None:
    os.kill(terminal.process.pid, number)
    assert terminal.end() == 128 + number
    assert_whole(terminal)
    assert "Traceback" not in terminal.sent


@pytest.mark.slow
def test_stopping_and_going_on(terminal: FakeTerminal) -> None:
    terminal.settle()
    os.kill(terminal.process.pid, signal.SIGTSTP)
    terminal.wait(lambda: terminal.modes().get("1049") is False)
    terminal.settle()
    assert_whole(terminal)
    terminal.screen.reset()
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.wait_for("ready")
    assert terminal.modes()["1049"] is True
    terminal.type("b")
    terminal.wait_for("wrote some")
    terminal.type("q")
    assert terminal.end() == 7
    assert_whole(terminal)


@pytest.mark.slow
def test_second_signal_cuts_off_what_is_stuck(terminal: FakeTerminal) -> None:
    terminal.type("Z")
    terminal.settle()
    for _ in range(2):
        os.kill(terminal.process.pid, signal.SIGTERM)
        time.sleep(0.2)
    assert terminal.end() == 128 + signal.SIGTERM
    assert_whole(terminal)


@pytest.mark.parametrize("signal_too", [False, True], ids=["hung up", "hung up and ended"])
@pytest.mark.slow
def test_terminal_that_is_gone(terminal: FakeTerminal, signal_too: bool) -> None:
    terminal.hang_up()
    # The program also prints a line at its end, which must not fail.
    if signal_too:
        os.kill(terminal.process.pid, signal.SIGTERM)
    # The app may have ended before the second signal comes, and then that ends the program in its own way.
    by_signal = (128 + signal.SIGTERM, -signal.SIGTERM) if signal_too else ()
    assert terminal.process.wait(30) in (128 + signal.SIGHUP, *by_signal)


@pytest.mark.slow
def test_terminal_that_is_stuck_is_left(terminal: FakeTerminal) -> None:
    # Pictures are asked for, and nothing of them is read.
    for _ in range(4):
        terminal.type("s")
    time.sleep(0.3)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.process.wait(20) == 128 + signal.SIGTERM


@pytest.mark.slow
def test_late_answers_become_messages_and_no_keys() -> None:
    with FakeTerminal(program("asking"), size=(100, 24)) as terminal:
        terminal.wait_for("ready")
        terminal.type("a\x1b_Gi=31;OK\x1b\\\x1bP>|kit")
        time.sleep(0.05)
        terminal.type("ty(1)\x1b\\\x1b[?62;4cc")
        terminal.wait_for("late: kitty(1)")
        terminal.type("K")
        terminal.wait_for("keys: a c K")


@pytest.mark.slow
def test_answers_that_come_while_leaving_do_not_reach_the_shell() -> None:
    with FakeTerminal(program("asking")) as terminal:
        terminal.wait_for("ready")
        terminal.type("q")
        time.sleep(0.3)
        terminal.type("\x1bP>|kitty(1)\x1b\\\x1b[?62;4c")
        assert terminal.end() == 7
        assert_whole(terminal)


# ---- the output alone


def test_output_writes_what_is_flushed() -> None:
    with open_pty() as (ours, theirs):
        output = TerminalOutput(theirs)
        assert output.write("h\N{LATIN SMALL LETTER E WITH ACUTE}") == 2
        assert output.is_busy
        output.flush()
        assert not output.is_busy
        assert os.read(ours, 99) == "hé".encode()
        output.close()


def test_output_replaces_what_the_encoding_lacks() -> None:
    with open_pty() as (ours, theirs):
        output = TerminalOutput(theirs, "ascii")
        output.write("é\udcff!")
        output.flush()
        assert os.read(ours, 99) == b"??!"
        output.close()


def test_output_to_what_is_stuck_is_lost_after_a_while() -> None:
    with open_pty() as (_, theirs):
        output = TerminalOutput(theirs)
        output.hurry(0.05)
        output.write("x" * 1_000_000)
        output.flush()
        assert output.is_lost
        output.write("more")
        output.flush()
        assert not output.is_busy
        output.close()


def test_output_to_what_is_gone_is_lost_without_an_error() -> None:
    ours, theirs = os.openpty()
    output = TerminalOutput(theirs)
    os.close(ours)
    output.write("x")
    output.flush()
    assert output.is_lost
    output.close()
    os.close(theirs)


def test_output_leaves_the_shared_descriptor_blocking() -> None:
    with open_pty() as (_, theirs):
        output = TerminalOutput(theirs)
        output.write("x")
        output.flush()
        assert os.get_blocking(theirs)
        output.close()
