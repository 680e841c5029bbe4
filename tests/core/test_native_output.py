from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from annot_core.native_output import output_to


def test_what_native_code_prints_goes_to_the_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with output_to(tmp_path / "log"):
        os.write(2, b"native\n")
    assert (tmp_path / "log").read_text() == "native\n"
    assert capfd.readouterr() == ("", "")


def test_what_python_prints_goes_to_the_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with output_to(tmp_path / "log"):
        print("out")
        print("error", file=sys.stderr)
    assert (tmp_path / "log").read_text() == "out\nerror\n"
    assert capfd.readouterr() == ("", "")


def test_stream_that_was_held_still_speaks_to_the_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = sys.stdout
    with output_to(tmp_path / "log"):
        print("progress", file=held)
    assert capsys.readouterr().out == "progress\n"


def test_all_is_as_before_behind_the_block(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    streams = sys.stdout, sys.stderr
    with pytest.raises(KeyboardInterrupt), output_to(tmp_path / "log"):
        raise KeyboardInterrupt
    assert (sys.stdout, sys.stderr) == streams
    os.write(2, b"native\n")
    assert capfd.readouterr().err == "native\n"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []  # noqa: PTH112, PTH208
    for _ in range(3):
        with output_to(tmp_path / "log"):
            pass
    assert len(os.listdir("/proc/self/fd") if before else []) == len(before)  # noqa: PTH208


def test_log_grows(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with output_to(tmp_path / "log"):
            print(word)
    assert (tmp_path / "log").read_text() == "first\nsecond\n"


def test_bytes_that_are_no_text_do_not_end_a_run(tmp_path: Path) -> None:
    with output_to(tmp_path / "log"):
        print(os.fsdecode(b"\xff"))
    assert (tmp_path / "log").read_text() == "\\udcff\n"
