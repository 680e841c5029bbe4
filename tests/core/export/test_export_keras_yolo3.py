from __future__ import annotations

import os
from pathlib import Path

import pytest

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination
from annot_core.export.keras_yolo3 import KerasYolo3Exporter
from annot_core.export.writing import Staging
from annot_core.geometry import Box
from annot_core.records import Annotation

ANNOTATIONS = [
    Annotation("a", Path("a.png"), "cat/a.png", "cat", Box(3, 4, 20, 25), (40, 30)),
    Annotation("b", Path("b.png"), "dog/b.png", "dog", Box(0, 0, 40, 30), (40, 30)),
    Annotation("c", Path("c.png"), "none/c.png", "none", None, (40, 30)),
]


def _destination(folder: Path) -> Destination:
    labels = {"cat": "the cat", "dog": "dog"}
    return Destination(folder, ("dog", "the cat"), labels, {"a": "train", "b": "val", "c": "train"})


def _export(destination: Destination) -> None:
    with Staging(destination.folder) as staging:
        KerasYolo3Exporter().export(ANNOTATIONS, destination, staging.producer("keras-yolo3"))


def test_rows_are_path_box_and_class_number(tmp_path: Path) -> None:
    _export(_destination(tmp_path))

    assert (tmp_path / "yolo3" / "train.txt").read_bytes().decode() == (
        f"{tmp_path}/JPEGImages/a.jpg 4,5,20,25,1\n{tmp_path}/JPEGImages/c.jpg\n"
    )
    assert (tmp_path / "yolo3" / "val.txt").read_bytes().decode() == (f"{tmp_path}/JPEGImages/b.jpg 1,1,40,30,0\n")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("my data", id="space"),
        pytest.param("my\u3000data", id="ideographic space"),
        pytest.param("my\u0085data", id="next line"),
        pytest.param(os.fsdecode(b"my\xffdata"), id="undecodable byte"),
    ],
)
def test_paths_that_would_break_a_row_are_relative(tmp_path: Path, name: str) -> None:
    destination = _destination(tmp_path / name)

    _export(destination)

    assert (tmp_path / name / "yolo3" / "val.txt").read_bytes() == b"JPEGImages/b.jpg 1,1,40,30,0\n"
    assert KerasYolo3Exporter().count(destination) == Counts(3, 2)


def test_a_relative_output_folder_gives_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    _export(_destination(Path("out")))

    row = (tmp_path / "out" / "yolo3" / "val.txt").read_text(encoding="utf-8")
    assert row.startswith(f"{tmp_path}/out/JPEGImages/b.jpg ")


def test_a_lost_file_does_not_read_back(tmp_path: Path) -> None:
    _export(_destination(tmp_path))
    (tmp_path / "yolo3" / "val.txt").unlink()

    with pytest.raises(ExportError, match=r"yolo3/val\.txt"):
        KerasYolo3Exporter().count(_destination(tmp_path))
