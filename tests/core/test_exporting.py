"""From a session to files."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from drawn_folders import PATCH, SIZE, draw_dataset

from annot_core.dataset import list_dataset
from annot_core.errors import ExportError, SessionError, UsageError
from annot_core.export import exporter_names
from annot_core.exporting import LOCK_FILE, export_output
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.importing import import_annotations
from annot_core.naming import image_ids
from annot_core.records import Candidate, Decider, Decision, Proposal, Status, Verdict
from annot_core.session import Session

OTHER = Box(1, 2, 30, 40)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A session of three images of each of two classes: the first kept, the second dropped, the third undecided."""
    root, out = draw_dataset(tmp_path / "photos", 3), tmp_path / "out"
    (root / "nothing").mkdir()
    shutil.copy(root / "dark" / "dark-0.jpg", root / "nothing" / "wall.jpg")
    with Session.open(out, root) as session:
        session.sync(list_dataset(root).images, content_hash, image_ids)
        session.register_producer("p", {})
        results = list(session.results())
        session.record([_proposal(root, one.source, one.is_background) for one in results], "p")
    decide(out, "bright/bright-0.jpg", Verdict.KEEP, PATCH, Decider.AUTO)
    decide(out, "dark/dark-0.jpg", Verdict.KEEP, OTHER)
    decide(out, "nothing/wall.jpg", Verdict.KEEP, None, Decider.AUTO)
    decide(out, "bright/bright-1.jpg", Verdict.DROP, None)
    decide(out, "dark/dark-1.jpg", Verdict.LATER, None)
    return out


def _proposal(root: Path, source: str, is_background: bool) -> Proposal:
    candidates = () if is_background else (Candidate(PATCH, "exact", 0.3), Candidate(OTHER, "exact", 0.4))
    status = Status.BACKGROUND if is_background else Status.PROPOSED
    grid = np.zeros((0, 0), np.float16)
    return Proposal(source, content_hash(root / source), SIZE, status, 0.7, 0.9, 0.6, candidates, grid)


def decide(out: Path, source: str, verdict: Verdict, box: Box | None, decider: Decider = Decider.PERSON) -> None:
    with Session.open(out, out.parent / "photos") as session:
        result = session.result(source)
        assert result is not None
        session.decide([Decision(source, result.content, verdict, result.class_name, box, decider)])


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "annotations.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(out: Path) -> dict[str, bytes]:
    found = (path for path in out.rglob("*") if path.is_file() and ".autoannot" not in path.parts)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def test_only_what_is_kept_is_written(out: Path) -> None:
    summary = export_output(out, exporter_names())

    assert summary is not None
    assert (summary.images, summary.boxes, summary.labels) == (3, 2, ("bright", "dark"))
    assert {report.images for report in summary.reports} == {3}
    assert not [path for path in files(out) if path.endswith(("-1.jpg", "-2.jpg"))]


def test_score_and_verdict_come_from_the_session(out: Path) -> None:
    export_output(out, ["csv"])

    assert [(Path(row["file"]).stem, row["score"], row["verdict"]) for row in rows(out)] == [
        ("bright-0", "0.7000", "auto-keep"),
        # The score was of another box than the one that a person gave.
        ("dark-0", "", "keep"),
        ("wall", "0.7000", "auto-keep"),
    ]


def test_the_same_session_gives_the_same_bytes(out: Path) -> None:
    export_output(out, exporter_names(), seed=2)
    first = files(out)
    shutil.copytree(out / ".autoannot", out.parent / "again" / ".autoannot")
    shutil.rmtree(out.parent / "again" / ".autoannot" / "written")

    export_output(out.parent / "again", exporter_names(), seed=2)

    again = files(out.parent / "again")
    # These hold the output's own path.
    absolute = [path for path in first if path.startswith("yolo3/")]
    assert {path: again.pop(path) and b"" for path in absolute} == {path: first.pop(path) and b"" for path in absolute}
    assert again == first


@pytest.mark.parametrize("folder", ["", "yolo", "coco"], ids=["voc", "yolo", "coco"])
def test_export_import_and_export_again_changes_nothing(out: Path, folder: str) -> None:
    export_output(out, exporter_names())
    first = files(out)

    import_annotations(out, out / folder, format_name=folder or "voc")
    export_output(out, exporter_names())

    # Who imports has seen the boxes, which is all that the table then says otherwise.
    again = files(out)
    assert again.pop("annotations.csv").replace(b"auto-", b"") == first.pop("annotations.csv").replace(b"auto-", b"")
    assert again == first


def test_what_is_dropped_later_goes(out: Path) -> None:
    export_output(out, exporter_names())
    decide(out, "bright/bright-0.jpg", Verdict.DROP, None)

    summary = export_output(out, exporter_names())

    assert summary is not None
    assert summary.images == 2
    assert not [path for path in files(out) if "bright-0" in path]


def test_a_session_with_nothing_kept_writes_nothing(tmp_path: Path) -> None:
    root = draw_dataset(tmp_path / "photos")
    with Session.open(tmp_path / "out", root) as session:
        session.sync(list_dataset(root).images, content_hash, image_ids)

    assert export_output(tmp_path / "out") is None
    assert files(tmp_path / "out") == {}


def test_an_image_that_changed_since_is_not_written(out: Path) -> None:
    root = out.parent / "photos"
    shutil.copy(root / "bright" / "bright-2.jpg", root / "bright" / "bright-0.jpg")

    summary = export_output(out)

    assert summary is not None
    assert [one.source for one in summary.problems] == ["bright/bright-0.jpg"]
    assert "changed since it was annotated" in summary.problems[0].reason


def test_a_jpeg_that_was_decoded_before_is_copied_undecoded(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("an image was opened")

    monkeypatch.setattr("PIL.Image.open", refuse)

    summary = export_output(out)

    assert summary is not None
    assert (summary.images, summary.problems) == (3, ())
    copied = out / "JPEGImages" / "bright-0.jpg"
    assert copied.read_bytes() == (out.parent / "photos" / "bright" / "bright-0.jpg").read_bytes()


def test_a_session_that_is_open_for_review_can_be_exported(out: Path) -> None:
    with Session.open(out, out.parent / "photos"):
        assert export_output(out) is not None


def test_two_exports_at_once_are_refused(out: Path) -> None:
    with (
        Session.load(out) as session,
        session.alone(LOCK_FILE),
        pytest.raises(SessionError, match="has it open"),
    ):
        export_output(out)


def test_images_that_are_gone_altogether_are_an_error(out: Path) -> None:
    shutil.rmtree(out.parent / "photos")

    with pytest.raises(UsageError, match="found no such folder"):
        export_output(out)


def test_an_output_without_a_session_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="expected an output folder with a session"):
        export_output(tmp_path)


def test_a_file_that_somebody_else_changes_meanwhile_is_told(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from annot_core.export.table import CsvExporter

    count = CsvExporter.count

    def meddled(exporter: CsvExporter, destination: object) -> object:
        (out / "annotations.csv").write_text("file,class,xmin,ymin,xmax,ymax\n", encoding="utf-8")
        return count(exporter, destination)  # type: ignore[arg-type]

    monkeypatch.setattr(CsvExporter, "count", meddled)
    with pytest.raises(ExportError, match="3 images and 2 boxes of format csv, found 0 and 0"):
        export_output(out, ["csv"])
