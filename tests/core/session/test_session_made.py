"""A session that nothing came of leaves no trace."""

from collections.abc import Callable
from pathlib import Path

import pytest
from session_fakes import PRODUCER, decision, listed, proposal, sync

from annot_core.errors import ModelError, SessionError, TrainingError, UsageError
from annot_core.session import Session

ONE = "a/1.jpg"


def end_in(
    error: BaseException, tmp_path: Path, output: Path, work: Callable[[Session], object] = lambda session: None
) -> None:
    """Open a session, list an image, do some work, and end in an error."""

    def run() -> None:
        with Session.open(output, tmp_path) as session:
            sync(session, [listed(tmp_path, ONE)])
            work(session)
            raise error

    with pytest.raises(type(error)):
        run()


def leaving(name: str) -> Callable[[Session], object]:
    return lambda session: (session.folder / name).write_text("said")


def proposing(session: Session) -> None:
    session.register_producer(PRODUCER, {})
    session.record([proposal(ONE)], PRODUCER)


@pytest.mark.parametrize("error", [UsageError("x"), ModelError("x")], ids=["usage", "model"])
def test_wrong_usage_leaves_nothing(tmp_path: Path, error: UsageError) -> None:
    end_in(error, tmp_path, tmp_path / "deep" / "out", leaving("log.txt"))
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_there_stay(tmp_path: Path) -> None:
    (tmp_path / "deep" / "out").mkdir(parents=True)
    (tmp_path / "deep" / "out" / "letter").write_text("mine")
    end_in(UsageError("x"), tmp_path, tmp_path / "deep" / "out")
    assert [path.name for path in (tmp_path / "deep" / "out").iterdir()] == ["letter"]


def test_a_session_that_was_there_stays(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path):
        pass
    end_in(UsageError("x"), tmp_path, tmp_path / "out")
    with Session.load(tmp_path / "out") as session:
        assert session.counts().images == 1


@pytest.mark.parametrize("name", ["classifier.keras", "own notes"])
def test_what_took_long_stays(tmp_path: Path, name: str) -> None:
    end_in(UsageError("x"), tmp_path, tmp_path / "out", leaving(name))
    assert (tmp_path / "out" / ".autoannot" / name).read_text() == "said"
    with Session.load(tmp_path / "out") as session:
        assert session.counts().images == 1


@pytest.mark.parametrize(
    "error", [TrainingError("x"), KeyboardInterrupt(), OSError()], ids=lambda one: type(one).__name__
)
def test_other_ends_leave_all(tmp_path: Path, error: BaseException) -> None:
    end_in(error, tmp_path, tmp_path / "out")
    assert (tmp_path / "out" / ".autoannot" / "session.sqlite3").exists()


def test_a_proposal_stays(tmp_path: Path) -> None:
    end_in(UsageError("the disk is full"), tmp_path, tmp_path / "out", proposing)
    with Session.load(tmp_path / "out") as session:
        assert session.counts().proposed == 1


def test_a_decision_stays(tmp_path: Path) -> None:
    end_in(UsageError("the disk is full"), tmp_path, tmp_path / "out", lambda session: session.decide([decision(ONE)]))
    with Session.load(tmp_path / "out") as session:
        assert session.counts().images == 1


def test_a_folder_that_cannot_be_made_leaves_none_above_it(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="expected to be allowed to make"):
        Session.open(tmp_path / "deep" / ("x" * 300), tmp_path)
    assert list(tmp_path.iterdir()) == []
