from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from session_fakes import BOX, PRODUCER, decision, failure, in_haste, listed, proposal, sync

from annot_core.errors import ExportError, UsageError
from annot_core.geometry import Box
from annot_core.records import Failure, Skipped, Status, Verdict
from annot_core.report import check_report_path, write_report
from annot_core.session import Session


def report(path: Path, session: Session, **options: Any) -> dict[str, Any]:
    write_report(path, session, timings_s={"list": 0.12345}, **options)
    read: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    return read


@pytest.fixture
def session(tmp_path: Path) -> Any:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        in_haste(session)
        sources = ["a/decided.jpg", "a/failed.jpg", "a/flat.jpg", "a/later.jpg", "a/proposed.jpg", "b/waiting.jpg"]
        sync(session, [listed(session.root, source) for source in sources])
        session.register_producer(PRODUCER, {})
        flat = proposal("a/flat.jpg", status=Status.NO_EVIDENCE, score=0.0, candidates=())
        proposed = [proposal(f"a/{name}.jpg") for name in ("decided", "later", "proposed")]
        session.record([*proposed, flat, failure("a/failed.jpg", "zero bytes")], PRODUCER)
        session.decide([decision("a/decided.jpg", box=Box(5, 6, 7, 8)), decision("a/later.jpg", Verdict.LATER)])
        yield session


def test_images_come_with_their_state(tmp_path: Path, session: Session) -> None:
    found = {one["source"]: one for one in report(tmp_path / "r.json", session)["images"]}
    assert {source: (one["status"], one["reason"], one["box"]) for source, one in found.items()} == {
        "a/decided.jpg": ("proposed", "", [5, 6, 7, 8]),
        "a/failed.jpg": ("failed", "zero bytes", None),
        "a/flat.jpg": ("no evidence", "nothing in the heat map speaks for the class", None),
        "a/later.jpg": ("proposed", "", list(BOX)),
        "a/proposed.jpg": ("proposed", "", list(BOX)),
        "b/waiting.jpg": ("pending", "", None),
    }
    assert found["a/proposed.jpg"]["score"] == 0.75
    assert found["a/proposed.jpg"]["candidates"] == [
        {"box": [1, 2, 30, 40], "search": "exact", "threshold": 0.3},
        {"box": [0, 0, 64, 48], "search": "contour", "threshold": "otsu"},
    ]


def test_class_is_the_decided_one(tmp_path: Path, session: Session) -> None:
    session.decide([decision("a/proposed.jpg", class_name="b")])
    found = {one["source"]: one["class"] for one in report(tmp_path / "r.json", session)["images"]}
    assert (found["a/proposed.jpg"], found["a/later.jpg"]) == ("b", "a")


def test_skipped_files_follow_with_their_reasons(tmp_path: Path, session: Session) -> None:
    skipped = (Skipped("a/notes.txt", "not an image"), Skipped("loose.jpg", "lies outside every class folder"))
    read = report(tmp_path / "r.json", session, skipped=skipped)
    last = [(one["source"], one["class"], one["status"], one["reason"]) for one in read["images"][-2:]]
    assert last == [
        ("a/notes.txt", "a", "skipped", "not an image"),
        ("loose.jpg", None, "skipped", "lies outside every class folder"),
    ]
    assert read["counts"]["skipped"] == 2


def test_what_could_not_be_exported_says_why(tmp_path: Path, session: Session) -> None:
    problems = (Failure("a/decided.jpg", "export", "the image is gone"),)
    read = report(tmp_path / "r.json", session, problems=problems)
    assert read["images"][0]["reason"] == "the image is gone"
    assert read["counts"]["not_exported"] == 1


def test_counts_and_times(tmp_path: Path, session: Session) -> None:
    read = report(tmp_path / "r.json", session)
    assert read["timings_s"] == {"list": 0.123}
    assert read["counts"] == {
        "images": 6,
        "proposed": 3,
        "no_evidence": 1,
        "background": 0,
        "failed": 1,
        "pending": 1,
        "kept": 1,
        "dropped": 0,
        "later": 1,
        "undecided": 2,
        "missing": 0,
        "skipped": 0,
        "not_exported": 0,
    }


def test_report_of_nothing_is_whole(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        assert report(tmp_path / "r.json", session)["images"] == []


def test_names_of_any_bytes_are_ascii_in_the_file(tmp_path: Path) -> None:
    source = "a/" + os.fsdecode("ü\n\x1b[31m".encode() + b"\xff.jpg")
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        sync(session, [listed(session.root, source)])
        (one,) = report(tmp_path / "r.json", session)["images"]
    assert one["source"] == source


def test_report_that_cannot_be_written_is_an_error(tmp_path: Path, session: Session) -> None:
    with pytest.raises(ExportError, match="expected to write the report to"):
        write_report(tmp_path / "nowhere" / "r.json", session, timings_s={})


def test_file_that_can_be_written_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_report_path(Path("r.json"))
    check_report_path(tmp_path / "r.json")


def test_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found a folder"):
        check_report_path(tmp_path)


def test_report_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found no folder"):
        check_report_path(tmp_path / "nowhere" / "r.json")


@pytest.mark.usefixtures("bound_by_permissions")
def test_report_in_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="expected to be allowed to write"):
        check_report_path(tmp_path / "r.json")
