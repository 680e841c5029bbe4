from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_export import export_small

from annot_core.errors import ExportError
from annot_core.export.coco import CocoExporter
from annot_core.export.contract import Counts

EXPORTER = CocoExporter()


def test_a_file_has_all_fields(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    told = json.loads((tmp_path / "coco" / "annotations" / "instances_train.json").read_text(encoding="utf-8"))
    assert told == {
        "info": {"description": "autoannot-tui"},
        "licenses": [],
        "categories": [
            {"id": 1, "name": "dog", "supercategory": ""},
            {"id": 2, "name": 'the "cat": \u732b', "supercategory": ""},
        ],
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 40, "height": 30},
            {"id": 3, "file_name": "c.jpg", "width": 40, "height": 30},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 2,
                "bbox": [3, 4, 17, 21],
                "area": 357,
                "iscrowd": 0,
                "segmentation": [],
            }
        ],
    }
    assert (tmp_path / "coco" / "images" / "train" / "a.jpg").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        pytest.param("annotations/instances_val.json", None, id="no file"),
        pytest.param("annotations/instances_val.json", b'{"images": [\n{"id": 1}\n', id="half a file"),
        pytest.param("annotations/instances_val.json", b'"images": [\n{"id": 1\n]}\n', id="no JSON"),
        pytest.param("images/val/b.jpg", None, id="no image"),
    ],
)
def test_what_does_not_read_back_is_an_error(tmp_path: Path, path: str, data: bytes | None) -> None:
    destination = export_small(EXPORTER, tmp_path)
    (tmp_path / "coco" / path).unlink()
    if data is not None:
        (tmp_path / "coco" / path).write_bytes(data)

    with pytest.raises(ExportError, match=r"instances_val\.json back"):
        EXPORTER.count(destination)


def test_counting_reads_all_sets(tmp_path: Path) -> None:
    assert EXPORTER.count(export_small(EXPORTER, tmp_path)) == Counts(3, 2)
