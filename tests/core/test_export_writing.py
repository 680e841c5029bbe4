from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from annot_core.errors import ExportError
from annot_core.export.writing import Writing, in_order


def _tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _outside_state(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in _tree(folder).items() if not path.startswith(".autoannot")}


def test_files_are_written_where_they_were_planned(tmp_path: Path) -> None:
    with Writing(tmp_path / "new" / "out", "voc", ["a.txt", "b/c.txt"]) as writing:
        writing.write("a.txt", b"1\n")
        writing.write("b/c.txt", b"2\n")

    assert writing.files == 2
    assert _outside_state(tmp_path / "new" / "out") == {"a.txt": b"1\n", "b/c.txt": b"2\n"}


def test_leftovers_of_a_killed_run_are_removed_at_the_start(tmp_path: Path) -> None:
    partial = tmp_path / ".autoannot" / "partial"
    partial.mkdir(parents=True)
    (partial / "123-0").write_bytes(b"half")

    with Writing(tmp_path, "voc", []):
        assert list(partial.iterdir()) == []

    assert not partial.exists()


def test_a_file_with_the_right_bytes_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"same")
    os.utime(path, ns=(1, 1))

    with Writing(tmp_path, "voc", ["a.txt"]) as writing:
        writing.write("a.txt", b"same")

    assert path.stat().st_mtime_ns == 1


def test_a_file_with_other_bytes_of_the_same_length_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")

    with Writing(tmp_path, "voc", ["a.txt"]) as writing:
        writing.write("a.txt", b"new")

    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_files_that_no_longer_belong_are_removed_but_not_those_of_others(tmp_path: Path) -> None:
    for producer, path in (("voc", "old.xml"), ("yolo", "old.txt")):
        with Writing(tmp_path, producer, [path]) as writing:
            writing.write(path, b"x")
    (tmp_path / "mine.xml").write_bytes(b"of a person")

    with Writing(tmp_path, "voc", ["new.xml"]) as writing:
        writing.write("new.xml", b"y")

    assert set(_outside_state(tmp_path)) == {"new.xml", "old.txt", "mine.xml"}


def test_a_file_that_was_planned_but_not_written_again_is_removed(tmp_path: Path) -> None:
    with Writing(tmp_path, "voc", ["a.jpg"]) as writing:
        writing.write("a.jpg", b"x")

    with Writing(tmp_path, "voc", ["a.jpg"]):
        pass

    assert _outside_state(tmp_path) == {}


def test_a_new_name_that_may_be_the_old_file_keeps_it(tmp_path: Path) -> None:
    with Writing(tmp_path, "voc", ["A.jpg"]) as writing:
        writing.write("A.jpg", b"x")

    with Writing(tmp_path, "voc", ["a.jpg"]) as writing:
        writing.write("a.jpg", b"x")

    assert (tmp_path / "A.jpg").exists()


def test_an_interrupted_export_removes_nothing_and_the_next_one_knows_its_files(tmp_path: Path) -> None:
    with Writing(tmp_path, "voc", ["old.xml"]) as writing:
        writing.write("old.xml", b"x")

    def interrupted() -> None:
        with Writing(tmp_path, "voc", ["half.xml", "other.xml"]) as writing:
            writing.write("half.xml", b"y")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert set(_outside_state(tmp_path)) == {"old.xml", "half.xml"}

    with Writing(tmp_path, "voc", ["new.xml"]) as writing:
        writing.write("new.xml", b"z")
    assert set(_outside_state(tmp_path)) == {"new.xml"}


@pytest.mark.parametrize("line", ["../victim", "/victim", ".autoannot/session.sqlite3", "a/../../victim"])
def test_a_list_that_leads_elsewhere_removes_nothing_there(tmp_path: Path, line: str) -> None:
    out = tmp_path / "out"
    (out / ".autoannot" / "written").mkdir(parents=True)
    (out / "a").mkdir()
    victims = [tmp_path / "victim", out / ".autoannot" / "session.sqlite3"]
    for victim in victims:
        victim.write_bytes(b"keep me")
    (out / ".autoannot" / "written" / "voc.txt").write_text(f"{line}\n")

    with Writing(out, "voc", []):
        pass

    assert all(victim.exists() for victim in victims)


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Writing(tmp_path, "voc", ["a.txt"]) as writing:
        writing.write("a.txt", b"old")

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:1])
        raise OSError(28, "No space left on device")

    with Writing(tmp_path, "voc", ["a.txt"]) as writing:
        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(ExportError, match=r"a\.txt: No space left on device"):
            writing.write("a.txt", b"newer")
        monkeypatch.undo()
        assert _outside_state(tmp_path) == {"a.txt": b"old"}
        assert list((tmp_path / ".autoannot" / "partial").iterdir()) == []
        writing.write("a.txt", b"newer")


def test_an_output_folder_that_is_a_file_is_an_export_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")

    with pytest.raises(ExportError, match=r"cannot write .*out"), Writing(tmp_path / "out", "voc", []):
        pass


def test_a_path_that_was_not_planned_is_refused(tmp_path: Path) -> None:
    with Writing(tmp_path, "voc", ["a"]) as writing, pytest.raises(ValueError, match="planned"):
        writing.write("b", b"")


def test_results_come_in_order_whoever_is_first() -> None:
    last_done = threading.Event()

    def work(number: int) -> int:
        if number == 1:
            last_done.set()
        else:
            assert last_done.wait(timeout=10)
        return number * 10

    assert list(in_order(work, [0, 1], workers=2)) == [0, 10]


def test_only_a_batch_is_under_way_at_a_time() -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    assert next(in_order(str, numbers(), workers=2)) == "0"
    assert taken < 1000
