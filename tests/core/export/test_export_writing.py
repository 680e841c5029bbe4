from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from annot_core.errors import ExportError
from annot_core.export.writing import Staging, kept_state, written_files


def _tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _outside_state(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in _tree(folder).items() if not path.startswith(".autoannot")}


def _write(folder: Path, producer: str, files: dict[str, bytes], state: str = "") -> None:
    """Make an export of some files."""
    with Staging(folder) as staging:
        writing = staging.producer(producer, state)
        for path, data in files.items():
            writing.write(path, data)


def test_files_are_where_they_belong_once_the_export_ends(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with Staging(out) as staging:
        writing = staging.producer("voc")
        writing.write("a.txt", b"1\n")
        with writing.file("b/c.txt") as stream:
            stream.write(b"2\n")
        assert _outside_state(out) == {}

    assert writing.files == 2
    assert _outside_state(out) == {"a.txt": b"1\n", "b/c.txt": b"2\n"}
    assert list(written_files(out, "voc")) == ["a.txt", "b/c.txt"]


def test_what_is_prepared_can_be_found_before_it_is_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(b"there")

    with Staging(tmp_path) as staging:
        staging.producer("voc").write("new.txt", b"prepared")

        assert staging.found("new.txt").read_bytes() == b"prepared"
        assert staging.found("old.txt").read_bytes() == b"there"


def test_leftovers_of_a_killed_run_are_removed_at_the_start(tmp_path: Path) -> None:
    half = tmp_path / ".autoannot" / "partial" / "files" / "a.txt"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")

    with Staging(tmp_path):
        assert not half.exists()

    assert not (tmp_path / ".autoannot" / "partial").exists()
    assert _outside_state(tmp_path) == {}


def _stream(folder: Path) -> None:
    with Staging(folder) as staging, staging.producer("voc").file("a.txt") as stream:
        stream.write(b"same")


@pytest.mark.parametrize(
    "export",
    [
        pytest.param(lambda folder: _write(folder, "voc", {"a.txt": b"same"}), id="in one piece"),
        pytest.param(_stream, id="as a stream"),
    ],
)
def test_a_file_with_the_right_bytes_is_not_written_again(tmp_path: Path, export: Callable[[Path], None]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"same")
    os.utime(path, ns=(1, 1))

    export(tmp_path)

    assert path.stat().st_mtime_ns == 1


def test_a_file_with_other_bytes_of_the_same_length_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")

    _write(tmp_path, "voc", {"a.txt": b"new"})

    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_files_that_no_longer_belong_are_removed_but_not_those_of_others(tmp_path: Path) -> None:
    _write(tmp_path, "voc", {"old.xml": b"x", "stays.xml": b"x"})
    _write(tmp_path, "yolo", {"old.txt": b"x"})
    (tmp_path / "mine.xml").write_bytes(b"of a person")

    _write(tmp_path, "voc", {"new.xml": b"y", "stays.xml": b"x"})

    assert set(_outside_state(tmp_path)) == {"new.xml", "stays.xml", "old.txt", "mine.xml"}
    assert set(written_files(tmp_path, "voc")) == {"new.xml", "stays.xml"}


def test_a_new_name_that_may_be_the_old_file_keeps_it(tmp_path: Path) -> None:
    _write(tmp_path, "voc", {"A.jpg": b"x"})

    _write(tmp_path, "voc", {"a.jpg": b"x"})

    assert (tmp_path / "A.jpg").exists()


def test_an_interrupted_export_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "voc", {"old.xml": b"x", "same.xml": b"1"})
    before = _tree(tmp_path)

    def interrupted() -> None:
        with Staging(tmp_path) as staging:
            staging.producer("voc").write("same.xml", b"2")
            staging.producer("yolo").write("half.txt", b"y")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert _tree(tmp_path) == before


def test_the_state_that_files_were_made_from_is_remembered(tmp_path: Path) -> None:
    assert kept_state(tmp_path, "voc") is None

    _write(tmp_path, "voc", {"a.xml": b"x"}, state="first")
    assert kept_state(tmp_path, "voc") == "first"

    _write(tmp_path, "voc", {})
    assert kept_state(tmp_path, "voc") is None


@pytest.mark.parametrize("line", ["../victim", "/victim", ".autoannot/session.sqlite3", "a/../../victim"])
def test_a_list_that_leads_elsewhere_removes_nothing_there(tmp_path: Path, line: str) -> None:
    out = tmp_path / "out"
    (out / ".autoannot" / "written").mkdir(parents=True)
    (out / "a").mkdir()
    victims = [tmp_path / "victim", out / ".autoannot" / "session.sqlite3"]
    for victim in victims:
        victim.write_bytes(b"keep me")
    (out / ".autoannot" / "written" / "voc.txt").write_text(f"{line}\n")

    _write(out, "voc", {})

    assert all(victim.exists() for victim in victims)


def test_a_second_path_is_the_same_file(tmp_path: Path) -> None:
    for data in (b"first", b"second", b"second"):
        with Staging(tmp_path) as staging:
            staging.producer("shared").write("a.jpg", data)
            staging.producer("yolo").link("b/a.jpg", "a.jpg")

        assert (tmp_path / "b" / "a.jpg").read_bytes() == data
        assert (tmp_path / "b" / "a.jpg").samefile(tmp_path / "a.jpg")


def test_where_there_are_no_hard_links_it_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    for data in (b"first", b"second"):
        with Staging(tmp_path) as staging:
            staging.producer("shared").write("a.jpg", data)
            staging.producer("yolo").link("b/a.jpg", "a.jpg")

        assert (tmp_path / "b" / "a.jpg").read_bytes() == data
        assert not (tmp_path / "b" / "a.jpg").samefile(tmp_path / "a.jpg")
    os.utime(tmp_path / "b" / "a.jpg", ns=(1, 1))
    with Staging(tmp_path) as staging:
        staging.producer("yolo").link("b/a.jpg", "a.jpg")
    assert (tmp_path / "b" / "a.jpg").stat().st_mtime_ns == 1


def test_a_copy_that_cannot_be_made_is_an_export_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfile", refuse)
    with pytest.raises(ExportError, match="No space left on device"), Staging(tmp_path) as staging:
        staging.producer("yolo").link("b/a.jpg", "a.jpg")

    assert _outside_state(tmp_path) == {"a.jpg": b"x"}


def test_an_output_folder_that_is_a_file_is_an_export_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")

    with pytest.raises(ExportError, match=r"cannot write .*out"), Staging(tmp_path / "out"):
        pass
