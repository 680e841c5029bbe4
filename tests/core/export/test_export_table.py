from __future__ import annotations

from pathlib import Path

import pytest
from small_export import ANNOTATIONS, export_small

from annot_core.errors import ExportError
from annot_core.export.contract import Counts
from annot_core.export.table import CsvExporter
from annot_core.truth import read_truth

EXPORTER = CsvExporter()


def test_rows_tell_box_score_and_who_kept_it(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    assert (tmp_path / "annotations.csv").read_bytes().decode() == (
        "file,class,xmin,ymin,xmax,ymax,score,verdict\n"
        'JPEGImages/a.jpg,"the ""cat"": \u732b",4,5,20,25,0.7500,auto-keep\n'
        "JPEGImages/b.jpg,dog,1,1,40,30,,keep\n"
        "JPEGImages/c.jpg,,,,,,0.5000,auto-keep\n"
    )


def test_the_table_can_serve_as_truth(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    truth = read_truth(tmp_path / "annotations.csv")

    for one in ANNOTATIONS:
        assert truth.match(one.source, one.image_id) == (() if one.box is None else (one.box,))


@pytest.mark.parametrize("data", [None, b"\xff\xfe", b"file,class\nx,y\n"], ids=["none", "no text", "no columns"])
def test_what_does_not_read_back_is_an_error(tmp_path: Path, data: bytes | None) -> None:
    destination = export_small(EXPORTER, tmp_path)
    (tmp_path / "annotations.csv").unlink()
    if data is not None:
        (tmp_path / "annotations.csv").write_bytes(data)

    with pytest.raises(ExportError, match=r"annotations\.csv back"):
        EXPORTER.count(destination)


def test_counting_reads_the_rows(tmp_path: Path) -> None:
    assert EXPORTER.count(export_small(EXPORTER, tmp_path)) == Counts(3, 2)
