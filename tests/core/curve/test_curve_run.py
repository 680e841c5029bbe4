"""The curve over a session: what trains, what is measured again and what is not, what is on disk; without a network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from drawn_folders import draw_dataset
from kept_sessions import keep_all

from annot_core.curve.points import POINTS_FILE
from annot_core.curve.run import LOCK_FILE, Curve, learning_curve
from annot_core.curve.verdict import Verdict
from annot_core.detector.examples import Example
from annot_core.detector.measuring import Measures
from annot_core.detector.request import DetectorSettings
from annot_core.errors import ExportError, SessionError, UsageError
from annot_core.progress import Event, Notice
from annot_core.records import Annotation, Copy
from annot_core.session import Session


@dataclass
class Trainings:
    """What was trained and tested, and after how many trainings the next one is killed."""

    trained: list[list[Example]] = field(default_factory=list)
    tested: list[list[Example]] = field(default_factory=list)
    most: int = 99


class Killed(BaseException):
    """The end of a process, as far as what follows it is concerned."""


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    """Trainings that take no time; the loss is 8 over the number of images."""
    seen = Trainings()

    def train(examples: Sequence[Example], classes: Sequence[str], settings: Any, **_: Any) -> Any:
        if len(seen.trained) >= seen.most:
            raise Killed
        seen.trained.append(list(examples))
        return SimpleNamespace(images=len(examples), classes=tuple(classes))

    def measure(detector: Any, examples: Sequence[Example]) -> Measures:
        seen.tested.append(list(examples))
        return Measures(8 / detector.images, dict.fromkeys(detector.classes, 0.5), 0.25)

    monkeypatch.setattr("annot_core.detector.training.train_detector", train)
    monkeypatch.setattr("annot_core.detector.measuring.measure", measure)
    monkeypatch.setattr("annot_core.detector.files.save_detector", lambda detector, path: path.write_bytes(b"model"))
    return seen


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A session with ten kept images of each of two classes."""
    return keep_all(draw_dataset(tmp_path / "photos", 10), tmp_path / "out")


def copy_of(one: Annotation, number: int) -> Copy:
    """An augmented image of a kept one."""
    name = f"{one.image_id}-copy"
    return Copy(number, "plan", replace(one, image_id=name, original=one.image_id), (one,))


def sizes_of(curve: Curve) -> list[int]:
    return [point.images for point in curve.points]


def told(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def test_growing_parts_train_and_the_same_images_test(output: Path, trainings: Trainings) -> None:
    curve = learning_curve(output, [4, 8, 2])
    assert sizes_of(curve) == [2, 4, 8]
    assert [len(part) for part in trainings.trained] == [2, 4, 8]
    assert trainings.trained[2][:4] == trainings.trained[1] == [*trainings.trained[0], *trainings.trained[1][2:]]
    assert trainings.tested[0] == trainings.tested[1] == trainings.tested[2]
    assert len(trainings.tested[0]) == curve.held_out
    paths = {one.path for one in trainings.tested[0]}
    assert paths.isdisjoint(one.path for one in trainings.trained[2])
    assert [(point.loss, point.map50, point.mean_iou) for point in curve.points][2] == (1.0, 0.5, 0.25)
    assert curve.verdict is Verdict.IMPROVING


def test_boxes_and_classes_are_those_that_are_kept(output: Path, trainings: Trainings) -> None:
    learning_curve(output, [8])
    with Session.load(output) as session:
        kept = {one.path: (one.box, one.class_name, one.image_size) for one in session.annotations()}
    for one in trainings.trained[0]:
        (true,) = one.boxes
        assert kept[one.path] == (true.box, ["bright", "dark"][true.class_number], one.image_size)


def test_augmented_images_train_behind_the_own_ones_but_for_those_of_what_is_held_out(
    output: Path, trainings: Trainings
) -> None:
    first = learning_curve(output, [99])
    with Session.open(output, output.parent / "photos") as session:
        kept = list(session.annotations())
        session.record_copies(copy_of(one, number) for number, one in enumerate(kept, start=1))
    second = learning_curve(output, [99])
    own, copies = trainings.trained[1][: first.points[0].images], trainings.trained[1][first.points[0].images :]
    assert own == trainings.trained[0]
    assert {one.path.name for one in copies} == {f"{one.path.stem}-copy.jpg" for one in own}
    assert trainings.tested[0] == trainings.tested[1]
    assert second.points[0].images == 2 * first.points[0].images


def test_files_are_there_and_the_largest_detector_is_named(output: Path, trainings: Trainings) -> None:
    curve = learning_curve(output, [2, 4])
    assert curve.plot.read_bytes().startswith(b"\x89PNG")
    assert curve.model == output / "curve" / "detector-4.keras"
    names = sorted(path.name for path in (output / "curve").iterdir())
    assert names == ["curve.json", "curve.png", "detector-2.keras", "detector-4.keras"]
    points = json.loads((output / "curve" / POINTS_FILE).read_text())["points"]
    assert [(point["images"], point["loss"]) for point in points] == [(2, 4.0), (4, 2.0)]


def test_more_than_there_is_means_all_there_is(output: Path, trainings: Trainings) -> None:
    events: list[Event] = []
    curve = learning_curve(output, [4, 1000, 2000], listener=events.append)
    assert sizes_of(curve) == [4, 20 - curve.held_out]
    assert f"{20 - curve.held_out} images can train and {curve.held_out} are held out" in told(events)


def test_what_was_measured_is_not_measured_again(output: Path, trainings: Trainings) -> None:
    first = learning_curve(output, [2, 4])
    events: list[Event] = []
    assert learning_curve(output, [2, 4], listener=events.append) == first
    assert len(trainings.trained) == 2
    assert "2 images: measured before" in told(events)


def test_a_killed_run_goes_on_with_the_size_that_it_was_at(output: Path, trainings: Trainings) -> None:
    trainings.most = 1
    with pytest.raises(Killed):
        learning_curve(output, [2, 4])
    trainings.most = 99
    assert sizes_of(learning_curve(output, [2, 4])) == [2, 4]
    assert [len(part) for part in trainings.trained] == [2, 4]


def test_other_sizes_are_remembered(output: Path, trainings: Trainings) -> None:
    learning_curve(output, [2, 4])
    assert sizes_of(learning_curve(output, [8])) == [8]
    assert sizes_of(learning_curve(output, [2, 4, 8])) == [2, 4, 8]
    assert len(trainings.trained) == 3


@pytest.mark.parametrize("settings", [{"seed": 1}, {"epochs": 3}, {"image_size": 64}, {"batch_size": 2}])
def test_other_settings_are_measured_anew(output: Path, trainings: Trainings, settings: dict[str, int]) -> None:
    learning_curve(output, [2])
    learning_curve(output, [2], settings=DetectorSettings(**settings))
    assert len(trainings.trained) == 2


def test_other_images_are_measured_anew(output: Path, trainings: Trainings) -> None:
    learning_curve(output, [2, 4])
    keep_all(draw_dataset(output.parent / "photos", 14), output)
    learning_curve(output, [2, 4])
    assert len(trainings.trained) == 4


@pytest.mark.parametrize("name", [POINTS_FILE, "detector-2.keras"])
def test_what_was_deleted_is_measured_anew(output: Path, trainings: Trainings, name: str) -> None:
    learning_curve(output, [2])
    (output / "curve" / name).unlink()
    learning_curve(output, [2])
    assert len(trainings.trained) == 2


def test_a_damaged_file_of_points_is_as_if_there_were_none(output: Path, trainings: Trainings) -> None:
    learning_curve(output, [2])
    (output / "curve" / POINTS_FILE).write_text('{"points": [{"images": 2}]}')
    assert sizes_of(learning_curve(output, [2])) == [2]
    assert len(trainings.trained) == 2


def test_a_folder_that_is_in_the_way_is_told(output: Path, trainings: Trainings) -> None:
    (output / "curve").write_text("in the way")
    with pytest.raises(ExportError, match="expected to write the curve to"):
        learning_curve(output, [2])


def test_two_at_once_are_refused(output: Path, trainings: Trainings) -> None:
    with Session.load(output) as session, session.alone(LOCK_FILE), pytest.raises(SessionError):
        learning_curve(output, [2])
    assert not trainings.trained


@pytest.mark.parametrize("sizes", [[], [0], [5, -1]], ids=["none", "zero", "negative"])
def test_sizes_that_are_none_are_refused(output: Path, sizes: list[int]) -> None:
    with pytest.raises(UsageError, match="numbers of images, each at least 1"):
        learning_curve(output, sizes)


def test_a_session_with_nothing_kept_is_refused(tmp_path: Path) -> None:
    root = draw_dataset(tmp_path / "photos")
    Session.open(tmp_path / "out", root).close()
    with pytest.raises(UsageError, match="found 0 boxes in all"):
        learning_curve(tmp_path / "out", [2])


def test_images_that_are_gone_altogether_are_an_error(output: Path) -> None:
    shutil.rmtree(output.parent / "photos")
    with pytest.raises(UsageError, match="where they were annotated"):
        learning_curve(output, [2])


def test_a_folder_without_a_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="found no"):
        learning_curve(tmp_path, [2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 100}, "--image-size 96 is near"),
        ({"epochs": 0}, "at least 1"),
        ({"batch_size": 0}, "at least 1"),
    ],
)
def test_settings_that_no_network_takes_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        DetectorSettings(**settings)
