"""The program in tmux, as a person on a server has it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_folders import draw_dataset
from review_terminals import ACTING_PROGRAM, PATIENCE_S
from terminals import environment_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


class Pane:
    """A shell in tmux, of 80 x 24 cells, with a server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        environment = environment_of({"ENV": "", "HOME": str(folder)})
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "sh", environment=environment)

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Have tmux do something; return what it prints."""
        command = ["tmux", "-S", str(self._socket), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self.run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by their names."""
        self.run("send-keys", *keys)

    def shown(self) -> str:
        """Return what the pane shows."""
        return self.run("capture-pane", "-p")

    def wait_for(self, text: str, *, within: str = "") -> None:
        """Wait until a text is shown, and another one in the same row."""
        end = time.monotonic() + PATIENCE_S
        while not any(text in row and within in row for row in self.shown().splitlines()):
            if time.monotonic() > end:
                raise AssertionError(f"expected {text!r} to be shown:\n{self.shown()}")
            time.sleep(0.1)

    def modes(self, told: Path) -> str:
        """Have the shell tell the terminal's modes into a file that is not there yet."""
        self.type(f"clear; stty -g > {shlex.quote(str(told))}.part && mv {shlex.quote(str(told))}.part {told}")
        self.press("Enter")
        end = time.monotonic() + PATIENCE_S
        while not told.exists():
            assert time.monotonic() < end, self.shown()
            time.sleep(0.1)
        return told.read_text()


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[Pane]:
    opened = Pane(tmp_path)
    yield opened
    opened.run("kill-server")


def test_review_in_a_pane_that_changes_its_size(tmp_path: Path, pane: Pane) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=6), tmp_path / "out"
    before = pane.modes(tmp_path / "before")
    pane.type(shlex.join([*ACTING_PROGRAM, str(dataset), "--output", str(output)]) + "; echo ended with $?")
    pane.press("Enter")
    pane.wait_for("enter starts")
    pane.press("Enter")
    pane.wait_for("0/12 decided", within="12 ready")
    # Of the box's upper edge.
    pane.wait_for("▄▄▄▄▄▄")
    pane.type("kd")
    pane.wait_for("2/12 decided")
    pane.run("resize-window", "-x", "110", "-y", "40")
    # The side panel unfolds, and the keys are in the last row still.
    pane.wait_for("candidate 1 of 1")
    pane.wait_for("k keep", within="q quit")
    pane.type("l")
    pane.wait_for("3/12 decided")
    pane.run("resize-window", "-x", "80", "-y", "24")
    pane.wait_for("k keep")
    pane.type("k")
    pane.wait_for("4/12 decided")
    pane.type("q")
    pane.wait_for("ended with 0")
    shown = pane.shown()
    # The shell's own screen is back, with nothing of the program's.
    assert "decided" not in shown
    assert "▀" not in shown
    assert pane.run("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").split() == [
        "0",
        "1",
        "0",
    ]
    assert pane.modes(tmp_path / "after") == before
