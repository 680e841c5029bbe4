"""The program in a terminal, ended from outside or kept from beginning: what it leaves, and what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_folders import draw, draw_dataset
from review_terminals import ACTING_PROGRAM, PROGRAM, ReviewTerminal, is_running, results_in
from terminals import environment_of

from annot_core.records import Verdict

pytestmark = pytest.mark.slow

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the engine's process is found in /proc")


@on_linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_review_that_is_ended_goes_on_where_it_was(tmp_path: Path, number: signal.Signals) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=30), tmp_path / "out"
    # The engine is still at it when the end comes.
    draw(dataset / "dark" / "hang-1.jpg", "dark")
    with ReviewTerminal(dataset, "--output", output, "--batch-size", 4, program=ACTING_PROGRAM) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("\r")
        terminal.wait(lambda: terminal.counts().get("ready", 0) >= 8 and (dataset / "alive").exists())
        (engine,) = terminal.engine_pids()
        terminal.type("kdl")
        terminal.wait_for_counts(decided=3)
        os.kill(terminal.process.pid, number)
        assert terminal.end() == 128 + number
        terminal.assert_whole()
        assert terminal.after_the_app() == ""
    assert not is_running(engine)
    decided = [result.decision.verdict for result in results_in(output).values() if result.decision]
    assert decided == [Verdict.KEEP, Verdict.DROP, Verdict.LATER]
    (dataset / "dark" / "hang-1.jpg").unlink()
    (dataset / "alive").unlink()
    with ReviewTerminal(dataset, "--output", output, program=ACTING_PROGRAM) as terminal:
        terminal.wait_for_counts(ready=60, decided=3)
        terminal.wait_for_place(4)
        terminal.type("q")
        assert terminal.end() == 0
        terminal.assert_whole()


@on_linux
def test_line_that_breaks_ends_program_and_engine(tmp_path: Path) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=6), tmp_path / "out"
    draw(dataset / "dark" / "hang-1.jpg", "dark")
    with ReviewTerminal(dataset, "--output", output, "--batch-size", 4, program=ACTING_PROGRAM) as terminal:
        terminal.wait_for("enter starts")
        terminal.type("\r")
        terminal.wait(lambda: (dataset / "alive").exists())
        (engine,) = terminal.engine_pids()
        terminal.hang_up()
        assert terminal.process.wait(60) == 128 + signal.SIGHUP
    assert not is_running(engine)
    assert results_in(output)


def test_second_program_on_a_session_says_who_has_it(tmp_path: Path) -> None:
    dataset, output = draw_dataset(tmp_path / "photos"), tmp_path / "out"
    with ReviewTerminal(dataset, "--output", output, program=ACTING_PROGRAM) as first:
        first.wait_for("enter starts")
        with ReviewTerminal(dataset, "--output", output, program=ACTING_PROGRAM) as second:
            assert second.end() == 2
            second.assert_whole()
            told = " ".join(second.after_the_app().split())
            assert told.startswith("error: expected to be the only program working on the session in ")
            assert f"process {first.process.pid} on " in told
        first.type("\r")
        first.wait_for_counts(ready=4)
        first.type("q")
        assert first.end() == 0


def missing(root: Path) -> Path:
    return root / "missing"


def one_class(root: Path) -> Path:
    draw(root / "photos" / "bright" / "bright-1.jpg", "bright")
    return root / "photos"


def no_classes(root: Path) -> Path:
    draw(root / "photos" / "bright-1.jpg", "bright")
    return root / "photos"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (missing, "error: there is no folder "),
        (one_class, "error: expected at least two class folders, to train a classifier that tells them apart, found "),
        (no_classes, "error: /"),
    ],
    ids=["a missing folder", "one class", "no class folders"],
)
def test_data_set_that_cannot_be_used_is_told_on_the_whole_terminal(
    tmp_path: Path, make: object, sentence: str
) -> None:
    dataset = make(tmp_path)  # type: ignore[operator]
    with ReviewTerminal(dataset, program=ACTING_PROGRAM) as terminal:
        assert terminal.end() == 2
        terminal.assert_whole()
        told = " ".join(terminal.after_the_app().split())
        assert told.startswith(sentence)
        assert "expected DATASET/<" in told or "expected at least two class folders" in told
        assert told.count("error:") == 1
        assert "Traceback" not in terminal.plain()
    assert not (tmp_path / "photos-annotated").exists()
    assert not (tmp_path / "missing-annotated").exists()


def test_pipe_is_no_terminal(tmp_path: Path) -> None:
    dataset = draw_dataset(tmp_path / "photos")
    done = subprocess.run([*PROGRAM, str(dataset)], capture_output=True, text=True, env=environment_of({}))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: expected a terminal to review boxes in, found none; run it in one (ssh -t), or accept boxes without "
        "looking at them with --auto-accept\n"
    )
    assert not (tmp_path / "photos-annotated").exists()


def test_demo_draws_reviews_and_compares_with_the_truth(tmp_path: Path) -> None:
    options = ("--nuts", 4, "--bolts", 4, "--empty", 2, "--size", "64x48")
    with ReviewTerminal("demo", tmp_path / "demo", *options, program=ACTING_PROGRAM) as terminal:
        terminal.wait_for("enter starts")
        terminal.wait_for("10 images")
        terminal.type("\r")
        terminal.wait_for_counts(ready=10)
        terminal.type("kk")
        terminal.wait_for_counts(decided=2)
        terminal.type("q")
        assert terminal.end() == 0
        terminal.assert_whole()
        told = terminal.after_the_app()
    assert "IoU" in told
    assert (tmp_path / "demo" / "truth.csv").is_file()
