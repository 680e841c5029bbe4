"""Corrections made elsewhere come into the session, and nothing else changes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_datasets import SIZE, jpeg, put, voc_object, voc_xml, yolo_row

from annot_core.dataset import list_dataset
from annot_core.errors import SessionError, UsageError
from annot_core.export import export_all
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.importing import ImportSummary, Outcome, import_annotations
from annot_core.naming import class_labels, image_ids
from annot_core.records import Annotation, Candidate, Decider, Decision, Proposal, Status, Verdict
from annot_core.session import Session

BOX, OTHER = Box(3, 4, 20, 25), Box(10, 2, 38, 29)
IMAGES = ("cat/a.jpg", "cat/b.jpg", "dog/a.jpg", "dog/d.jpg", "none/e.jpg")
"""Their ids are cat-a, b, dog-a, d and e."""


@dataclass(frozen=True)
class Place:
    """A data set that was annotated, and where another program's files go."""

    photos: Path
    output: Path
    elsewhere: Path

    def session(self) -> Session:
        return Session.load(self.output)

    def decision(self, source: str) -> Decision | None:
        with self.session() as session:
            result = session.result(source)
        assert result is not None
        return result.decision

    def decide(
        self,
        source: str,
        verdict: Verdict,
        box: Box | None = None,
        class_name: str = "",
        by: Decider = Decider.PERSON,
    ) -> None:
        name = class_name or source.partition("/")[0]
        with Session.open(self.output, self.photos) as session:
            session.decide([Decision(source, content_hash(self.photos / source), verdict, name, box, by)])

    def run(self, **options: object) -> ImportSummary:
        return import_annotations(self.output, self.elsewhere, **options)  # type: ignore[arg-type]

    def steps(self) -> int:
        with self.session() as session:
            (count,) = session._connection.execute("SELECT count(*) FROM step WHERE decider = 'person'").fetchone()
        return int(count)


def propose(place: Place, *, status: Status = Status.PROPOSED) -> None:
    listed = list_dataset(place.photos)
    with Session.open(place.output, place.photos) as session:
        session.sync(listed.images, content_hash, image_ids)
        session.register_producer("settings", {})
        heatmap = np.zeros((0, 0), np.float16)
        session.record(
            [
                Proposal(
                    image.source,
                    content_hash(image.path),
                    SIZE,
                    Status.BACKGROUND if image.is_background else status,
                    0.5,
                    0.5,
                    0.5,
                    () if image.is_background else (Candidate(BOX, "exact", 0.3),),
                    heatmap,
                )
                for image in listed.images
            ],
            "settings",
        )


def accept(place: Place) -> None:
    """Keep everything automatically."""
    with Session.open(place.output, place.photos) as session:
        session.decide(
            [
                Decision(one.source, one.content, Verdict.KEEP, one.class_name, one.box, Decider.AUTO)
                for one in session.results()
            ]
        )


def export(place: Place, folder: Path | None = None) -> Path:
    with place.session() as session:
        annotations = list(session.annotations())
    export_all(annotations, folder or place.output, ["voc"], classes=["cat", "dog"])
    return folder or place.output


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and ".autoannot" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def made(root: Path) -> Place:
    """Five images with a proposal each; nothing is decided."""
    place = Place(root / "photos", root / "out", root / "elsewhere")
    for source in IMAGES:
        put(place.photos, source, jpeg())
    propose(place)
    return place


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """What each test gets a copy of; only the images are shared."""
    return made(tmp_path_factory.mktemp("model"))


@pytest.fixture
def place(model: Place, tmp_path: Path) -> Place:
    return copied(model, tmp_path)


def copied(model: Place, folder: Path) -> Place:
    shutil.copytree(model.output, folder / "out")
    return Place(model.photos, folder / "out", folder / "elsewhere")


def voc(place: Place, image_id: str, *objects: str, size: tuple[int, int] = SIZE, file_name: str = "") -> None:
    put(place.elsewhere, f"Annotations/{image_id}.xml", voc_xml(file_name or f"{image_id}.jpg", *objects, size=size))


def obj(name: str, box: Box) -> str:
    return voc_object(name, box.left + 1, box.top + 1, box.right, box.bottom)


# ---- what an image becomes


@pytest.mark.parametrize(
    ("before", "objects", "outcome", "after"),
    [
        pytest.param(None, [("cat", BOX)], Outcome.KEPT, ("keep", "cat", BOX), id="undecided, as proposed"),
        pytest.param(None, [("cat", OTHER)], Outcome.MOVED, ("keep", "cat", OTHER), id="undecided, moved"),
        pytest.param(None, [("dog", BOX)], Outcome.RELABELLED, ("keep", "dog", BOX), id="undecided, relabelled"),
        pytest.param(None, [], Outcome.DROPPED, ("drop", "cat", None), id="undecided, removed"),
        pytest.param(
            ("keep", BOX, Decider.AUTO), [("cat", BOX)], Outcome.CONFIRMED, ("keep", "cat", BOX), id="auto, the same"
        ),
        pytest.param(
            ("keep", BOX, Decider.AUTO), [("cat", OTHER)], Outcome.MOVED, ("keep", "cat", OTHER), id="auto, moved"
        ),
        pytest.param(("keep", BOX, Decider.AUTO), [], Outcome.DROPPED, ("drop", "cat", None), id="auto, removed"),
        pytest.param(
            ("keep", BOX, Decider.PERSON), [("cat", BOX)], Outcome.SAME, ("keep", "cat", BOX), id="person, the same"
        ),
        pytest.param(
            ("keep", BOX, Decider.PERSON),
            [("dog", OTHER)],
            Outcome.RELABELLED,
            ("keep", "dog", OTHER),
            id="person, both",
        ),
        pytest.param(("keep", BOX, Decider.PERSON), [], Outcome.DROPPED, ("drop", "cat", None), id="person, removed"),
        pytest.param(("drop", None, Decider.PERSON), [], Outcome.SAME, ("drop", "cat", None), id="dropped, removed"),
        pytest.param(
            ("drop", None, Decider.PERSON), [("cat", BOX)], Outcome.KEPT, ("keep", "cat", BOX), id="dropped, is back"
        ),
        pytest.param(
            ("later", None, Decider.PERSON), [("cat", OTHER)], Outcome.MOVED, ("keep", "cat", OTHER), id="later, moved"
        ),
    ],
)
def test_what_an_image_says_becomes_a_persons_decision(
    place: Place,
    before: tuple[str, Box | None, Decider] | None,
    objects: list[tuple[str, Box]],
    outcome: Outcome,
    after: tuple[str, str, Box | None],
) -> None:
    if before is not None:
        place.decide("cat/b.jpg", Verdict(before[0]), before[1], by=before[2])
    voc(place, "b", *(obj(name, box) for name, box in objects))

    summary = place.run()

    assert summary.counts == {outcome: 1}
    decision = place.decision("cat/b.jpg")
    assert decision is not None
    assert (decision.verdict, decision.class_name, decision.box, decision.decider) == (*after, Decider.PERSON)
    assert summary.decisions == (outcome is not Outcome.SAME)


def test_a_background_image_without_objects_is_kept_as_one(place: Place) -> None:
    voc(place, "e")

    assert place.run().counts == {Outcome.KEPT: 1}
    decision = place.decision("none/e.jpg")
    assert decision is not None
    assert (decision.verdict, decision.class_name, decision.box) == (Verdict.KEEP, "none", None)


def test_a_box_that_was_drawn_on_a_background_image_is_taken(place: Place) -> None:
    voc(place, "e", obj("cat", OTHER))

    assert place.run().counts == {Outcome.RELABELLED: 1}
    decision = place.decision("none/e.jpg")
    assert decision is not None
    assert (decision.class_name, decision.box) == ("cat", OTHER)


def test_an_image_that_a_person_kept_without_an_object_is_not_dropped(place: Place) -> None:
    place.decide("cat/b.jpg", Verdict.KEEP, None, "none")
    voc(place, "b")

    assert place.run().counts == {Outcome.SAME: 1}


def test_images_that_the_import_lacks_stay_as_they_are(place: Place) -> None:
    place.decide("dog/d.jpg", Verdict.KEEP, OTHER, by=Decider.AUTO)
    voc(place, "b", obj("cat", OTHER))

    summary = place.run()

    assert summary.untouched == 4
    decision = place.decision("dog/d.jpg")
    assert decision is not None
    assert decision.decider is Decider.AUTO
    assert place.decision("dog/a.jpg") is None


def test_an_image_without_an_annotation_says_nothing(place: Place) -> None:
    voc(place, "b", obj("cat", OTHER))
    put(place.elsewhere, "JPEGImages/d.jpg", jpeg())

    assert place.run().counts == {Outcome.MOVED: 1, Outcome.UNANNOTATED: 1}
    assert place.decision("dog/d.jpg") is None


# ---- once and again


def test_an_import_is_one_step_that_undo_takes_back(place: Place) -> None:
    accept(place)
    for image_id in ("b", "d", "cat-a"):
        voc(place, image_id, obj("cat", OTHER))
    place.run()
    assert place.steps() == 1

    with Session.open(place.output, place.photos) as session:
        undone = session.undo()

    assert undone is not None
    assert len(undone.decisions) == 3
    decision = place.decision("cat/b.jpg")
    assert decision is not None
    assert (decision.box, decision.decider) == (BOX, Decider.AUTO)


def test_importing_the_same_again_changes_nothing(place: Place) -> None:
    accept(place)
    voc(place, "b", obj("cat", OTHER))
    voc(place, "d")
    voc(place, "dog-a", obj("dog", BOX))
    voc(place, "e")
    assert place.run().decisions == 4

    again = place.run()

    assert (again.decisions, again.counts) == (0, {Outcome.SAME: 4})
    assert place.steps() == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(place: Place) -> None:
    voc(place, "b", obj("cat", OTHER))

    dry = place.run(dry_run=True)

    assert (place.steps(), dry.is_dry_run) == (0, True)
    wet = place.run()
    assert (wet.counts, wet.is_dry_run) == (dry.counts, False)


def test_a_dry_run_does_not_wait_for_a_review_that_is_open(place: Place) -> None:
    voc(place, "b", obj("cat", OTHER))

    with Session.open(place.output, place.photos):
        assert place.run(dry_run=True).decisions == 1
        with pytest.raises(SessionError, match="has it open"):
            place.run()


def test_what_is_exported_comes_back_and_is_exported_to_the_very_bytes(place: Place) -> None:
    accept(place)
    place.decide("cat/a.jpg", Verdict.KEEP, OTHER)
    place.decide("dog/d.jpg", Verdict.KEEP, BOX, "cat")
    place.decide("cat/b.jpg", Verdict.DROP)
    before = files(export(place))

    summary = import_annotations(place.output, place.output)

    assert summary.counts == {Outcome.SAME: 2, Outcome.CONFIRMED: 2}
    assert (summary.refused, summary.untouched, summary.findings) == ((), 1, ())
    assert files(export(place)) == before


boxes = st.builds(
    lambda left, top, width, height: Box(left, top, min(left + width, SIZE[0]), min(top + height, SIZE[1])),
    st.integers(0, SIZE[0] - 1),
    st.integers(0, SIZE[1] - 1),
    st.integers(1, SIZE[0]),
    st.integers(1, SIZE[1]),
)
verdicts = st.tuples(st.sampled_from(["cat", "dog", "ape: M8", " a  b", "#1", "C\u0327A"]), boxes)


@settings(max_examples=15)
@given(kept=st.dictionaries(st.sampled_from(IMAGES), verdicts, min_size=1), is_forgotten=st.booleans())
def test_export_import_export_gives_the_very_bytes(
    model: Place, kept: dict[str, tuple[str, Box]], is_forgotten: bool
) -> None:
    """Whether the decisions are still there when their export is imported, or are known from nowhere else."""
    with tempfile.TemporaryDirectory() as folder:
        place = copied(model, Path(folder))
        with Session.open(place.output, place.photos) as session:
            session.decide(
                Decision(source, content_hash(place.photos / source), Verdict.KEEP, name, box, Decider.PERSON)
                for source, (name, box) in kept.items()
            )
        before = files(export(place, place.elsewhere))
        if is_forgotten:
            with Session.open(place.output, place.photos) as session:
                session.undo()

        summary = place.run()

        assert summary.refused == ()
        assert sum(summary.counts.values()) == len(kept)
        # The class order is frozen by the first export.
        put(Path(folder), "again/classes.txt", before["classes.txt"])
        assert files(export(place, Path(folder) / "again")) == before


# ---- formats


def as_yolo(place: Place) -> None:
    put(place.elsewhere, "labels/train/b.txt", yolo_row(0, OTHER))
    put(place.elsewhere, "labels/val/d.txt", yolo_row(1, BOX))
    put(place.elsewhere, "data.yaml", "train: labels\nnames: [cat, dog]\n")


def as_coco(place: Place) -> None:
    width, height = SIZE
    images = [
        {"id": number, "file_name": f"{name}.jpg", "width": width, "height": height}
        for number, name in enumerate(("b", "d"))
    ]
    rows = [
        {
            "id": number,
            "image_id": number,
            "category_id": number + 5,
            "bbox": [box.left, box.top, box.width, box.height],
        }
        for number, box in enumerate((OTHER, BOX))
    ]
    categories = [{"id": 5, "name": "cat"}, {"id": 6, "name": "dog"}]
    said = {"images": images, "annotations": rows, "categories": categories}
    put(place.elsewhere, "instances_default.json", json.dumps(said))


def as_voc(place: Place) -> None:
    voc(place, "b", obj("cat", OTHER))
    voc(place, "d", obj("dog", BOX))


@pytest.mark.parametrize(
    ("write", "name"), [(as_voc, "voc"), (as_yolo, "yolo"), (as_coco, "coco")], ids=["voc", "yolo", "coco"]
)
def test_every_format_says_the_same(place: Place, write: Callable[[Place], None], name: str) -> None:
    write(place)

    summary = place.run()

    assert (summary.format, summary.counts) == (name, {Outcome.KEPT: 1, Outcome.MOVED: 1})
    decisions = [place.decision(source) for source in ("cat/b.jpg", "dog/d.jpg")]
    assert [(one.class_name, one.box) for one in decisions if one is not None] == [("cat", OTHER), ("dog", BOX)]


def test_numbers_without_names_are_lines_of_our_own_list(place: Place) -> None:
    put(place.output, "classes.txt", "dog\ncat\n")
    put(place.elsewhere, "labels/b.txt", yolo_row(0, BOX))
    put(place.elsewhere, "labels/d.txt", yolo_row(7, BOX))

    summary = place.run()

    assert summary.counts == {Outcome.RELABELLED: 1, Outcome.UNUSABLE: 1}
    assert [one.reason for one in summary.refused] == ["nothing says what class 7 is"]


def test_ids_of_categories_are_no_lines_of_a_list(place: Place) -> None:
    put(place.output, "classes.txt", "cat\ndog\n")
    as_coco(place)
    path = place.elsewhere / "instances_default.json"
    path.write_text(path.read_text().replace('"category_id": 5', '"category_id": 1'))

    summary = place.run()

    assert summary.counts == {Outcome.KEPT: 1, Outcome.UNUSABLE: 1}
    assert [one.reason for one in summary.refused] == ["nothing says what class 1 is"]


@pytest.mark.parametrize("write", [as_yolo, as_coco], ids=["yolo", "coco"])
def test_a_box_that_lost_a_pixel_in_a_program_that_counts_voc_from_0_is_whole_again(
    place: Place, write: Callable[[Place], None]
) -> None:
    whole = OTHER._replace(left=OTHER.left - 1, top=OTHER.top - 1)
    place.decide("cat/b.jpg", Verdict.KEEP, whole)
    write(place)

    summary = place.run()

    assert (summary.shifted, summary.counts) == (1, {Outcome.SAME: 1, Outcome.KEPT: 1})
    decision = place.decision("cat/b.jpg")
    assert decision is not None
    assert decision.box == whole


def test_a_voc_file_that_moves_a_box_by_a_pixel_is_believed(place: Place) -> None:
    place.decide("cat/b.jpg", Verdict.KEEP, BOX)
    voc(place, "b", obj("cat", BOX._replace(left=BOX.left + 1, top=BOX.top + 1)))

    assert (place.run().shifted, place.run().counts) == (0, {Outcome.SAME: 1})


# ---- several boxes, odd boxes


@pytest.mark.parametrize(
    ("objects", "taken"),
    [
        pytest.param([("cat", OTHER), ("cat", Box(4, 4, 20, 25))], ("cat", Box(4, 4, 20, 25)), id="the nearest"),
        pytest.param([("dog", BOX), ("cat", OTHER)], ("dog", BOX), id="the nearest of another class"),
        pytest.param(
            [("dog", Box(30, 26, 39, 30)), ("cat", Box(30, 26, 34, 28))], ("cat", Box(30, 26, 34, 28)), id="the class"
        ),
        pytest.param(
            [("cat", Box(30, 26, 34, 28)), ("cat", Box(30, 26, 39, 30))], ("cat", Box(30, 26, 39, 30)), id="the largest"
        ),
    ],
)
def test_of_several_boxes_one_is_taken_and_told(
    place: Place, objects: list[tuple[str, Box]], taken: tuple[str, Box]
) -> None:
    voc(place, "b", *(obj(name, box) for name, box in objects))

    summary = place.run()

    decision = place.decision("cat/b.jpg")
    assert decision is not None
    assert (decision.class_name, decision.box) == taken
    assert [one.reason for one in summary.several] == [f"2 boxes; taken is {tuple(taken[1])} of {taken[0]!r}"]


def test_a_box_is_cut_off_at_the_border_and_told(place: Place) -> None:
    voc(place, "b", voc_object("cat", -5, 5, 99, 20))

    summary = place.run()

    decision = place.decision("cat/b.jpg")
    assert decision is not None
    assert decision.box == Box(0, 4, 40, 20)
    assert [one.reason for one in summary.cut] == ["cut off at the border to (0, 4, 40, 20)"]


def test_a_voc_box_that_counts_from_0_is_not_cut(place: Place) -> None:
    voc(place, "b", voc_object("cat", 0, 0, 20, 20))

    assert place.run().cut == ()


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        pytest.param(
            voc_xml("b.jpg", voc_object("cat", 50, 50, 60, 60)),
            Outcome.UNUSABLE,
            "no box of it lies in the picture of 40 x 30",
            id="outside",
        ),
        pytest.param(
            voc_xml("b.jpg", voc_object("cat", 20, 5, 4, 25)), Outcome.UNUSABLE, "no box of it lies", id="inverted"
        ),
        pytest.param(voc_xml("b.jpg", obj("none", BOX)), Outcome.UNUSABLE, "class without an object", id="background"),
        pytest.param(
            voc_xml("b.jpg", obj("cat", BOX), "<object/>"), Outcome.UNUSABLE, "could not be read", id="malformed"
        ),
        pytest.param("<annotation>", Outcome.UNUSABLE, "Annotations/b.xml could not be read", id="half a file"),
        pytest.param(
            voc_xml("b.jpg", obj("cat", BOX), size=(30, 40)),
            Outcome.OTHER_SIZE,
            "expected a picture of 40 x 30, found 30 x 40; it was turned, as EXIF has it",
            id="turned",
        ),
        pytest.param(voc_xml("b.jpg", size=(80, 60)), Outcome.OTHER_SIZE, "found 80 x 60", id="larger"),
    ],
)
def test_what_cannot_be_taken_is_told_and_changes_nothing(
    place: Place, text: str, outcome: Outcome, reason: str
) -> None:
    put(place.elsewhere, "Annotations/b.xml", text)

    summary = place.run()

    assert summary.counts == {outcome: 1}
    (refused,) = summary.refused
    assert (refused.source, refused.outcome) == ("cat/b.jpg", outcome)
    assert reason in refused.reason
    assert place.decision("cat/b.jpg") is None


def test_shares_of_a_picture_of_another_size_are_not_taken(place: Place) -> None:
    put(place.elsewhere, "labels/b.txt", yolo_row(0, BOX))
    put(place.elsewhere, "images/b.jpg", jpeg((30, 40)))
    put(place.elsewhere, "data.yaml", "train: images\nnames: [cat]\n")

    assert place.run().counts == {Outcome.OTHER_SIZE: 1}


def test_an_image_that_was_not_read_here_is_told(tmp_path: Path) -> None:
    place = made(tmp_path)
    put(place.photos, "cat/new.jpg", jpeg())
    with Session.open(place.output, place.photos) as session:
        session.sync(list_dataset(place.photos).images, content_hash, image_ids)
    voc(place, "new", obj("cat", BOX))

    summary = place.run()

    assert summary.counts == {Outcome.NOT_READ: 1}
    assert "annotate the data set first" in summary.refused[0].reason


# ---- which image is meant


def test_an_image_that_nobody_knows_is_told(place: Place) -> None:
    voc(place, "zebra", obj("cat", BOX))

    summary = place.run()

    assert summary.counts == {Outcome.UNKNOWN: 1}
    assert summary.refused[0].name == "JPEGImages/zebra.jpg"


def test_a_name_that_two_images_have_is_told(place: Place) -> None:
    voc(place, "a", obj("cat", BOX))

    summary = place.run()

    assert summary.counts == {Outcome.AMBIGUOUS: 1}
    assert "it can be 'cat/a.jpg' and 'dog/a.jpg'" in summary.refused[0].reason


def test_two_entries_that_say_different_things_of_an_image_are_told(place: Place) -> None:
    voc(place, "b", obj("cat", BOX))
    voc(place, "B", obj("cat", OTHER))

    summary = place.run()

    assert summary.counts == {Outcome.AMBIGUOUS: 2}
    assert place.decision("cat/b.jpg") is None


def test_two_entries_that_say_the_same_are_one(place: Place) -> None:
    voc(place, "b", obj("cat", OTHER))
    voc(place, "B", obj("cat", OTHER))

    assert place.run().counts == {Outcome.MOVED: 1}


# ---- classes


def test_a_class_that_is_new_is_taken_and_told(place: Place) -> None:
    voc(place, "b", obj("ape", BOX))

    summary = place.run()

    assert (summary.counts, summary.new_classes) == ({Outcome.RELABELLED: 1}, ("ape",))
    decision = place.decision("cat/b.jpg")
    assert decision is not None
    assert decision.class_name == "ape"


# ---- what cannot be imported at all


@pytest.mark.parametrize(
    ("output", "source", "error", "message"),
    [
        pytest.param("nowhere", "elsewhere", SessionError, "expected an output folder with a session", id="no session"),
        pytest.param("out", "nowhere", UsageError, "found nothing at", id="nothing to import"),
        pytest.param("out", "out", UsageError, "found none of them", id="no data set"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    place: Place, output: str, source: str, error: type[Exception], message: str
) -> None:
    voc(place, "b")
    root = place.output.parent

    with pytest.raises(error, match=message):
        import_annotations(root / output, root / source)


def test_labels_of_hostile_classes_come_back(place: Place, tmp_path: Path) -> None:
    labels = class_labels(["a: b", "a_ b"])
    assert labels == {"a: b": "a_ b_2", "a_ b": "a_ b"}
    place.decide("cat/b.jpg", Verdict.KEEP, BOX, "a: b")
    place.decide("dog/d.jpg", Verdict.KEEP, BOX, "a_ b")
    with place.session() as session:
        annotations: list[Annotation] = list(session.annotations())
    export_all(annotations, place.elsewhere, ["voc"], classes=["cat", "dog"])

    assert place.run().counts == {Outcome.SAME: 2}
