from __future__ import annotations

import errno
import io
import itertools
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from annot_core.errors import ExportError, ImageError, UsageError
from annot_core.export import Counts, Destination, export_all, exporter_names
from annot_core.export.voc import VocExporter
from annot_core.geometry import Box
from annot_core.progress import Event, Stage, StageAdvanced, StageFinished, StageStarted
from annot_core.records import Annotation, Failure

SIZE = (40, 30)
BOX = Box(3, 4, 20, 25)
THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


def jpeg(annotation: Annotation) -> bytes:
    path = annotation.path
    if "broken" in path.name:
        raise ImageError("the file ends too early")
    buffer = io.BytesIO()
    color = tuple(random.Random(path.name).randbytes(3))
    Image.new("RGB", SIZE, color).save(buffer, "JPEG")
    return buffer.getvalue()


def annotation(image_id: str, class_name: str = "cat", box: Box | None = BOX) -> Annotation:
    return Annotation(image_id, Path(f"{image_id}.png"), f"{class_name}/{image_id}.png", class_name, box, SIZE)


MANY = [
    *(annotation(f"cat-{number}") for number in range(10)),
    *(annotation(f"dog-{number}", "dog") for number in range(10)),
    *(annotation(f"none-{number}", "none", None) for number in range(3)),
]


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and ".autoannot" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def lines(folder: Path, path: str) -> list[str]:
    return (folder / path).read_text(encoding="utf-8").splitlines()


def test_a_whole_export_has_every_file(tmp_path: Path) -> None:
    summary = export_all(MANY, tmp_path, upright_jpeg=jpeg)

    found = files(tmp_path)
    assert {path for path in found if path.count("/") != 1 or path.startswith("yolo3")} == {
        "ImageSets/Main/trainval.txt",
        "ImageSets/Main/train.txt",
        "ImageSets/Main/val.txt",
        "classes.txt",
        "labelmap.txt",
        "yolo3/train.txt",
        "yolo3/val.txt",
    }
    assert {path for path in found if path.startswith("JPEGImages")} == {
        f"JPEGImages/{one.image_id}.jpg" for one in MANY
    }
    assert (summary.images, summary.boxes, summary.files) == (23, 20, len(found))
    assert [report.format for report in summary.reports] == ["voc", "keras-yolo3"]
    assert summary.problems == ()


def test_background_has_no_class_number_but_a_place_in_the_lists(tmp_path: Path) -> None:
    summary = export_all(MANY, tmp_path, upright_jpeg=jpeg)

    assert summary.labels == ("cat", "dog")
    assert lines(tmp_path, "classes.txt") == ["cat", "dog"]
    assert "none-0" in lines(tmp_path, "ImageSets/Main/trainval.txt")


def test_train_and_val_are_disjoint_and_each_class_is_in_both(tmp_path: Path) -> None:
    export_all(MANY, tmp_path, upright_jpeg=jpeg)

    train, val, both = (set(lines(tmp_path, f"ImageSets/Main/{name}.txt")) for name in ("train", "val", "trainval"))
    assert not train & val
    assert train | val == both
    for prefix in ("cat", "dog", "none"):
        assert all(any(one.startswith(prefix) for one in part) for part in (train, val))


def test_an_unreadable_image_is_a_problem_and_in_no_list(tmp_path: Path) -> None:
    summary = export_all([*MANY, annotation("broken")], tmp_path, upright_jpeg=jpeg)

    assert summary.problems == (Failure("cat/broken.png", "export", "the file ends too early"),)
    assert summary.images == 23
    assert not [path for path, data in files(tmp_path).items() if "broken" in path or b"broken" in data]


def test_the_same_annotations_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    export_all(MANY, tmp_path, upright_jpeg=jpeg)
    before = files(tmp_path)

    export_all(MANY[::-1], tmp_path, upright_jpeg=jpeg, workers=1)

    assert files(tmp_path) == before


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("write", [0, 1, 2, 3, 5, 24, 25, 40, 50, 54, 55, 56])
def test_a_killed_export_run_again_gives_the_files_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    out = tmp_path / "out"
    export_all(MANY, out, upright_jpeg=jpeg)
    expected = files(out)
    out.rename(tmp_path / "undisturbed")
    export_all([annotation("gone"), annotation("cat-1", "dog")], out, upright_jpeg=jpeg)
    (out / "classes.txt").unlink()
    replace, numbers = Path.replace, itertools.count()

    def replace_or_die(path: Path, target: Path) -> Path:
        if next(numbers) >= write:
            raise Killed
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replace_or_die)
    with pytest.raises(Killed):
        export_all(MANY, out, upright_jpeg=jpeg, workers=1)
    monkeypatch.undo()
    export_all(MANY, out, upright_jpeg=jpeg)

    assert files(out) == expected


def test_dropped_images_of_an_earlier_export_go_and_files_of_others_stay(tmp_path: Path) -> None:
    export_all(MANY, tmp_path, upright_jpeg=jpeg)
    (tmp_path / "Annotations" / "mine.xml").write_bytes(b"<annotation/>")

    export_all(MANY[1:], tmp_path, upright_jpeg=jpeg)

    found = files(tmp_path)
    assert not [path for path in found if "cat-0" in path]
    assert "Annotations/mine.xml" in found


def test_the_order_in_classes_txt_stays_and_new_classes_come_behind(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes(b"\xef\xbb\xbfdog\r\nzebra\r\n\r\n")

    summary = export_all([*MANY, annotation("a", "ape")], tmp_path, upright_jpeg=jpeg)

    assert summary.labels == ("dog", "zebra", "ape", "cat")
    assert (tmp_path / "classes.txt").read_bytes() == b"dog\nzebra\nape\ncat\n"


def test_classes_can_be_numbered_before_they_have_a_box(tmp_path: Path) -> None:
    summary = export_all(MANY, tmp_path, classes=["bee", "dog"], upright_jpeg=jpeg)

    assert summary.labels == ("bee", "cat", "dog")


def test_a_classes_txt_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ExportError, match=r"classes\.txt to be a UTF-8 text"):
        export_all(MANY, tmp_path, upright_jpeg=jpeg)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        pytest.param(["a", "a"], "differ on every file system", id="twice"),
        pytest.param(["a", "A"], "differ on every file system", id="twice but for case"),
        pytest.param(["../a"], "expected an id", id="path"),
        pytest.param(["a b"], "expected an id", id="white space"),
    ],
)
def test_ids_that_cannot_be_files_are_refused_before_anything_is_written(
    tmp_path: Path, ids: list[str], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        export_all([annotation(image_id) for image_id in ids], tmp_path / "out", upright_jpeg=jpeg)

    assert files(tmp_path / "out") == {}


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="excel"):
        export_all(MANY, tmp_path / "out", ["voc", "excel"], upright_jpeg=jpeg)

    assert not (tmp_path / "out").exists()


def test_what_does_not_read_back_as_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = VocExporter.count

    def one_less(exporter: VocExporter, destination: Destination) -> Counts:
        found = count(exporter, destination)
        return Counts(found.images, found.boxes - 1)

    monkeypatch.setattr(VocExporter, "count", one_less)

    with pytest.raises(ExportError, match="23 images and 20 boxes of format voc, found 23 and 19"):
        export_all(MANY, tmp_path, upright_jpeg=jpeg)


def test_the_listener_hears_each_image(tmp_path: Path) -> None:
    events: list[Event] = []

    export_all(MANY, tmp_path, upright_jpeg=jpeg, listener=events.append, clock=itertools.count(5, 2).__next__)

    assert events[0] == StageStarted(Stage.EXPORT, 23)
    assert events[1:-1] == [StageAdvanced(Stage.EXPORT, done) for done in range(1, 24)]
    assert events[-1] == StageFinished(Stage.EXPORT, 2)


def test_nothing_to_export_gives_empty_lists(tmp_path: Path) -> None:
    summary = export_all([], tmp_path, upright_jpeg=jpeg)

    assert (summary.images, summary.boxes, summary.labels) == (0, 0, ())
    assert (tmp_path / "yolo3" / "train.txt").read_bytes() == b""


def test_images_are_read_by_our_own_decoder_unless_told_otherwise(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.new("RGBA", SIZE, (1, 2, 3, 0)).save(source)
    one = Annotation("a", source, "cat/a.png", "cat", BOX, SIZE)

    export_all([one], tmp_path / "out")

    with Image.open(tmp_path / "out" / "JPEGImages" / "a.jpg") as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", SIZE)


class FullDisk:
    """Takes so many bytes in new files, and then says that there is no space."""

    def __init__(self, room: int) -> None:
        self.room = room

    def open(self, file: object, mode: str = "r", *arguments: object, **options: object) -> object:
        if mode != "wb":
            return OPEN(file, mode, *arguments, **options)  # type: ignore[call-overload]
        disk = self

        class Limited(io.FileIO):
            def write(self, data: bytes) -> int:  # type: ignore[override]
                if len(data) > disk.room:
                    raise OSError(errno.ENOSPC, "No space left on device")
                disk.room -= len(data)
                return super().write(data)

        return io.BufferedWriter(Limited(file, "w"))  # type: ignore[arg-type]


OPEN = io.open


def test_a_disk_that_fills_up_anywhere_leaves_the_export_before_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(annotations: list[Annotation]) -> None:
        export_all(annotations, tmp_path, exporter_names(), upright_jpeg=jpeg, shares=THREE)

    changed = [annotation("cat-0", box=Box(0, 0, 9, 9)), annotation("dog-1", "cat"), *MANY[2:9], annotation("new")]
    export(MANY)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    refused = 0
    for room in itertools.count(0, 2_000):
        monkeypatch.setattr(io, "open", FullDisk(room).open)
        try:
            export(changed)
        except ExportError:
            refused += 1
        else:
            break
        finally:
            monkeypatch.undo()
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert refused > 5
    once_more = files(tmp_path)
    export(changed)
    assert files(tmp_path) == once_more


def test_a_test_set_is_in_every_format(tmp_path: Path) -> None:
    summary = export_all(MANY, tmp_path, exporter_names(), upright_jpeg=jpeg, shares=THREE)

    assert summary.sets == {"train": 16, "val": 4, "test": 3}
    ids = lines(tmp_path, "ImageSets/Main/test.txt")
    rows = [Path(row.split()[0]).stem for row in lines(tmp_path, "yolo3/test.txt")]
    labels = sorted(path.stem for path in (tmp_path / "yolo" / "labels" / "test").iterdir())
    told = json.loads((tmp_path / "coco" / "annotations" / "instances_test.json").read_text())
    assert ids == rows == labels == [Path(one["file_name"]).stem for one in told["images"]]
    assert len(ids) == 3


def test_sets_that_are_asked_for_no_more_go(tmp_path: Path) -> None:
    few = tmp_path / "few"
    export_all(MANY, few, exporter_names(), upright_jpeg=jpeg)
    export_all(MANY, tmp_path / "many", exporter_names(), upright_jpeg=jpeg, shares=THREE)
    export_all(MANY, tmp_path / "many", exporter_names(), upright_jpeg=jpeg)

    assert files(few).keys() == files(tmp_path / "many").keys()


def test_images_of_other_formats_take_no_room(tmp_path: Path) -> None:
    export_all(MANY, tmp_path, ["yolo", "coco"], upright_jpeg=jpeg)

    for path in (tmp_path / "JPEGImages").iterdir():
        assert path.stat().st_nlink == 3


def test_copies_are_in_the_set_of_their_original(tmp_path: Path) -> None:
    copies = [
        replace(one, image_id=f"{one.image_id}-copy-{number}", original=one.image_id, path=tmp_path / "copy.jpg")
        for one in MANY
        for number in range(2)
    ]
    (tmp_path / "copy.jpg").write_bytes(jpeg(MANY[0]))
    originals = {copy.image_id: copy.original for copy in copies}

    export_all([*MANY, *copies], tmp_path, ["voc"], shares=THREE, upright_jpeg=jpeg)

    for name in ("train", "val", "test"):
        ids = set(lines(tmp_path, f"ImageSets/Main/{name}.txt"))
        assert {originals.get(one, one) for one in ids} == ids - set(originals)


def test_formats_of_an_earlier_export_that_tell_something_else_are_named(tmp_path: Path) -> None:
    export_all(MANY, tmp_path, ["voc", "yolo", "csv"], upright_jpeg=jpeg)
    yolo = {path: data for path, data in files(tmp_path).items() if path.startswith("yolo/")}

    assert export_all(MANY, tmp_path, ["voc"], upright_jpeg=jpeg).outdated == ()
    assert export_all(MANY[1:], tmp_path, ["voc"], upright_jpeg=jpeg).outdated == ("yolo", "csv")
    assert {path: data for path, data in files(tmp_path).items() if path.startswith("yolo/")} == yolo
    assert export_all(MANY[1:], tmp_path, ["voc", "yolo"], upright_jpeg=jpeg).outdated == ("csv",)
    assert export_all(MANY[1:], tmp_path, ["voc"], upright_jpeg=jpeg, seed=3).outdated == ("yolo", "csv")


def test_annotations_that_are_no_list_come_in_order_of_their_ids(tmp_path: Path) -> None:
    one, other = annotation("a"), annotation("b")

    assert export_all(iter([one, other]), tmp_path, upright_jpeg=jpeg).images == 2
    with pytest.raises(ExportError, match="in order of their ids, found 'a' behind 'b'"):
        export_all(iter([other, one]), tmp_path, upright_jpeg=jpeg)
