"""One writer at a time, and nothing left behind by a killed one."""

import errno
import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from session_fakes import decision, proposed_session

from annot_core.errors import SessionError
from annot_core.session import Session

HOLD = """
import os, sys
from pathlib import Path
from annot_core.session import Session
session = Session.open(Path(sys.argv[1]), Path(sys.argv[2]))
if "fork" not in sys.argv or os.fork() == 0:
    print("open", flush=True)
sys.stdin.read()
os._exit(0)
"""


def hold(folder: Path, *flags: str) -> "subprocess.Popen[str]":
    """Start a second program that opens the session and keeps it until its input ends."""
    program = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / "out"), str(folder / "data"), *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "open\n"
    return program


def test_a_second_program_is_kept_out_while_the_first_lives(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        with pytest.raises(SessionError, match=f"process {first.pid} on .* has it open"):
            Session.open(tmp_path / "out", tmp_path / "data")
        with Session.load(tmp_path / "out") as reader:
            assert reader.counts().images == 0
        first.communicate()
    Session.open(tmp_path / "out", tmp_path / "data").close()


@pytest.mark.parametrize("flags", [(), ("fork",)], ids=["alone", "with a forked worker that lives on"])
def test_a_killed_program_leaves_no_lock(tmp_path: Path, flags: tuple[str, ...]) -> None:
    with hold(tmp_path, *flags) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        Session.open(tmp_path / "out", tmp_path / "data").close()


def test_a_second_session_in_the_same_program_is_kept_out(tmp_path: Path) -> None:
    with (
        Session.open(tmp_path / "out", tmp_path / "data"),
        pytest.raises(SessionError, match=f"process {os.getpid()}"),
    ):
        Session.open(tmp_path / "out", tmp_path / "data")


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_file_systems_without_locks_are_worked_on_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    with proposed_session(tmp_path, "a/1.jpg") as session:
        session.decide([decision("a/1.jpg")])
        # SQLite was told not to ask for locks either: its own would show here as "database is locked".
        session._connection.execute("BEGIN EXCLUSIVE")
        other = sqlite3.connect(session.folder / "session.sqlite3", timeout=0)
        assert other.execute("SELECT count(*) FROM journal").fetchone() == (1,)
        session._connection.execute("ROLLBACK")
        other.execute("BEGIN EXCLUSIVE")
        with Session.load(tmp_path / "out") as reader:
            assert reader.counts().kept == 1
        other.close()


def test_a_reader_that_pauses_does_not_block_the_writer(tmp_path: Path) -> None:
    with (
        proposed_session(tmp_path, "a/1.jpg", "a/2.jpg") as session,
        Session.load(tmp_path / "out") as reader,
    ):
        paused = reader.results()
        next(paused)
        session.decide([decision("a/1.jpg")])
        assert reader.counts().kept == 1
