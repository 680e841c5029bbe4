from __future__ import annotations

from pathlib import Path

import pytest
from small_export import export_small

from annot_core.errors import ExportError
from annot_core.export.contract import Counts
from annot_core.export.yolo import YoloExporter

EXPORTER = YoloExporter()


def test_rows_are_the_class_and_shares_of_the_sides(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    assert (tmp_path / "yolo" / "labels" / "train" / "a.txt").read_bytes() == (
        b"1 0.2875000000 0.4833333333 0.4250000000 0.7000000000\n"
    )
    assert (tmp_path / "yolo" / "labels" / "val" / "b.txt").read_bytes() == (
        b"0 0.5000000000 0.5000000000 1.0000000000 1.0000000000\n"
    )


def test_an_image_without_an_object_has_an_empty_file(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    assert (tmp_path / "yolo" / "labels" / "train" / "c.txt").read_bytes() == b""
    assert (tmp_path / "yolo" / "images" / "train" / "c.jpg").read_bytes() == b"c"


def test_data_yaml_names_sets_and_classes(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    assert (tmp_path / "yolo" / "data.yaml").read_text(encoding="utf-8") == (
        'train: images/train\nval: images/val\nnc: 2\nnames:\n  0: "dog"\n  1: "the \\"cat\\": \u732b"\n'
    )


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        pytest.param("labels/train/a.txt", None, r"labels/train/a\.txt", id="no labels"),
        pytest.param("images/train/a.jpg", None, r"image of yolo/labels/train/a\.txt", id="no image"),
        pytest.param("labels/train/a.txt", b"1 0.5 0.5 0.1\n", r"a\.txt back", id="too few numbers"),
        pytest.param("labels/train/a.txt", b"2 0.5 0.5 0.1 0.1\n", "no box", id="a class that is none"),
        pytest.param("labels/train/a.txt", b"1 1.5 0.5 0.1 0.1\n", "center lies outside", id="outside"),
        pytest.param("labels/train/a.txt", b"\xff\n", r"a\.txt back", id="no text"),
    ],
)
def test_what_does_not_read_back_is_an_error(tmp_path: Path, path: str, data: bytes | None, message: str) -> None:
    destination = export_small(EXPORTER, tmp_path)
    (tmp_path / "yolo" / path).unlink()
    if data is not None:
        (tmp_path / "yolo" / path).write_bytes(data)

    with pytest.raises(ExportError, match=message):
        EXPORTER.count(destination)


def test_what_somebody_else_put_there_is_not_counted(tmp_path: Path) -> None:
    destination = export_small(EXPORTER, tmp_path)
    (tmp_path / "yolo" / "labels" / "train.cache").write_bytes(b"of Ultralytics")
    (tmp_path / "yolo" / "labels" / "train" / "mine.txt").write_bytes(b"0 0.5 0.5 1 1\n")

    assert EXPORTER.count(destination) == Counts(3, 2)
