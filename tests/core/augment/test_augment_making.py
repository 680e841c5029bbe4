"""Copies whose boxes are found anew, with an engine that says what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from drawn_folders import PATCH, SIZE, draw

from annot_core.augment.drawing import Drawer
from annot_core.augment.files import CopyFiles
from annot_core.augment.making import DRAFTS, AnnotateMaker, Order, TransformMaker
from annot_core.augment.settings import AugmentSettings
from annot_core.errors import ExportError
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.records import Annotation, Candidate, Copy, Decider, Failure, LabelledImage, Proposal, Status

FOUND = Box(3, 4, 9, 10)
Says = Callable[[str, int], Status | float | str]
"""Says of an image and how often it was asked for: a score, that there is no evidence, or a reason to fail."""


class Engine:
    """Proposes `FOUND` with the score that it is told."""

    def __init__(self, says: Says) -> None:
        self.asked: list[str] = []
        self._says = says

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        # In any order, as an engine may.
        for image in reversed(list(images)):
            assert image.path.is_file()
            self.asked.append(image.source)
            yield [self._outcome(image, self._says(image.source, self.asked.count(image.source)))]

    def _outcome(self, image: LabelledImage, said: Status | float | str) -> Proposal | Failure:
        if isinstance(said, str) and not isinstance(said, Status):
            return Failure(image.source, "read", said)
        has_box = isinstance(said, float)
        candidates = (Candidate(FOUND, "ensemble", 0.3),) if has_box else ()
        status = Status.PROPOSED if isinstance(said, float) else Status(said)
        score = said if isinstance(said, float) else 0.0
        return Proposal(image.source, "", SIZE, status, score, 1.0, 1.0, candidates, np.zeros((0, 0), np.float16))


@pytest.fixture
def originals(tmp_path: Path) -> dict[str, Annotation]:
    found = {}
    for name, box in (("bright", PATCH), ("dark", PATCH), ("empty", None)):
        path = draw(tmp_path / "photos" / name / f"{name}.jpg", "dark" if name == "dark" else "bright")
        content = content_hash(path)
        found[name] = Annotation(name, path, f"{name}/{name}.jpg", name, box, SIZE, content, 0.9, Decider.PERSON)
    return found


@pytest.fixture
def files(tmp_path: Path) -> CopyFiles:
    return CopyFiles(tmp_path / "copies")


def order(original: Annotation, number: int = 1) -> Order:
    return Order(number, f"{original.image_id}-aug-{number}", f"plan-{number}", original, None)


def make(
    files: CopyFiles, engine: Engine, orders: list[Order], classes: tuple[str, ...] = ("bright", "dark")
) -> list[Copy | Failure]:
    drafting = TransformMaker(Drawer(AugmentSettings(), lambda source: np.zeros((0, 0), np.float16)), files)
    return list(AnnotateMaker(drafting, files, engine, classes, 0.5).make(orders))


def test_the_box_is_the_one_that_was_found(files: CopyFiles, originals: dict[str, Annotation]) -> None:
    engine = Engine(lambda source, time: 0.8)
    (copy,) = make(files, engine, [order(originals["bright"])])
    assert isinstance(copy, Copy)
    assert (copy.annotation.box, copy.annotation.score, copy.annotation.decider) == (FOUND, 0.8, Decider.AUTO)
    assert copy.annotation.original == "bright"
    assert content_hash(files.path("bright-aug-1")) == copy.annotation.content


@pytest.mark.parametrize("doubtful", [0.4, Status.NO_EVIDENCE, "cannot be read"], ids=str)
def test_what_is_doubtful_is_drawn_anew(
    files: CopyFiles, originals: dict[str, Annotation], doubtful: float | Status | str
) -> None:
    contents: list[str] = []

    def says(source: str, time: int) -> float | Status | str:
        contents.append(content_hash(files.folder / source))
        return doubtful if time < DRAFTS else 0.5

    (copy,) = make(files, Engine(says), [order(originals["bright"])])
    assert isinstance(copy, Copy)
    assert copy.annotation.box == FOUND
    assert len(set(contents)) == DRAFTS
    assert copy.annotation.content == contents[-1]


def test_what_stays_doubtful_is_left_out_without_its_file(files: CopyFiles, originals: dict[str, Annotation]) -> None:
    engine = Engine(lambda source, time: 0.49)
    (copy,) = make(files, engine, [order(originals["bright"])])
    assert isinstance(copy, Copy)
    assert "no box with a score" in copy.reason
    assert len(engine.asked) == DRAFTS
    assert not list(files.folder.iterdir())


def test_others_are_not_asked_for_again(files: CopyFiles, originals: dict[str, Annotation]) -> None:
    engine = Engine(lambda source, time: 0.8 if "dark" in source else 0.1)
    made = make(files, engine, [order(originals["bright"], 1), order(originals["dark"], 2)])
    assert [bool(copy.reason) for copy in made if isinstance(copy, Copy)] == [True, False]
    assert engine.asked.count("dark-aug-2.jpg") == 1


def test_an_image_without_an_object_is_not_asked_for(files: CopyFiles, originals: dict[str, Annotation]) -> None:
    engine = Engine(lambda source, time: 0.8)
    (copy,) = make(files, engine, [order(originals["empty"])])
    assert isinstance(copy, Copy)
    assert (copy.reason, copy.annotation.box, engine.asked) == ("", None, [])


def test_a_class_that_the_classifier_does_not_know_is_left_out(
    files: CopyFiles, originals: dict[str, Annotation]
) -> None:
    engine = Engine(lambda source, time: 0.8)
    (copy,) = make(files, engine, [order(originals["bright"])], classes=("dark",))
    assert isinstance(copy, Copy)
    assert copy.reason == "the classifier does not know its class"
    assert engine.asked == []


def test_outcomes_come_in_the_order_of_the_orders(files: CopyFiles, originals: dict[str, Annotation]) -> None:
    orders = [order(originals["bright" if number % 2 else "dark"], number) for number in range(1, 150)]
    made = make(files, Engine(lambda source, time: 0.8), orders)
    assert [copy.number for copy in made if isinstance(copy, Copy)] == list(range(1, 150))


def test_an_original_that_is_gone_is_a_failure(files: CopyFiles, originals: dict[str, Annotation]) -> None:
    originals["bright"].path.unlink()
    (failure,) = make(files, Engine(lambda source, time: 0.8), [order(originals["bright"])])
    assert isinstance(failure, Failure)
    assert failure.source == "bright/bright.jpg"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot write"):
        CopyFiles(tmp_path / "file" / "copies")
