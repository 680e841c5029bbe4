"""The program as a process: what it imports, what reaches the terminal, and how it takes Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from drawn_folders import draw_dataset

from tui.cli import main

pty = pytest.importorskip("pty")

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]
HEAVY = {"tensorflow", "keras", "GPyOpt", "GPy", "matplotlib", "textual", "numpy", "cv2", "PIL", "rich", "lxml"}


@pytest.mark.parametrize("command", ["", *main.commands])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = f"""
import sys
from tui.cli import main
try:
    main([*{command!r}.split(), "--help"])
finally:
    print("modules:", *(name for name in sys.modules if "." not in name))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("modules:")[2].split())
    assert "click" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.slow
def test_pipe_gets_plain_lines_and_the_log_gets_what_libraries_print(tmp_path: Path, tone_model: Path) -> None:
    dataset = draw_dataset(tmp_path / "photos")
    arguments = [str(dataset), "--auto-accept", "--model", str(tone_model)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    assert re.sub(r"\d+\.\d s", "T", done.stdout).splitlines() == [
        "annotating: 4 images",
        "annotating: done in T",
        "writing: 4 images",
        "writing: done in T",
        f"4 boxes on 4 images, 2 classes, 15 files in {dataset}-annotated",
        "  2 train, 2 val",
        "  JPEGImages/ classes.txt Annotations/ ImageSets/Main/ labelmap.txt yolo3/",
    ]
    # TensorFlow greets in native code, past Python.
    log = Path(f"{dataset}-annotated", ".autoannot", "log.txt").read_text()
    assert "port.cc" in log or "cpu_feature_guard" in log


@pytest.mark.slow
def test_terminal_gets_bars_with_rate_and_time_left(tmp_path: Path, tone_model: Path) -> None:
    dataset = draw_dataset(tmp_path / "photos", each=40)
    arguments = [str(dataset), "--auto-accept", "--model", str(tone_model), "--search", "bayes"]
    code, shown = run_in_terminal([*PROGRAM, *arguments])
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert code == 0
    assert re.search(r"annotating\s+\S+\s+64/80\s+\d+\.\d images/s\s+\d:\d\d:\d\d", text)
    assert re.search(r"annotating\s+\S+\s+80/80\s+\d+\.\d images/s\s+\d:\d\d:\d\d", text)
    assert "80 boxes on 80 images, 2 classes" in text
    assert "cuda" not in text.lower()
    assert "tensorflow" not in text.lower()


@pytest.mark.slow
@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_ends_a_run_with_a_sentence_and_an_intact_session(tmp_path: Path, tone_model: Path) -> None:
    dataset, out = draw_dataset(tmp_path / "photos", each=60), tmp_path / "out"
    arguments = [*PROGRAM, str(dataset), "--auto-accept", "--model", str(tone_model), "-o", str(out)]
    with subprocess.Popen(
        [*arguments, "--search", "bayes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == "annotating: 120 images\n"
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        said, complained = running.stdout.read(), running.stderr.read()
    assert running.returncode == 130
    assert complained == "stopped; what is done is saved, and the same command goes on from here\n"
    assert "boxes on" not in said
    connection = sqlite3.connect(out / ".autoannot" / "session.sqlite3")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
    done = subprocess.run([*arguments, "--search", "contour"], capture_output=True, text=True, check=True)
    assert "120 boxes on 120 images" in done.stdout


def run_in_terminal(command: list[str], timeout_s: float = 120.0) -> tuple[int, str]:
    """Run a program in a terminal of 100 x 30 cells; return its exit code and all that it showed."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        shown = bytearray()
        end = time.monotonic() + timeout_s
        try:
            while select.select([ours], [], [], max(0.0, end - time.monotonic()))[0]:
                shown += os.read(ours, 65536)
        except OSError:
            # Linux says so when the other side has closed the terminal.
            pass
        finally:
            os.close(ours)
            running.kill()
    return running.returncode, shown.decode(errors="replace")
