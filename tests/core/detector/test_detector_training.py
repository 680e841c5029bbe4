"""A detector that is trained for a few steps on the rows that keras-yolo3 reads, kept, and used."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from drawn_folders import SIZE, draw, draw_dataset
from kept_sessions import keep_all, patch_of

from annot_core.detector.detecting import detect_files
from annot_core.detector.detector import Detector
from annot_core.detector.examples import Example, TrueBox
from annot_core.detector.files import load_detector, save_detector
from annot_core.detector.measuring import measure
from annot_core.detector.request import DetectorSettings
from annot_core.detector.training import STEPS_WANTED, epochs_for, train_detector
from annot_core.errors import ModelError, TrainingError
from annot_core.export.coordinates import from_one_based
from annot_core.exporting import export_output
from annot_core.progress import Event, LossFell, Notice, Stage, StageFinished, StageStarted

SIDE = 64


def read_rows(path: Path) -> Iterator[Example]:
    """Read the images and boxes of a file for keras-yolo3."""
    for line in path.read_text(encoding="utf-8").splitlines():
        image, *boxes = line.split()
        edges = [tuple(map(int, box.split(","))) for box in boxes]
        yield Example(Path(image), SIZE, tuple(TrueBox(from_one_based(*edge[:4]), edge[4]) for edge in edges))


@dataclass(frozen=True)
class Course:
    """A detector, what it was trained on, and what was told meanwhile."""

    detector: Detector
    examples: list[Example]
    events: list[Event]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course")
    output = keep_all(draw_dataset(folder / "photos", 12), folder / "out")
    export_output(output)
    examples = list(read_rows(output / "yolo3" / "train.txt"))
    classes = (output / "classes.txt").read_text().split()
    events: list[Event] = []
    settings = DetectorSettings(epochs=40, image_size=SIDE, batch_size=8)
    ticks = itertools.count()
    detector = train_detector(
        examples, classes, settings, title="rows", listener=events.append, clock=lambda: float(next(ticks))
    )
    return Course(detector, examples, events)


@pytest.mark.slow
def test_the_loss_falls_and_objects_are_found(course: Course) -> None:
    losses = [event.loss for event in course.events if isinstance(event, LossFell)]
    assert len(losses) == 40
    assert np.mean(losses[-3:]) < 0.3 * np.mean(losses[:3])
    assert course.events[0] == StageStarted(Stage.TRAIN, 40, "epochs", "rows")
    assert course.events[-1] == StageFinished(Stage.TRAIN, 1.0)
    found = measure(course.detector, course.examples)
    assert set(found.average_precision) == {"bright", "dark"}
    assert found.loss < 0.3 * losses[0]
    assert found.map50 > 0.8
    assert found.mean_iou > 0.5


@pytest.mark.slow
def test_a_detector_that_is_kept_finds_the_same(course: Course, tmp_path: Path) -> None:
    save_detector(course.detector, tmp_path / "a.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]
    again = load_detector(tmp_path / "a.keras")
    assert (again.classes, again.picture_side) == (course.detector.classes, SIDE)
    pictures = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)
    np.testing.assert_allclose(again.outputs(pictures), course.detector.outputs(pictures), atol=1e-5)

    path, broken = draw(tmp_path / "dark-0.png", "dark"), tmp_path / "broken.png"
    broken.write_bytes(b"")
    first, second = detect_files(tmp_path / "a.keras", [path, broken], min_score=0.3)
    assert first.image_size == SIZE
    assert first.classes[first.detections[0].class_number] == "dark"
    assert first.detections[0].box.iou(patch_of("dark-0.png")) > 0.5
    assert (second.detections, second.reason) == ((), "the file is empty (0 bytes); copy it again or leave it out")


def test_without_a_readable_box_there_is_nothing_to_train(tmp_path: Path) -> None:
    events: list[Event] = []
    empty = Example(draw(tmp_path / "a.png", "dark"), SIZE, ())
    gone = Example(tmp_path / "gone.png", SIZE, (TrueBox(patch_of("dark-0.png"), 0),))
    with pytest.raises(TrainingError, match="found none among 2 images"):
        train_detector([empty, gone], ["dark"], listener=events.append)
    assert events == [Notice("1 images cannot be read and are left out of training")]


def test_parts_of_any_size_get_about_as_many_steps() -> None:
    settings = DetectorSettings(batch_size=10)
    steps = [epochs_for(count, settings) * count / 10 for count in (100, 500, 1000)]
    assert steps == [pytest.approx(STEPS_WANTED, rel=0.05)] * 3
    assert epochs_for(100_000, settings) >= 5
    assert epochs_for(100, DetectorSettings(epochs=7)) == 7


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_detector_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="expected a detector"):
        load_detector(path)


@pytest.mark.slow
def test_a_classifier_is_no_detector(tone_model: Path) -> None:
    with pytest.raises(ModelError, match="a classifier finds no boxes by itself"):
        load_detector(tone_model)
