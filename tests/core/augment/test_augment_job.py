"""The whole job: what is made, kept, made again, exported and removed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from drawn_folders import TONES, draw
from kept_outputs import draw_with_backgrounds, keep_all
from PIL import Image

from annot_core.augment.drawing import Drawer, Drawn
from annot_core.augment.files import CopyFiles
from annot_core.augment.job import Augmented, augment_output
from annot_core.augment.settings import AugmentSettings, Effect
from annot_core.dataset import list_dataset
from annot_core.errors import ExportError, UsageError
from annot_core.export import exporter_names
from annot_core.exporting import export_output
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.naming import image_ids
from annot_core.progress import Event, Stage, StageAdvanced, StageFinished, StageStarted
from annot_core.records import Annotation, Decider, Decision, Verdict
from annot_core.session import Session

COUNT = 24


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder with three kept images of each of two classes, and two without an object."""
    return keep_all(draw_with_backgrounds(tmp_path / "photos"))


def files(output: Path) -> dict[str, bytes]:
    """The exported files by path, without the session."""
    found = (path for path in output.rglob("*") if path.is_file() and ".autoannot" not in path.parts)
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in found}


def copies(output: Path) -> list[Annotation]:
    with Session.load(output) as session:
        return list(session.copies())


def exported(output: Path) -> set[str]:
    return {path.stem for path in (output / "JPEGImages").iterdir()}


def drop(output: Path, source: str) -> None:
    decide(output, source, Verdict.DROP, None)


def decide(output: Path, source: str, verdict: Verdict, box: Box | None) -> None:
    with Session.load(output) as session:
        result, root = session.result(source), session.root
    assert result is not None
    with Session.open(output, root) as session:
        session.decide([Decision(source, result.content, verdict, result.class_name, box, Decider.PERSON)])


def count_drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list that the number of each copy is added to as it is drawn."""
    drawn: list[int] = []
    real = Drawer.draw

    def counting(self: Drawer, original: Annotation, ground: Annotation | None, number: int, draft: int = 0) -> Drawn:
        drawn.append(number)
        return real(self, original, ground, number, draft)

    monkeypatch.setattr(Drawer, "draw", counting)
    return drawn


def sets_of(output: Path) -> dict[str, str]:
    """The set of each image by its id."""
    lists = [path for path in (output / "ImageSets" / "Main").glob("*.txt") if path.stem != "trainval"]
    return {image_id: path.stem for path in lists for image_id in path.read_text().split()}


def test_every_format_has_all_augmented_images(output: Path) -> None:
    result = augment_output(output, COUNT, formats=exporter_names())
    assert result.export is not None
    assert (result.images, result.made, result.left_out, result.failures) == (COUNT, COUNT, 0, ())
    assert {report.images for report in result.export.reports} == {COUNT + 8}
    assert len({report.boxes for report in result.export.reports}) == 1
    assert result.export.augmented == COUNT
    assert result.export.problems == ()
    assert "augmented.csv" in result.export.places


def test_images_are_whole_and_boxes_lie_in_them(output: Path) -> None:
    augment_output(output, COUNT)
    for copy in copies(output):
        with Image.open(copy.path) as image:
            image.load()
            assert image.size == copy.image_size
        assert copy.box is None or copy.box.fits(*copy.image_size)
        assert content_hash(copy.path) == copy.content


def test_classes_are_balanced_and_some_images_show_nothing(output: Path) -> None:
    assert augment_output(output, 30).classes == {"bright": 14, "dark": 13, "empty": 3}


def test_each_image_knows_its_original_and_is_in_its_set(output: Path) -> None:
    augment_output(output, COUNT, formats=["voc"], shares={"train": 0.5, "val": 0.3, "test": 0.2})
    sets = sets_of(output)
    with (output / "augmented.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == sorted(copy.image_id for copy in copies(output))
    assert any(row["ground"] for row in rows)
    for row in rows:
        assert row["original"] in exported(output)
        assert sets[row["id"]] == sets[row["original"]]
        assert not row["ground"] or sets[row["ground"]] == sets[row["original"]]


def test_the_same_again_draws_nothing_and_changes_no_byte(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    augment_output(output, COUNT)
    before = files(output)
    drawn = count_drawn(monkeypatch)
    result = augment_output(output, COUNT)
    assert drawn == []
    assert (result.images, result.made) == (COUNT, 0)
    assert files(output) == before


def test_the_same_seed_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    outputs = [keep_all(draw_with_backgrounds(tmp_path / name / "photos")) for name in ("one", "two")]
    for one in outputs:
        augment_output(one, COUNT, formats=["voc"])
    first, second = map(files, outputs)
    assert first == second


def test_another_seed_gives_other_images(output: Path) -> None:
    augment_output(output, COUNT)
    before = {copy.content for copy in copies(output)}
    augment_output(output, COUNT, AugmentSettings(seed=1))
    assert before.isdisjoint(copy.content for copy in copies(output))


def test_a_larger_count_keeps_the_earlier_images(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    augment_output(output, 10)
    before = {copy.image_id: copy.content for copy in copies(output)}
    drawn = count_drawn(monkeypatch)
    augment_output(output, COUNT)
    assert sorted(drawn) == list(range(11, COUNT + 1))
    after = {copy.image_id: copy.content for copy in copies(output)}
    assert before.items() < after.items()


@pytest.mark.parametrize("count", [0, 7])
def test_a_smaller_count_removes_the_rest(output: Path, count: int) -> None:
    before = exported(output) if (output / "JPEGImages").exists() else set()
    augment_output(output, COUNT)
    augment_output(output, count)
    assert len(exported(output)) == 8 + count
    assert len(list((output / ".autoannot" / "augmented").iterdir())) == count
    assert (output / "augmented.csv").exists() == (count > 0)
    assert not before


def test_a_plain_export_keeps_them(output: Path) -> None:
    augment_output(output, COUNT)
    before = files(output)
    export_output(output)
    assert files(output) == before


def test_another_split_leaves_out_what_would_join_two_sets(output: Path) -> None:
    augment_output(output, 60, shares={"train": 1.0})
    assert len(exported(output)) == 68
    export_output(output, shares={"train": 0.5, "val": 0.5})
    sets = sets_of(output)
    grounds = {copy.image_id: copy.ground for copy in copies(output) if copy.ground}
    assert {one for one in grounds if one not in sets}
    assert all(sets[one] == sets[ground] for one, ground in grounds.items() if one in sets)
    assert {copy.image_id for copy in copies(output) if not copy.ground} <= exported(output)


def test_they_take_no_room_twice(output: Path) -> None:
    augment_output(output, 3)
    assert all((output / "JPEGImages" / copy.path.name).samefile(copy.path) for copy in copies(output))


@pytest.mark.parametrize(
    ("verdict", "box"),
    [
        pytest.param(Verdict.DROP, None, id="dropped"),
        pytest.param(Verdict.LATER, None, id="undecided"),
        pytest.param(Verdict.KEEP, Box(2, 2, 30, 40), id="another box"),
    ],
)
def test_what_is_made_from_a_changed_decision_goes_and_comes_back(
    output: Path, verdict: Verdict, box: Box | None
) -> None:
    augment_output(output, COUNT)
    before = files(output)
    theirs = {copy.image_id for copy in copies(output) if "bright-1" in (copy.original, copy.ground)}
    # With one image less others may come into other sets, and then keep away from one another.
    unconcerned = {copy.image_id for copy in copies(output) if not copy.ground} - theirs
    assert theirs
    assert unconcerned
    decide(output, "bright/bright-1.jpg", verdict, box)
    export_output(output)
    assert theirs.isdisjoint(exported(output))
    assert unconcerned <= exported(output)
    assert ("bright-1" in exported(output)) == (verdict is Verdict.KEEP)
    with Session.load(output) as session:
        root = session.root
    with Session.open(output, root) as session:
        session.undo()
    export_output(output)
    assert files(output) == before


def test_after_a_change_as_many_are_made_as_were_asked_for(output: Path) -> None:
    augment_output(output, COUNT)
    drop(output, "bright/bright-1.jpg")
    result = augment_output(output, COUNT)
    assert result.images == COUNT
    assert not [copy for copy in copies(output) if "bright-1" in (copy.original, copy.ground)]
    assert len(exported(output)) == 7 + COUNT


def test_an_image_that_changed_is_told_and_the_others_are_made(output: Path) -> None:
    draw(output.with_name("photos") / "dark" / "dark-2.jpg", "dark", shift=3)
    result = augment_output(output, COUNT)
    assert [failure.source for failure in result.failures] == ["dark/dark-2.jpg"]
    assert "changed since its box was kept" in result.failures[0].reason
    assert 0 < result.images < COUNT


def test_a_later_image_has_a_right_to_its_name(output: Path) -> None:
    augment_output(output, COUNT)
    taken = copies(output)[0].image_id
    photos = output.with_name("photos")
    draw(photos / "dark" / f"{taken}.jpg", "dark")
    with Session.open(output, photos) as session:
        session.sync(list_dataset(photos).images, content_hash, image_ids)
    assert taken not in {copy.image_id for copy in copies(output)}
    augment_output(output, COUNT)
    assert taken not in {copy.image_id for copy in copies(output)}
    assert len(copies(output)) == COUNT


class Killed(BaseException):
    """What no code of ours expects."""


def test_a_run_that_was_killed_goes_on(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annot_core.augment.job._TOGETHER", 4)
    real = CopyFiles.write
    with monkeypatch.context() as killing:

        def write(self: CopyFiles, image_id: str, data: bytes) -> None:
            if image_id.endswith("-aug-20"):
                raise Killed
            real(self, image_id, data)

        killing.setattr(CopyFiles, "write", write)
        with pytest.raises(Killed):
            augment_output(output, 60)
    assert len(copies(output)) >= 4
    drawn = count_drawn(monkeypatch)
    assert augment_output(output, 60).images == 60
    assert len(drawn) < 60
    left = files(output)
    augment_output(output, 0)
    augment_output(output, 60)
    assert files(output) == left


def test_a_full_disk_ends_the_run_with_a_reason_and_what_is_there_stays(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    augment_output(output, 5)
    before = files(output)

    def full(self: Path, data: bytes) -> int:
        if self.name.endswith(".partial"):
            with self.open("wb") as file:
                file.write(data[:10])
            raise OSError(28, "No space left on device")
        return len(data)

    with monkeypatch.context() as filling:
        filling.setattr(Path, "write_bytes", full)
        with pytest.raises(ExportError, match="No space left on device"):
            augment_output(output, COUNT)
    assert files(output) == before
    assert not list((output / ".autoannot" / "augmented").glob("*.partial"))
    assert augment_output(output, COUNT).images == COUNT


def test_a_damaged_file_is_made_again(output: Path) -> None:
    augment_output(output, COUNT)
    before = files(output)
    victim = copies(output)[3].path
    victim.write_bytes(b"nonsense")
    assert augment_output(output, COUNT).made == 1
    assert files(output) == before


def test_stray_files_are_removed(output: Path) -> None:
    augment_output(output, 2)
    folder = output / ".autoannot" / "augmented"
    for name in ("gone-aug-9.jpg", "half-aug-1.jpg.partial"):
        (folder / name).write_bytes(b"")
    augment_output(output, 2)
    assert len(list(folder.iterdir())) == 2


def test_a_listener_hears_how_far_it_is(output: Path) -> None:
    heard: list[Event] = []
    augment_output(output, COUNT, listener=heard.append)
    own = [event for event in heard if getattr(event, "stage", None) is Stage.AUGMENT]
    assert own[0] == StageStarted(Stage.AUGMENT, COUNT)
    assert [event for event in own if isinstance(event, StageAdvanced)][-1].done == COUNT
    assert isinstance(own[-1], StageFinished)


def test_nothing_kept_is_told(tmp_path: Path) -> None:
    output = keep_all(draw_with_backgrounds(tmp_path / "photos"))
    for tone in TONES:
        for number in range(3):
            drop(output, f"{tone}/{tone}-{number}.jpg")
    for number in range(2):
        drop(output, f"empty/empty-{number}.jpg")
    with pytest.raises(UsageError, match="expected kept images"):
        augment_output(output, COUNT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": -1}, "0 or more images"),
        ({"count": 1, "formats": ["none"]}, "expected a format"),
        ({"count": 1, "shares": {"train": 0.5}}, "shares"),
        ({"count": 1, "recipe": "none"}, "recipe"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_told_before_anything_is_done(
    output: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        augment_output(output, **options)
    assert not (output / "JPEGImages").exists()


def test_a_photo_that_is_gone_does_not_end_the_run(output: Path) -> None:
    (output.with_name("photos") / "dark" / "dark-0.jpg").unlink()
    result: Augmented = augment_output(output, COUNT, AugmentSettings(without={Effect.PASTE}))
    assert [failure.source for failure in result.failures] == ["dark/dark-0.jpg"]
    assert result.export is not None
    assert [failure.source for failure in result.export.problems] == ["dark/dark-0.jpg"]
