"""Opening the session's file: whose it is, how new it is, and whether it is whole."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from session_fakes import decision, listed, proposed_session, sync

from annot_core.errors import SessionError
from annot_core.records import Verdict
from annot_core.session import Session, schema


def file_of(folder: Path) -> Path:
    return folder / "out" / ".autoannot" / "session.sqlite3"


def query(path: Path, statement: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchone()[0]
    finally:
        connection.close()


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_open_makes_the_folder_and_hides_it_from_version_control(tmp_path: Path) -> None:
    with Session.open(tmp_path / "deep" / "out", tmp_path / "data") as session:
        assert session.folder == tmp_path / "deep" / "out" / ".autoannot"
        assert (session.folder / ".gitignore").read_text() == "*\n"
        assert session.root == (tmp_path / "data").resolve()


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    Session.open(tmp_path / "out", tmp_path / "data").close()
    assert query(file_of(tmp_path), "PRAGMA application_id") == schema.APPLICATION_ID
    assert query(file_of(tmp_path), "PRAGMA user_version") == len(schema.MIGRATIONS)


def test_commits_are_durable_and_need_no_shared_memory(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        pragmas = [
            session._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
    extra = 3
    assert pragmas == ["delete", extra]


@pytest.mark.parametrize("name", ["plain", "with space", "per%20cent", "quest?ion#mark", "bytes\udcff"])
def test_output_may_have_any_name(tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    Session.open(output, tmp_path / "data").close()
    assert sorted(path.name for path in (output / ".autoannot").iterdir()) == [
        ".gitignore",
        "lock",
        "session.sqlite3",
    ]
    with Session.load(output) as session:
        assert session.counts().images == 0


def not_a_database(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 100)


def another_programs(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE bookmarks (url TEXT)")


def another_application_id(path: Path) -> None:
    change(path, "PRAGMA application_id = 7")


def newer(path: Path) -> None:
    change(path, f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = os.urandom(3996)
    path.write_bytes(content)


def open_again(folder: Path) -> None:
    Session.open(folder / "out", folder / "data")


def load_again(folder: Path) -> None:
    Session.load(folder / "out")


@pytest.mark.parametrize("use", [open_again, load_again], ids=["open", "load"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (not_a_database, "file is not a database"),
        (another_programs, "another program's database"),
        (another_application_id, "another program's database"),
        (newer, "use the newer autoannot-tui"),
        (damaged, "move it away or choose another --output"),
    ],
    ids=["not a database", "other tables", "other application id", "newer", "damaged"],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], message: str, use: Callable[[Path], None]
) -> None:
    Session.open(tmp_path / "out", tmp_path / "data").close()
    spoil(file_of(tmp_path))
    before = file_of(tmp_path).read_bytes()
    with pytest.raises(SessionError, match=re.escape(message)):
        use(tmp_path)
    assert file_of(tmp_path).read_bytes() == before


def test_a_file_cut_short_ends_in_a_session_error(tmp_path: Path) -> None:
    with proposed_session(tmp_path, *(f"a/{number}.jpg" for number in range(200))):
        pass
    content = file_of(tmp_path).read_bytes()
    file_of(tmp_path).write_bytes(content[: len(content) // 3])
    with pytest.raises(SessionError, match="SQLite says"), Session.load(tmp_path / "out") as session:
        list(session.results())


def test_a_creation_that_was_cut_off_is_made_good(tmp_path: Path) -> None:
    file_of(tmp_path).parent.mkdir(parents=True)
    file_of(tmp_path).touch()
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        assert session.counts().images == 0


def test_a_session_of_the_first_version_goes_on_with_its_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        with Session.open(tmp_path / "out", tmp_path / "data") as session:
            sync(session, [listed(session.root, "a/1.jpg")])
            session._connection.executescript(
                """INSERT INTO step VALUES (1, 'person', 'standing');
                INSERT INTO journal (event, step, happened_at, image, content, verdict, class_name)
                SELECT 'decide', 1, '', id, 'v1', 'drop', class_name FROM image;
                UPDATE image SET content = 'v1', decision = 1, verdict = 'drop';"""
            )
    assert query(file_of(tmp_path), "PRAGMA user_version") == 1
    with Session.load(tmp_path / "out") as session:
        assert [one.decision for one in session.results()] == [decision("a/1.jpg", Verdict.DROP)]
        assert session.index().is_mended.tolist() == [False]
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        assert session.decide([decision("a/1.jpg")]) == 1
        assert session.index().is_mended.tolist() == [True]


@pytest.mark.parametrize("is_empty", [False, True], ids=["no file", "empty file"])
def test_load_refuses_a_folder_without_a_session(tmp_path: Path, is_empty: bool) -> None:
    file_of(tmp_path).parent.mkdir(parents=True)
    if is_empty:
        file_of(tmp_path).touch()
    with pytest.raises(SessionError, match="annotate"):
        Session.load(tmp_path / "out")
    assert file_of(tmp_path).exists() == is_empty


def test_load_reads_a_session_whose_data_set_is_gone(tmp_path: Path) -> None:
    with proposed_session(tmp_path, "a/1.jpg") as session:
        session.decide([decision("a/1.jpg")])
    with Session.load(tmp_path / "out") as session:
        assert session.counts().kept == 1
        assert [annotation.path for annotation in session.annotations()] == [tmp_path / "data" / "a/1.jpg"]


def test_load_does_not_write(tmp_path: Path) -> None:
    with proposed_session(tmp_path, "a/1.jpg"):
        pass
    with Session.load(tmp_path / "out") as session:
        with pytest.raises(SessionError, match="open for reading"):
            session.decide([decision("a/1.jpg")])
        assert session.counts().undecided == 1


def test_a_session_belongs_to_one_data_set(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    Session.open(tmp_path / "out", tmp_path / "data").close()
    with pytest.raises(SessionError, match="choose another --output"):
        Session.open(tmp_path / "out", tmp_path / "others")
    # What was refused holds no lock, and has changed nothing.
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        assert session.root == tmp_path / "data"


def test_a_data_set_that_moved_takes_its_session_along(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with proposed_session(tmp_path, "a/1.jpg") as session:
        session.decide([decision("a/1.jpg")])
    (tmp_path / "data").rename(tmp_path / "moved")
    with Session.open(tmp_path / "out", tmp_path / "moved") as session:
        assert sync(session, [listed(session.root, "a/1.jpg")]).unchanged == 1
    with Session.load(tmp_path / "out") as session:
        assert session.root == tmp_path / "moved"
        assert [annotation.path for annotation in session.annotations()] == [tmp_path / "moved/a/1.jpg"]


def test_a_data_set_is_the_same_by_whatever_way_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    Session.open(tmp_path / "out", tmp_path / "data").close()
    with Session.open(tmp_path / "out", tmp_path / "link") as session:
        assert session.root == tmp_path / "data"


def test_an_output_that_cannot_be_made_is_a_session_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    with pytest.raises(SessionError, match="choose another --output"):
        Session.open(tmp_path / "out", tmp_path / "data")


def test_use_after_close_is_a_session_error(tmp_path: Path) -> None:
    session = Session.open(tmp_path / "out", tmp_path / "data")
    session.close()
    session.close()
    with pytest.raises(SessionError):
        session.counts()
