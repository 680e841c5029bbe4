from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from small_export import export_small

from annot_core.errors import ExportError
from annot_core.export.contract import Counts
from annot_core.export.cvat import CvatExporter

EXPORTER = CvatExporter()


def test_the_zip_file_has_what_the_importer_wants_and_no_other_list(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    with zipfile.ZipFile(tmp_path / "cvat.zip") as file:
        assert file.namelist() == [
            "labelmap.txt",
            "Annotations/a.xml",
            "Annotations/b.xml",
            "Annotations/c.xml",
            "ImageSets/Main/default.txt",
        ]
        assert file.read("ImageSets/Main/default.txt") == b"a\nb\nc\n"
        assert file.read("labelmap.txt").startswith(b"# label:color_rgb:parts:actions\nbackground:0,0,0::\ndog:")


def test_nothing_in_it_depends_on_time_or_machine(tmp_path: Path) -> None:
    export_small(EXPORTER, tmp_path)

    with zipfile.ZipFile(tmp_path / "cvat.zip") as file:
        told = {
            (one.date_time, one.create_system, one.external_attr >> 16, one.compress_type) for one in file.infolist()
        }
    assert told == {((1980, 1, 1, 0, 0, 0), 3, 0o100644, zipfile.ZIP_STORED)}


@pytest.mark.parametrize("data", [None, b"", b"PK"], ids=["none", "empty", "damaged"])
def test_what_does_not_read_back_is_an_error(tmp_path: Path, data: bytes | None) -> None:
    destination = export_small(EXPORTER, tmp_path)
    (tmp_path / "cvat.zip").unlink()
    if data is not None:
        (tmp_path / "cvat.zip").write_bytes(data)

    with pytest.raises(ExportError, match=r"cvat\.zip back"):
        EXPORTER.count(destination)


def test_an_xml_file_that_is_missing_inside_is_an_error(tmp_path: Path) -> None:
    destination = export_small(EXPORTER, tmp_path)
    with zipfile.ZipFile(tmp_path / "cvat.zip", "w") as file:
        file.writestr("ImageSets/Main/default.txt", "a\n")

    with pytest.raises(ExportError, match=r"Annotations/a\.xml"):
        EXPORTER.count(destination)


def test_counting_reads_the_zip_file(tmp_path: Path) -> None:
    assert EXPORTER.count(export_small(EXPORTER, tmp_path)) == Counts(3, 2)
