"""What every reader must keep to."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from written_datasets import BOXES, CLASSES, SETS, SIZE, WRITERS

from annot_core.errors import UsageError
from annot_core.readers import READERS, create_reader, formats_of, read_dataset, reader_names

every_format = pytest.mark.parametrize("name", reader_names())


def texts(root: Path) -> list[Path]:
    """The files of a data set that are no images, lists of ids among them."""
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".jpg")


@every_format
def test_a_reader_has_the_name_it_is_registered_by(name: str) -> None:
    assert create_reader(name).name == name


@every_format
def test_a_data_set_is_recognized_as_what_it_is(tmp_path: Path, name: str) -> None:
    assert formats_of(WRITERS[name](tmp_path)) == (name,)


@every_format
def test_all_that_a_data_set_says_is_read(tmp_path: Path, name: str) -> None:
    dataset = create_reader(name).read(WRITERS[name](tmp_path))

    assert (dataset.format, dataset.root, dataset.findings) == (name, tmp_path, ())
    assert dataset.classes is not None
    assert tuple(dataset.classes) == CLASSES
    read = {
        image.image_id: next(((one.class_name, one.box(SIZE)) for one in image.objects), None)
        for image in dataset.images
    }
    assert read == BOXES
    for image in dataset.images:
        assert image.path is not None
        assert image.path.name == f"{image.image_id}.jpg"
        assert image.path == tmp_path / image.name
        assert image.annotation
        assert image.is_whole
        assert [part for part in image.sets if part in SETS] == [
            part for part, ids in SETS.items() if image.image_id in ids
        ]


@every_format
def test_images_come_in_the_order_of_their_names(tmp_path: Path, name: str) -> None:
    names = [image.name for image in create_reader(name).read(WRITERS[name](tmp_path)).images]

    assert names == sorted(names)


@every_format
def test_annotations_without_the_images_are_read(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path)
    for image in tmp_path.rglob("*.jpg"):
        image.unlink()

    dataset = read_dataset(tmp_path)

    assert {image.image_id: len(image.objects) for image in dataset.images} == {"a": 1, "b": 1, "c": 0}
    assert {image.path for image in dataset.images} == {None}


@every_format
def test_objects_say_where_they_stand(tmp_path: Path, name: str) -> None:
    for image in create_reader(name).read(WRITERS[name](tmp_path)).images:
        for one in image.objects:
            assert one.line or one.element
            assert (tmp_path / image.annotation).is_file()


@every_format
@pytest.mark.parametrize("seed", range(40))
def test_no_damage_to_a_file_is_an_error_of_ours(tmp_path: Path, name: str, seed: int) -> None:
    WRITERS[name](tmp_path)
    rng = random.Random(seed)
    for path in texts(tmp_path):
        data = bytearray(path.read_bytes())
        for _ in range(rng.randint(0, 4)):
            at = rng.randrange(len(data) + 1)
            data[at : at + rng.randint(0, 9)] = rng.choice([b"\xff", b"{", b"<", b"\0", b"-", b"nan", b"9" * 400, b""])
        path.write_bytes(data[: rng.randint(0, len(data))] if rng.random() < 0.3 else data)

    dataset = create_reader(name).read(tmp_path)

    for image in dataset.images:
        for one in image.objects:
            one.box(SIZE)


@every_format
def test_files_that_cannot_be_opened_are_findings(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path)
    broken = next(path for path in texts(tmp_path) if path.suffix in (".xml", ".json") or path.parent.name == "train")
    broken.unlink()
    broken.symlink_to(broken.name)

    dataset = create_reader(name).read(tmp_path)

    (finding,) = (one for one in dataset.findings if one.kind == "unreadable file")
    assert finding.path == broken.relative_to(tmp_path).as_posix()


@every_format
def test_an_empty_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        create_reader(name).read(tmp_path)


@every_format
def test_a_folder_of_several_formats_has_to_be_told_apart(tmp_path: Path, name: str) -> None:
    for write in WRITERS.values():
        write(tmp_path)

    assert formats_of(tmp_path) == reader_names()
    with pytest.raises(UsageError, match=r"found voc and yolo and coco; choose one of them with --format"):
        read_dataset(tmp_path)
    assert read_dataset(tmp_path, name).format == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("nowhere", "found nothing at .*nowhere; check the path", id="nothing there"),
        pytest.param("a.zip", "found the archive .*a.zip; unpack it", id="archive"),
        pytest.param("notes.txt", "found none of them", id="something else"),
        pytest.param(".", "found none of them", id="folder of something else"),
    ],
)
def test_what_is_no_data_set_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    (tmp_path / "notes.txt").write_text("1 2 3")

    with pytest.raises(UsageError, match=message):
        read_dataset(tmp_path / name)


def test_an_unknown_format_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="voc, yolo, coco; found 'excel'"):
        read_dataset(tmp_path, "excel")


def test_no_format_is_imported_before_it_is_asked_for() -> None:
    modules = [target.partition(":")[0] for target in READERS.values()]
    code = f"import sys, annot_core.readers; print([name for name in [*{modules!r}, 'lxml'] if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
