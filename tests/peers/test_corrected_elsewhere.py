"""A round trip through another program loses nothing: our export, read and written by it, is what we decided."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from written_datasets import SIZE, jpeg, put

from annot_core.dataset import list_dataset
from annot_core.export import export_all
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.importing import Outcome, import_annotations
from annot_core.naming import image_ids
from annot_core.records import Decider, Decision, Proposal, Status, Verdict
from annot_core.session import Session

BOXES = {
    "cat/a.jpg": Box(0, 0, 40, 30),
    "cat/b.jpg": Box(3, 4, 20, 25),
    "dog/a.jpg": Box(0, 7, 11, 30),
    "dog/c d.jpg": Box(38, 1, 40, 29),
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session in which a person decided everything, and its export."""
    folder = tmp_path_factory.mktemp("round")
    for source in BOXES:
        put(folder / "photos", source, jpeg())
    listed = list_dataset(folder / "photos")
    with Session.open(folder / "out", folder / "photos") as session:
        session.sync(listed.images, content_hash, image_ids)
        session.register_producer("settings", {})
        contents = {image.source: content_hash(image.path) for image in listed.images}
        nothing = np.zeros((0, 0), np.float16)
        session.record(
            [
                Proposal(source, content, SIZE, Status.NO_EVIDENCE, 0.0, 0.5, 0.0, (), nothing)
                for source, content in contents.items()
            ],
            "settings",
        )
        session.decide(
            Decision(source, contents[source], Verdict.KEEP, source.partition("/")[0], box, Decider.PERSON)
            for source, box in BOXES.items()
        )
        export_all(session.annotations(), folder / "out", ["voc"], classes=listed.classes)
    return folder / "out"


def by_supervision(output: Path, folder: Path, format_name: str) -> None:
    supervision = pytest.importorskip("supervision")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = supervision.DetectionDataset.from_pascal_voc(str(output / "JPEGImages"), str(output / "Annotations"))
        match format_name:
            case "voc":
                read.as_pascal_voc(str(folder / "JPEGImages"), str(folder / "Annotations"))
            case "yolo":
                read.as_yolo(str(folder / "images"), str(folder / "labels"), str(folder / "data.yaml"))
            case _:
                read.as_coco(str(folder / "images"), str(folder / "annotations.json"))


def by_globox(output: Path, folder: Path, format_name: str) -> None:
    globox = pytest.importorskip("globox")
    folder.mkdir()
    read = globox.AnnotationSet.from_pascal_voc(output / "Annotations")
    match format_name:
        case "voc":
            read.save_pascal_voc(folder / "Annotations")
        case "yolo":
            read.save_yolo_v5(folder / "labels", label_to_id={"cat": 0, "dog": 1})
        case _:
            read.save_coco(folder / "coco.json", auto_ids=True)


@pytest.mark.parametrize("format_name", ["voc", "yolo", "coco"])
@pytest.mark.parametrize("rewrite", [by_supervision, by_globox], ids=["supervision", "globox"])
def test_what_another_program_rewrote_is_what_was_decided(
    output: Path, tmp_path: Path, rewrite: Callable[[Path, Path, str], None], format_name: str
) -> None:
    rewrite(output, tmp_path / "elsewhere", format_name)

    summary = import_annotations(output, tmp_path / "elsewhere", dry_run=True)

    assert summary.format == format_name
    assert summary.refused == ()
    assert (summary.counts, summary.untouched) == ({Outcome.SAME: len(BOXES)}, 0)
