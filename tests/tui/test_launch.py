"""The review in a terminal of its own: how it begins, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from drawn_folders import draw_dataset
from terminals import FakeTerminal

from annot_core.session import Session

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]


def assert_whole(terminal: FakeTerminal) -> None:
    assert terminal.attributes_now() == terminal.attributes
    assert {mode for mode, is_on in terminal.modes().items() if is_on} <= {"7", "25"}
    assert terminal.typed_and_not_read() == ""


@pytest.mark.slow
def test_session_of_another_data_set_is_refused_with_a_sentence_and_2(dataset: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    Session.open(output, draw_dataset(tmp_path / "other")).close()
    with FakeTerminal([*PROGRAM, str(dataset), "-o", str(output)], size=(200, 24)) as terminal:
        assert terminal.end() == 2
        assert "error: expected" in terminal.screen.display[0]
        assert "choose another --output" in "".join(terminal.screen.display)
        assert_whole(terminal)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_on_the_first_screen_leaves_the_terminal_whole(dataset: Path, number: signal.Signals) -> None:
    with FakeTerminal([*PROGRAM, str(dataset)]) as terminal:
        terminal.wait_for("enter starts")
        os.kill(terminal.process.pid, number)
        assert terminal.end() == 128 + number
        assert_whole(terminal)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "code"),
    [("\x1bP1$r48:2::1:2:3m\x1b\\\x1b[?62c", ";2;"), ("\x1b[?62c", ";5;")],
    ids=["24-bit", "256"],
)
def test_colors_are_those_that_the_terminal_has(dataset: Path, answer: str, code: str) -> None:
    with FakeTerminal([*PROGRAM, str(dataset)], answers={"\x1b[c": answer}) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("q")
        assert terminal.end() == 0
        screens = terminal.sent.partition("\x1b[?1049h")[2]
        assert f"38{code}" in screens
        assert f"38{';5;' if code == ';2;' else ';2;'}" not in screens
        assert_whole(terminal)
