"""What every registered format must keep to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from annot_core.errors import UsageError
from annot_core.export import EXPORTERS, Counts, Destination, create_exporter, exporter_names
from annot_core.export.writing import Staging
from annot_core.geometry import Box
from annot_core.records import Annotation

ANNOTATIONS = [
    Annotation("a", Path("a.png"), "cat/a.png", "cat", Box(3, 4, 20, 25), (40, 30)),
    Annotation("b", Path("b.png"), "dog/b.png", "dog", Box(0, 0, 40, 30), (40, 30)),
    Annotation("c", Path("c.png"), "none/c.png", "none", None, (40, 30)),
]
every_format = pytest.mark.parametrize("name", exporter_names())


def _destination(folder: Path) -> Destination:
    destination = Destination(
        folder, ("cat", "dog"), {"cat": "cat", "dog": "dog"}, {"a": "train", "b": "val", "c": "train"}
    )
    (folder / "JPEGImages").mkdir(parents=True, exist_ok=True)
    for annotation in ANNOTATIONS:
        destination.image_path(annotation.image_id).write_bytes(b"jpeg")
    return destination


def _export(name: str, annotations: list[Annotation], destination: Destination) -> int:
    """Export in one format, and return how many files it says it wrote."""
    with Staging(destination.folder) as staging:
        writing = staging.producer(name)
        create_exporter(name).export(annotations, destination, writing)
    return writing.files


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".autoannot" not in path.parts]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@every_format
def test_an_exporter_has_the_name_it_is_registered_by(name: str) -> None:
    assert create_exporter(name).name == name


@every_format
def test_what_is_written_is_what_is_counted(tmp_path: Path, name: str) -> None:
    destination = _destination(tmp_path)
    before = len(_files(tmp_path))

    files = _export(name, ANNOTATIONS, destination)

    assert files == len(_files(tmp_path)) - before
    assert create_exporter(name).count(destination) == Counts(3, 2)


@every_format
def test_the_same_annotations_change_no_file(tmp_path: Path, name: str) -> None:
    _export(name, ANNOTATIONS, _destination(tmp_path))
    destination = Destination(
        tmp_path, ("cat", "dog"), {"cat": "cat", "dog": "dog"}, {"c": "train", "b": "val", "a": "train"}
    )
    before = _files(tmp_path)

    _export(name, ANNOTATIONS, destination)

    assert _files(tmp_path) == before


@every_format
def test_an_image_that_is_gone_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    _export(name, ANNOTATIONS, _destination(many))

    for folder in (few, many):
        _export(name, ANNOTATIONS[1:], _destination(folder))

    assert _files(many).keys() == _files(few).keys()
    assert create_exporter(name).count(_destination(many)) == Counts(2, 1)


@every_format
def test_text_files_have_unix_lines_on_every_system(tmp_path: Path, name: str) -> None:
    _export(name, ANNOTATIONS, _destination(tmp_path))

    for path, (data, _) in _files(tmp_path).items():
        if not path.endswith((".jpg", ".zip")):
            assert b"\r" not in data
            assert data == b"" or data.endswith(b"\n")


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="voc, keras-yolo3, yolo, coco, cvat, csv; found 'excel'"):
        create_exporter("excel")


def test_no_format_is_imported_before_it_is_asked_for() -> None:
    modules = [target.partition(":")[0] for target in EXPORTERS.values()]
    code = f"import sys, annot_core.export; print([name for name in {modules!r} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
