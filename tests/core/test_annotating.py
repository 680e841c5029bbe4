"""The whole job with a small classifier: what goes in, what comes out, and what a second run leaves alone."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_folders import PATCH, SIZE, Hostile, draw, draw_dataset, draw_hostile
from lxml import etree
from PIL import Image

import annot_core as ac
from annot_core.errors import DatasetError, ModelError, SessionError, UsageError
from annot_core.progress import Event, Notice, Stage, StageAdvanced, StageStarted
from annot_core.records import Decider, Decision, Verdict

# The data set of bad files is worked on as a person would, once for all tests of it.
# Every test is a whole run.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("uncompiled")]

Job = tuple[ac.Annotated, dict[str, Any], Hostile]


def exported(output: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and modification time of every written file, but the session's."""
    files = (path for path in output.rglob("*") if path.is_file() and ".autoannot" not in path.parts)
    return {path.relative_to(output).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def boxes_of(output: Path) -> dict[str, ac.Box | None]:
    """The box of each XML file by id, in our convention."""
    found: dict[str, ac.Box | None] = {}
    for path in (output / "Annotations").glob("*.xml"):
        corners = etree.parse(path).find("object/bndbox")
        if corners is None:
            found[path.stem] = None
        else:
            xmin, ymin, xmax, ymax = (int(corners.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
            found[path.stem] = ac.Box(xmin - 1, ymin - 1, xmax, ymax)
    return found


def decide(output: Path, dataset: Path, source: str, box: ac.Box | None, verdict: Verdict = Verdict.KEEP) -> None:
    """Let a person decide on an image of a session."""
    with ac.Session.open(output, dataset) as session:
        result = session.result(source)
        assert result is not None
        session.decide([Decision(source, result.content, verdict, result.class_name, box, Decider.PERSON)])


def heard_stages(events: list[Event]) -> dict[Stage, int | None]:
    return {event.stage: event.total for event in events if isinstance(event, StageStarted)}


# ---- bad input


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, tone_model: Path) -> Job:
    home = tmp_path_factory.mktemp("hostile")
    hostile = draw_hostile(home / "a set")
    result = ac.annotate(hostile.root, home / "out", model=tone_model, report=home / "report.json")
    return result, json.loads((home / "report.json").read_text()), hostile


def reported(job: Job, source: str) -> dict[str, Any]:
    (one,) = (image for image in job[1]["images"] if image["source"] == source)
    return one


def test_every_good_image_is_exported_with_the_box_around_its_patch(job: Job) -> None:
    result, report, hostile = job
    written = boxes_of(result.output)
    good = {image["source"]: image["id"] for image in report["images"] if image["source"] in hostile.good}
    overlaps = {source: (written[image_id] or ac.Box(0, 0, 0, 0)).iou(PATCH) for source, image_id in good.items()}
    assert set(overlaps) == hostile.good
    assert {source: overlap for source, overlap in overlaps.items() if overlap < 0.7} == {}
    assert set(written) == set(good.values())


def test_every_exported_image_is_an_upright_rgb_jpeg(job: Job) -> None:
    for image_id in boxes_of(job[0].output):
        with Image.open(job[0].output / "JPEGImages" / f"{image_id}.jpg") as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", SIZE)
            assert 0x0112 not in image.getexif()


def test_every_bad_image_is_reported_with_its_reason(job: Job) -> None:
    for source, word in job[2].bad.items():
        one = reported(job, source)
        assert (one["status"], one["box"], one["candidates"]) == ("failed", None, [])
        assert word in one["reason"]
    assert {failure.source for failure in job[0].failures} == set(job[2].bad)


@pytest.mark.usefixtures("bound_by_permissions")
def test_what_permissions_forbid_is_reported_and_the_run_goes_on(tone_model: Path, dataset: Path) -> None:
    draw(dataset / "locked" / "inside.jpg", "dark")
    (dataset / "dark" / "dark-0.jpg").chmod(0)
    (dataset / "locked").chmod(0)
    report = dataset.with_name("report.json")
    result = ac.annotate(dataset, model=tone_model, report=report)
    (dataset / "locked").chmod(0o700)
    images = {image["source"]: image for image in json.loads(report.read_text())["images"]}
    assert result.boxes == 3
    assert images["dark/dark-0.jpg"]["status"] == "failed"
    assert "no permission to read the file" in images["dark/dark-0.jpg"]["reason"]
    assert images["locked"]["status"] == "skipped"
    assert "the folder cannot be read: Permission denied" in images["locked"]["reason"]


def test_what_is_no_image_is_reported_with_its_reason(job: Job) -> None:
    for source, word in job[2].passed_over.items():
        one = reported(job, source)
        assert (one["id"], one["status"], one["box"]) == (None, "skipped", None)
        assert word in one["reason"]
    assert {skip.source for skip in job[0].skipped} == set(job[2].passed_over)


def test_report_has_the_promised_fields_and_no_other(job: Job) -> None:
    report = job[1]
    assert list(report) == ["counts", "timings_s", "images"]
    fields = ["id", "source", "class", "status", "reason", "box", "score", "candidates"]
    assert all(list(image) == fields for image in report["images"])
    candidates = [candidate for image in report["images"] for candidate in image["candidates"]]
    assert candidates
    assert all(list(candidate) == ["box", "search", "threshold"] for candidate in candidates)


def test_report_and_files_tell_of_the_same_boxes(job: Job) -> None:
    told = {image["id"]: image["box"] for image in job[1]["images"] if image["box"]}
    assert told == {image_id: list(box) for image_id, box in boxes_of(job[0].output).items() if box}


def test_report_counts_add_up(job: Job) -> None:
    counts = job[1]["counts"]
    states = ("proposed", "no_evidence", "background", "failed", "pending")
    assert counts["images"] == sum(counts[state] for state in states) == len(job[2].good) + len(job[2].bad)
    assert counts["kept"] == len(job[2].good) == job[0].boxes
    assert counts["skipped"] == len(job[2].passed_over)


def test_report_names_the_time_of_every_stage(job: Job) -> None:
    assert set(job[1]["timings_s"]) == {"list", "annotate", "export"}


def test_candidates_are_at_most_five_distinct_ones_with_the_box_first(job: Job) -> None:
    for image in job[1]["images"]:
        boxes = [ac.Box(*candidate["box"]) for candidate in image["candidates"]]
        assert len(boxes) <= 5
        assert all(one.iou(other) < 0.85 for one, other in itertools.combinations(boxes, 2))
        assert image["box"] is None or image["box"] == list(boxes[0])


def test_ids_are_words_that_are_there_once(job: Job) -> None:
    ids = [image["id"] for image in job[1]["images"] if image["id"] is not None]
    assert len({image_id.casefold() for image_id in ids}) == len(ids)
    assert all(image_id.split() == [image_id] and not image_id.startswith("#") for image_id in ids)


def test_rows_for_keras_yolo3_name_files_that_are_there(job: Job) -> None:
    texts = [(job[0].output / "yolo3" / f"{name}.txt").read_text() for name in ("train", "val")]
    rows = "".join(texts).splitlines()
    assert len(rows) == len(job[2].good)
    for row in rows:
        path, box = row.split()
        assert (job[0].output / path).is_file()
        assert len([int(number) for number in box.split(",")]) == 5


# ---- a second run


def test_second_run_changes_no_byte_and_starts_no_network(
    dataset: Path, tone_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    before = exported(tmp_path / "out")

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a classifier was asked for without need")

    monkeypatch.setattr("annot_core.annotating.prepared_engine", refuse)
    events: list[Event] = []
    ac.annotate(dataset, tmp_path / "out", model=tone_model, listener=events.append)
    assert exported(tmp_path / "out") == before
    assert any(isinstance(event, Notice) and event.text.startswith("4 images were decided") for event in events)


def test_second_run_over_failures_does_nothing_new(tmp_path: Path, tone_model: Path) -> None:
    hostile = draw_hostile(tmp_path / "in")
    first = ac.annotate(hostile.root, tmp_path / "out", model=tone_model)
    before = exported(tmp_path / "out")
    events: list[Event] = []
    again = ac.annotate(hostile.root, tmp_path / "out", model=tone_model, listener=events.append)
    assert heard_stages(events)[Stage.ANNOTATE] == 0
    assert exported(tmp_path / "out") == before
    assert (again.counts, again.failures) == (first.counts, first.failures)


def test_new_image_is_added_and_old_files_stay(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    before = exported(tmp_path / "out")
    draw(dataset / "dark" / "new.jpg", "dark", shift=20)
    events: list[Event] = []
    result = ac.annotate(dataset, tmp_path / "out", model=tone_model, listener=events.append)
    assert heard_stages(events)[Stage.ANNOTATE] == 1
    assert result.boxes == 5
    after = exported(tmp_path / "out")
    assert {name: after[name] for name in before if "ImageSets" not in name and "yolo3" not in name} == {
        name: content for name, content in before.items() if "ImageSets" not in name and "yolo3" not in name
    }


def test_changed_image_is_done_again(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    draw(dataset / "dark" / "dark-0.jpg", "dark", shift=24)
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    box = boxes_of(tmp_path / "out")["dark-0"]
    assert box is not None
    assert box.iou(PATCH._replace(left=PATCH.left + 24, right=PATCH.right + 24)) > 0.7


def test_touched_image_is_not_done_again(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    os.utime(dataset / "dark" / "dark-0.jpg", ns=(1, 1))
    events: list[Event] = []
    ac.annotate(dataset, tmp_path / "out", model=tone_model, listener=events.append)
    assert Stage.ANNOTATE not in heard_stages(events)


def test_removed_image_leaves_the_data_set(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    (dataset / "dark" / "dark-0.jpg").unlink()
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    assert set(boxes_of(tmp_path / "out")) == {"bright-0", "bright-1", "dark-1"}


def test_other_recipe_does_not_touch_what_is_decided(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    before = exported(tmp_path / "out")
    ac.annotate(dataset, tmp_path / "out", model=tone_model, threshold=0.9, search="contour")
    assert exported(tmp_path / "out") == before


def test_redo_decides_anew(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    before = boxes_of(tmp_path / "out")
    ac.annotate(dataset, tmp_path / "out", model=tone_model, threshold=0.9, search="contour", redo=True)
    after = boxes_of(tmp_path / "out")
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in after)


def test_redo_that_keeps_nothing_removes_what_was_written(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    result = ac.annotate(dataset, tmp_path / "out", model=tone_model, redo=True, min_score=1)
    assert result.boxes == 0
    assert boxes_of(tmp_path / "out") == {}
    assert not list((tmp_path / "out" / "JPEGImages").iterdir())


# ---- decisions


@pytest.mark.parametrize("redo", [False, True], ids=["rerun", "redo"])
def test_decision_of_a_person_stays(dataset: Path, tone_model: Path, tmp_path: Path, redo: bool) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    decide(tmp_path / "out", dataset, "dark/dark-0.jpg", ac.Box(1, 2, 3, 4))
    decide(tmp_path / "out", dataset, "dark/dark-1.jpg", None, Verdict.DROP)
    ac.annotate(dataset, tmp_path / "out", model=tone_model, redo=redo, threshold=0.9)
    written = boxes_of(tmp_path / "out")
    assert written["dark-0"] == ac.Box(1, 2, 3, 4)
    assert "dark-1" not in written


def test_redo_offers_new_candidates_where_a_person_decided(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    decide(tmp_path / "out", dataset, "dark/dark-0.jpg", ac.Box(1, 2, 3, 4))
    ac.annotate(dataset, tmp_path / "out", model=tone_model, redo=True, search="contour")
    with ac.Session.load(tmp_path / "out") as session:
        result = session.result("dark/dark-0.jpg")
    assert result is not None
    assert result.candidates[0].search == "contour"


def test_decision_comes_back_with_the_file_that_it_was_on(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    image, kept = dataset / "dark" / "dark-0.jpg", tmp_path / "kept.jpg"
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    decide(tmp_path / "out", dataset, "dark/dark-0.jpg", ac.Box(1, 2, 3, 4))
    shutil.copy(image, kept)
    draw(image, "dark", shift=24)
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    assert boxes_of(tmp_path / "out")["dark-0"] != ac.Box(1, 2, 3, 4)
    shutil.copy(kept, image)
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    assert boxes_of(tmp_path / "out")["dark-0"] == ac.Box(1, 2, 3, 4)


def test_min_score_leaves_the_rest_undecided(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    first = ac.annotate(dataset, tmp_path / "out", model=tone_model, auto_accept=False)
    assert (first.boxes, first.counts.undecided) == (0, 4)
    with ac.Session.load(tmp_path / "out") as session:
        scores = {result.image_id: result.score or 0.0 for result in session.results()}
    least = sorted(scores.values())[2]
    good = {image_id for image_id, score in scores.items() if score >= least}
    result = ac.annotate(dataset, tmp_path / "out", model=tone_model, min_score=least)
    assert set(boxes_of(tmp_path / "out")) == good
    assert result.counts.undecided == 4 - len(good)
    assert ac.annotate(dataset, tmp_path / "out", model=tone_model).boxes == 4


def test_background_images_are_kept_without_a_box(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    draw(dataset / "Empty" / "wall.jpg", "bright")
    draw(dataset / "floor" / "floor.jpg", "dark")
    result = ac.annotate(dataset, tmp_path / "out", model=tone_model, background=["floor"])
    written = boxes_of(tmp_path / "out")
    assert result.counts.background == 2
    assert {name for name, box in written.items() if box is None} == {"wall", "floor"}
    assert (tmp_path / "out" / "classes.txt").read_text() == "bright\ndark\n"


# ---- options


@pytest.mark.parametrize(
    ("options", "search", "threshold"),
    [
        ({}, "ensemble", 0.3),
        ({"recipe": "original"}, "bayes", 0.3),
        ({"search": "exact"}, "exact", 0.3),
        ({"threshold": "otsu"}, "ensemble", "otsu"),
        ({"recipe": "original", "search": "contour", "threshold": 0.5}, "contour", 0.5),
    ],
    ids=lambda value: str(value),
)
def test_options_override_the_recipe(
    dataset: Path, tone_model: Path, tmp_path: Path, options: dict[str, Any], search: str, threshold: object
) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model, **options)
    with ac.Session.load(tmp_path / "out") as session:
        first = [result.candidates[0] for result in session.results()]
    assert {(one.search, one.threshold) for one in first} == {(search, threshold)}


def test_default_output_lies_beside_the_data_set(dataset: Path, tone_model: Path) -> None:
    assert ac.annotate(str(dataset), model=str(tone_model)).output == dataset.with_name("photos-annotated")


def test_results_are_recorded_batch_by_batch(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    ac.annotate(dataset, tmp_path / "out", model=tone_model, batch_size=3, listener=events.append)
    steps = [event.done for event in events if isinstance(event, StageAdvanced) and event.stage is Stage.ANNOTATE]
    assert steps == [3, 4]


def test_size_of_batches_does_not_matter_to_boxes(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "one", model=tone_model, batch_size=1)
    ac.annotate(dataset, tmp_path / "all", model=tone_model, batch_size=9)
    assert boxes_of(tmp_path / "one") == boxes_of(tmp_path / "all")


def test_time_is_that_of_the_clock_that_is_handed_in(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    clock = itertools.count(step=10.0)
    result = ac.annotate(dataset, tmp_path / "out", model=tone_model, clock=lambda: next(clock))
    assert result.timings_s["annotate"] == 10.0


# ---- refusals


def nothing_in(root: Path) -> Path:
    root.mkdir()
    return root


def one_class(root: Path) -> Path:
    draw(root / "dark" / "a.jpg", "dark")
    draw(root / "dark" / "b.jpg", "dark")
    return root


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda root: root, {}, "there is no folder"),
        (nothing_in, {}, "has no class folders"),
        (draw_dataset, {"output": "photos/out"}, "lies inside the data set"),
        (draw_dataset, {"recipe": "best"}, "expected a recipe out of original, balanced, thorough"),
        (draw_dataset, {"cam": "scorecam"}, "expected a heat map method out of"),
        (draw_dataset, {"search": "grid"}, "expected a box search out of"),
        (draw_dataset, {"threshold": 1.5}, "expected a threshold between 0 and 1"),
        (draw_dataset, {"max_iter": -1}, "expected max_iter to be 0 or more"),
        (draw_dataset, {"min_score": 2}, "expected a least score from 0 to 1"),
        (draw_dataset, {"classes": "classes.txt"}, "expected a model for --classes"),
        (draw_dataset, {"report": "nowhere/report.json"}, "found no folder"),
        (draw_dataset, {"report": "photos"}, "found a folder"),
        (draw_dataset, {"background": ["wall"]}, "no class folder is called wall"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], Path],
    options: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    root = make(Path("photos"))
    with pytest.raises(UsageError, match=message):
        ac.annotate(root, **({"output": "out"} | options))
    assert not Path("out").exists()
    assert not Path("photos/out").exists()


def test_one_class_cannot_be_trained(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected at least two class folders.*found only 'dark'"):
        ac.annotate(one_class(tmp_path / "photos"))


def test_one_class_is_enough_with_a_model(tmp_path: Path, tone_model: Path) -> None:
    classes = tmp_path / "classes.txt"
    classes.write_text("bright\ndark\n")
    assert ac.annotate(one_class(tmp_path / "photos"), model=tone_model, classes=classes).boxes == 2


@pytest.mark.parametrize(
    ("folder", "options", "message"),
    [
        ("third", {}, "expected a model with 3 outputs"),
        (None, {"model": "nowhere.keras"}, "expected a Keras model file at nowhere.keras"),
        (None, {"model": "photos/dark/dark-0.jpg"}, "expected a model file that ends in .keras or .h5"),
    ],
    ids=["outputs", "missing", "ending"],
)
def test_model_that_does_not_fit_is_refused(
    tmp_path: Path,
    tone_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder: str | None,
    options: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    draw_dataset(Path("photos"))
    if folder is not None:
        draw(Path("photos", folder, "a.jpg"), "dark")
    with pytest.raises(ModelError, match=message):
        ac.annotate("photos", "out", **({"model": tone_model} | options))


def test_output_of_another_data_set_is_refused(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    ac.annotate(dataset, tmp_path / "out", model=tone_model)
    other = draw_dataset(tmp_path / "other")
    with pytest.raises(SessionError, match="choose another --output"):
        ac.annotate(other, tmp_path / "out", model=tone_model)
