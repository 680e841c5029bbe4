"""The program in a terminal while its engine's process is killed, crashes on an image, or takes every core."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from drawn_folders import draw, draw_dataset
from review_terminals import ACTING_PROGRAM, ReviewTerminal, is_running, results_in

from annot_core.demo import draw_demo
from annot_core.records import Verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the engine's process is found in /proc"),
]

BADGE = "R starts it again"


def only_engine(terminal: ReviewTerminal) -> int:
    terminal.wait(terminal.engine_pids)
    (pid,) = terminal.engine_pids()
    return pid


def test_killed_engine_is_told_and_started_again(tmp_path: Path, tone_model: Path) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=30), tmp_path / "out"
    arguments = [dataset, "--output", output, "--model", tone_model, "--search", "bayes", "--batch-size", 2]
    with ReviewTerminal(*arguments) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("\r")
        terminal.wait(lambda: terminal.counts().get("ready", 0) >= 4)
        killed = only_engine(terminal)
        os.kill(killed, signal.SIGKILL)
        terminal.wait(lambda: "the engine stopped, R starts it again (signal SIGKILL" in terminal.status)
        assert terminal.counts()["ready"] < 60
        terminal.type("k")
        terminal.wait_for_counts(decided=1)
        terminal.type("d")
        terminal.wait_for_counts(decided=2)
        terminal.type("R")
        started = only_engine(terminal)
        assert started != killed
        terminal.wait_for_counts(ready=60, pending=0, failed=0, decided=2)
        assert BADGE not in terminal.status
        # It is let go as soon as there is nothing left to do.
        terminal.wait(lambda: not terminal.engine_pids())
        terminal.type("q")
        assert terminal.end() == 0
        terminal.assert_whole()
    assert not is_running(started)
    results = results_in(output)
    assert all(result.status is not None for result in results.values())
    assert [result.decision.verdict for result in results.values() if result.decision] == [Verdict.KEEP, Verdict.DROP]


def test_image_that_kills_the_engine_twice_is_set_apart(tmp_path: Path) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=6), tmp_path / "out"
    draw(dataset / "bright" / "segfault-1.jpg", "bright")
    draw(dataset / "dark" / "kill-1.jpg", "dark")
    with ReviewTerminal(dataset, "--output", output, program=ACTING_PROGRAM) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("\r")
        deaths, all_done = 0, {"ready": 12, "failed": 2}
        while True:
            terminal.wait(lambda: BADGE in terminal.text or terminal.counts().items() >= all_done.items())
            if terminal.counts().items() >= all_done.items():
                break
            deaths += 1
            assert deaths <= 6, terminal.text
            terminal.type("R")
            terminal.wait(lambda: BADGE not in terminal.text)
        terminal.wait_for_counts(ready=12, failed=2, pending=0)
        terminal.type("f")
        terminal.settle()
        terminal.type("\x15")
        terminal.settle()
        terminal.type("failed\r")
        terminal.wait(lambda: "filter: failed" in terminal.screen.display[0])
        terminal.type("q")
        assert terminal.end() == 0
        terminal.assert_whole()
    assert 2 <= deaths <= 4
    reasons = {source: result.reason for source, result in results_in(output).items() if result.reason}
    assert set(reasons) == {"bright/segfault-1.jpg", "dark/kill-1.jpg"}
    assert all("ended twice" in reason for reason in reasons.values())
    assert "SIGSEGV" in reasons["bright/segfault-1.jpg"]
    assert "SIGKILL" in reasons["dark/kill-1.jpg"]


def test_engine_that_cannot_do_what_was_asked_is_told_on_the_whole_terminal(tmp_path: Path) -> None:
    dataset = draw_dataset(tmp_path / "photos")
    with ReviewTerminal(dataset, "--model", "refuse", program=ACTING_PROGRAM) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("\r")
        assert terminal.end() == 2
        terminal.assert_whole()
        assert terminal.after_the_app() == "error: expected a search, found none"


def test_keys_are_handled_while_the_network_trains(tmp_path: Path) -> None:
    drawn = draw_demo(tmp_path / "demo", nuts=12, bolts=12, empty=6, size=(96, 72), seed=1)
    output = tmp_path / "out"
    # Results of another engine, so that there is something to review while the real one trains.
    with ReviewTerminal(drawn.images, "--output", output, program=ACTING_PROGRAM) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("\r")
        terminal.wait_for_counts(ready=30)
        terminal.type("q")
        assert terminal.end() == 0
    training = re.compile(r"training (\d+) of 5000")
    arguments = [drawn.images, "--output", output, "--backbone", "small", "--image-size", 32, "--epochs", 5000]
    with ReviewTerminal(*arguments) as terminal:
        # It goes on without asking.
        terminal.wait_for_counts(ready=30, decided=0)
        terminal.wait(lambda: training.search(terminal.status))
        keys = "dlmbdldzdlmdldb" + "np+-" + "uuUUN" + "ld"
        terminal.type(keys)
        decided = sum(key in "dl" for key in keys)
        terminal.wait_for_counts(decided=decided)
        terminal.type("?")
        terminal.wait_for("take candidate 5 and keep it")
        terminal.type("\x1b")
        terminal.wait_for_counts(decided=decided)
        # All of that before the training is over: its next epoch is still to come.
        terminal.wait(lambda: training.search(terminal.status))
        epoch = int(training.search(terminal.status)[1])  # type: ignore[index]
        terminal.wait(lambda: (now := training.search(terminal.status)) and int(now[1]) > epoch)
        pid = only_engine(terminal)
        terminal.type("q")
        assert terminal.end() == 0
        terminal.assert_whole()
    assert not is_running(pid)
    assert sum(result.decision is not None for result in results_in(output).values()) == decided
