"""A faultless data set of each format, one thing broken at a time: exactly that is found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from written_datasets import WRITERS, coco_of, jpeg, put, voc_object, voc_xml, write_coco, write_voc, write_yolo

from annot_core.checking import check_path
from annot_core.errors import UsageError
from annot_core.progress import Event, Stage, StageAdvanced, StageFinished, StageStarted
from annot_core.readers import Finding, Kind, Severity

Breaking = Callable[[Path], object]
A_XML, A_TXT, TRAIN_JSON = "Annotations/a.xml", "labels/train/a.txt", "annotations/instances_train.json"


def replaced(path: str, old: str, new: str, count: int = 1) -> Breaking:
    """Break a data set by other words in one of its files."""

    def breaking(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new, count))

    return breaking


def written(path: str, content: str | bytes) -> Breaking:
    return lambda root: put(root, path, content)


def removed(path: str) -> Breaking:
    return lambda root: (root / path).unlink()


def renamed(old: str, new: str) -> Breaking:
    return lambda root: (root / old).rename(root / new)


def together(*parts: Breaking) -> Breaking:
    def breaking(root: Path) -> None:
        for part in parts:
            part(root)

    return breaking


def voc(*corners: object, name: str = "cat") -> Breaking:
    """Give image a of a VOC data set another object."""
    return written(A_XML, voc_xml("a.jpg", voc_object(name, *corners)))


def row(text: str) -> Breaking:
    """Give image a of a YOLO data set another row."""
    return written(A_TXT, f"{text}\n")


def coco(key: str, **changes: Any) -> Breaking:
    """Change the first entry of a list in a COCO file."""

    def breaking(root: Path) -> None:
        said = coco_of("a", "c")
        said[key][0] |= changes
        put(root, TRAIN_JSON, json.dumps(said))

    return breaking


def coco_added(key: str, **entry: Any) -> Breaking:
    def breaking(root: Path) -> None:
        said = coco_of("a", "c")
        said[key].append(said[key][0] | entry)
        put(root, TRAIN_JSON, json.dumps(said))

    return breaking


def named(stem: str) -> Breaking:
    """Give image c of a VOC data set another name, everywhere."""
    return together(
        renamed("JPEGImages/c.jpg", f"JPEGImages/{stem}.jpg"),
        removed("Annotations/c.xml"),
        written(f"Annotations/{stem}.xml", voc_xml(f"{stem}.jpg")),
        replaced("ImageSets/Main/train.txt", "c", stem),
        replaced("ImageSets/Main/trainval.txt", "c", stem),
    )


BROKEN: list[tuple[str, Kind, Breaking, str]] = [
    # What is broken in VOC, the kind of finding, and its place.
    ("voc", Kind.UNREADABLE, replaced(A_XML, "</annotation>", ""), f"{A_XML}:2[0-9]"),
    ("voc", Kind.BAD_OBJECT, replaced(A_XML, "<xmin>4</xmin>", ""), f"{A_XML}:10, object 1"),
    ("voc", Kind.MISSING_IMAGE, removed("JPEGImages/a.jpg"), A_XML),
    ("voc", Kind.BAD_IMAGE, written("JPEGImages/a.jpg", b""), "JPEGImages/a.jpg"),
    ("voc", Kind.BAD_IMAGE, written("JPEGImages/a.jpg", b"no picture"), "JPEGImages/a.jpg"),
    ("voc", Kind.NOT_THERE, replaced("ImageSets/Main/val.txt", "b", "b\nx"), "ImageSets/Main/val.txt:2"),
    ("voc", Kind.UNKNOWN_CLASS, voc(4, 5, 20, 25, name="ape"), f"{A_XML}:10, object 1"),
    ("voc", Kind.BOX_OUTSIDE, voc(4, 5, 41, 25), f"{A_XML}:10, object 1"),
    ("voc", Kind.BOX_OUTSIDE, voc(-3, 5, 20, 25), f"{A_XML}:10, object 1"),
    ("voc", Kind.BOX_OUTSIDE, voc(50, 50, 60, 60), f"{A_XML}:10, object 1"),
    ("voc", Kind.BOX_INVERTED, voc(20, 5, 4, 25), f"{A_XML}:10, object 1"),
    ("voc", Kind.BOX_INVERTED, voc(4, 25, 20, 5), f"{A_XML}:10, object 1"),
    ("voc", Kind.BOX_EMPTY, voc(4, 5, 4, 25), f"{A_XML}:10, object 1"),
    ("voc", Kind.WRONG_SIZE, replaced(A_XML, "<width>40<", "<width>50<"), f"{A_XML}, size"),
    ("voc", Kind.ROTATED, written("JPEGImages/a.jpg", jpeg(turn=3)), "JPEGImages/a.jpg"),
    ("voc", Kind.ROTATED, written("JPEGImages/a.jpg", jpeg(turn=6)), "JPEGImages/a.jpg"),
    ("voc", Kind.NO_ANNOTATION, written("JPEGImages/z.jpg", jpeg()), "JPEGImages/z.jpg"),
    ("voc", Kind.NO_ANNOTATION, written("JPEGImages/a.bmp", jpeg()), "JPEGImages/a.bmp"),
    (
        "voc",
        Kind.UNLISTED,
        together(written("JPEGImages/z.jpg", jpeg()), written("Annotations/z.xml", voc_xml("z.jpg"))),
        "Annotations/z.xml",
    ),
    ("voc", Kind.TWO_SETS, replaced("ImageSets/Main/val.txt", "b", "b\na"), "JPEGImages/a.jpg"),
    ("voc", Kind.LISTED_TWICE, replaced("ImageSets/Main/val.txt", "b", "b\nb"), "ImageSets/Main/val.txt:2"),
    (
        "voc",
        Kind.DUPLICATE_OBJECT,
        written(A_XML, voc_xml("a.jpg", *[voc_object("cat", 4, 5, 20, 25)] * 2)),
        f"{A_XML}:22, object 2",
    ),
    ("voc", Kind.CASE_COLLISION, named("A"), "JPEGImages/a.jpg"),
    ("voc", Kind.IMAGE_NAME, named("a photo"), "JPEGImages/a photo.jpg"),
    ("voc", Kind.IMAGE_NAME, named("#c"), "JPEGImages/#c.jpg"),
    ("voc", Kind.IMAGE_NAME, named("c:d"), "JPEGImages/c:d.jpg"),
    (
        "voc",
        Kind.IMAGE_NAME,
        together(renamed("JPEGImages/a.jpg", "JPEGImages/a.jpeg"), replaced(A_XML, "a.jpg", "a.jpeg")),
        "JPEGImages/a.jpeg",
    ),
    ("voc", Kind.CLASS_NAME, written("classes.txt", "cat\ndog\nnut: M8\n"), "classes.txt, class 2"),
    ("voc", Kind.CLASS_NAME, written("classes.txt", "cat\ndog\n#1\n"), "classes.txt, class 2"),
    ("voc", Kind.DUPLICATE_NAME, written("classes.txt", "cat\ndog\ncat\n"), "classes.txt, class 2"),
    ("voc", Kind.NO_CLASSES, removed("classes.txt"), r"\."),
    ("voc", Kind.NO_SIZE, replaced(A_XML, "<width>40<", "<width>0<"), f"{A_XML}:1"),
    ("voc", Kind.MISSING_FIELD, replaced(A_XML, "<difficult>0</difficult>", ""), f"{A_XML}:10, object 1"),
    ("voc", Kind.MISSING_FIELD, replaced(A_XML, "<depth>3</depth>", ""), f"{A_XML}:1"),
    ("voc", Kind.FRACTION, voc(4, 5, 20.5, 25), f"{A_XML}:10, object 1"),
    ("voc", Kind.ZERO_BASED, voc(0, 5, 20, 25), f"{A_XML}:10, object 1"),
    ("voc", Kind.FILE_NAME, replaced(A_XML, "a.jpg", "z.jpg"), A_XML),
    (
        "voc",
        Kind.ENCODING,
        written("Annotations/c.xml", voc_xml("c.jpg").replace("JPEGImages", "B\u00e4r").encode("latin-1")),
        "Annotations/c.xml",
    ),
    # YOLO.
    ("yolo", Kind.UNREADABLE, replaced("data.yaml", "nc: 2", "nc"), "data.yaml:4"),
    ("yolo", Kind.BAD_OBJECT, row("0 0.5 0.5 0.2"), f"{A_TXT}:1"),
    ("yolo", Kind.MISSING_IMAGE, removed("images/train/a.jpg"), A_TXT),
    ("yolo", Kind.BAD_IMAGE, written("images/train/a.jpg", jpeg()[:9]), "images/train/a.jpg"),
    ("yolo", Kind.NOT_THERE, replaced("data.yaml", "images/val", "[images/val, images/x]"), "data.yaml"),
    ("yolo", Kind.UNKNOWN_CLASS, row("2 0.5 0.5 0.2 0.2"), f"{A_TXT}:1"),
    ("yolo", Kind.CLASS_COUNT, replaced("data.yaml", "nc: 2", "nc: 3"), "data.yaml"),
    ("yolo", Kind.BOX_OUTSIDE, row("0 0.9 0.5 0.3 0.2"), f"{A_TXT}:1"),
    ("yolo", Kind.BOX_OUTSIDE, row("0 20 15 10 10"), f"{A_TXT}:1"),
    ("yolo", Kind.BOX_INVERTED, row("0 0.5 0.5 -0.2 0.2"), f"{A_TXT}:1"),
    ("yolo", Kind.BOX_EMPTY, row("0 0.5 0.5 0 0.2"), f"{A_TXT}:1"),
    ("yolo", Kind.ROTATED, written("images/train/a.jpg", jpeg(turn=8)), "images/train/a.jpg"),
    ("yolo", Kind.SHARED_ANNOTATION, written("images/train/a.png", jpeg()), "images/train/a.png"),
    ("yolo", Kind.NO_ANNOTATION, removed(A_TXT), "images/train/a.jpg"),
    (
        "yolo",
        Kind.TWO_SETS,
        together(
            replaced("data.yaml", "images/val", "val.txt"),
            written("val.txt", "./images/val/b.jpg\n./images/train/a.jpg\n"),
        ),
        "images/train/a.jpg",
    ),
    ("yolo", Kind.DUPLICATE_OBJECT, row("0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2"), f"{A_TXT}:2"),
    (
        "yolo",
        Kind.CASE_COLLISION,
        together(written("images/train/A.jpg", jpeg()), written("labels/train/A.txt", "")),
        "images/train/a.jpg",
    ),
    (
        "yolo",
        Kind.IMAGE_NAME,
        together(renamed("images/val/b.jpg", "images/val/b b.jpg"), renamed("labels/val/b.txt", "labels/val/b b.txt")),
        "images/val/b b.jpg",
    ),
    ("yolo", Kind.CLASS_NAME, replaced("data.yaml", "1: dog", "1: 'dog:'"), "data.yaml, class 1"),
    (
        "yolo",
        Kind.CLASS_NAME,
        together(replaced("data.yaml", "nc: 2", "nc: 4"), replaced("data.yaml", "1: dog", "1: dog\n  3: ape")),
        "data.yaml, class 2",
    ),
    ("yolo", Kind.DUPLICATE_NAME, replaced("data.yaml", "0: cat", "0: dog"), "data.yaml, class 1"),
    ("yolo", Kind.NO_CLASSES, removed("data.yaml"), r"\."),
    (
        "yolo",
        Kind.ENCODING,
        written("data.yaml", b"train: images/train\nval: images/val\nnames: [cat, dog] # \xe4"),
        "data.yaml",
    ),
    # COCO.
    ("coco", Kind.UNREADABLE, written(TRAIN_JSON, json.dumps(coco_of("a", "c"))[:-1] + "\n\n"), f"{TRAIN_JSON}:3"),
    ("coco", Kind.BAD_OBJECT, coco("annotations", bbox=[1, 2, 3]), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.BAD_ENTRY, coco_added("categories", id=9, name=None), rf"{TRAIN_JSON}, categories\[2\]"),
    ("coco", Kind.MISSING_IMAGE, removed("train/a.jpg"), rf"{TRAIN_JSON}, images\[0\]"),
    ("coco", Kind.BAD_IMAGE, written("train/a.jpg", b"GIF89a"), "train/a.jpg"),
    ("coco", Kind.UNKNOWN_IMAGE, coco("annotations", image_id=77), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.UNKNOWN_CLASS, coco("annotations", category_id=77), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.BOX_OUTSIDE, coco("annotations", bbox=[30, 20, 11, 9]), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.BOX_OUTSIDE, coco("annotations", bbox=[-1, 20, 10, 9]), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.BOX_INVERTED, coco("annotations", bbox=[9, 9, -5, 5]), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.BOX_EMPTY, coco("annotations", bbox=[9, 9, 5, 0]), rf"{TRAIN_JSON}, annotations\[0\]"),
    ("coco", Kind.WRONG_SIZE, coco("images", width=50), rf"{TRAIN_JSON}, images\[0\]"),
    ("coco", Kind.NO_SIZE, coco("images", width=None), rf"{TRAIN_JSON}, images\[0\]"),
    ("coco", Kind.ROTATED, written("train/a.jpg", jpeg((30, 40), turn=6)), "train/a.jpg"),
    ("coco", Kind.DUPLICATE_ID, coco_added("images", file_name="z.jpg"), rf"{TRAIN_JSON}, images\[2\]"),
    ("coco", Kind.DUPLICATE_NAME, coco_added("images", id=9), rf"{TRAIN_JSON}, images\[2\]"),
    ("coco", Kind.NO_ANNOTATION, written("train/z.jpg", jpeg()), "train/z.jpg"),
    ("coco", Kind.DUPLICATE_OBJECT, coco_added("annotations", id=9), rf"{TRAIN_JSON}, annotations\[1\]"),
    (
        "coco",
        Kind.CLASS_NAME,
        coco_added("categories", id=9, name="nut: M8"),
        f"{TRAIN_JSON}, class 2",
    ),
]


def findings(path: Path, format_name: str | None = None) -> list[Finding]:
    return [finding for checked in check_path(path, format_name).datasets for finding in checked.findings]


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_is_found_in_a_faultless_data_set(tmp_path: Path, name: str) -> None:
    report = check_path(WRITERS[name](tmp_path))

    (checked,) = report.datasets
    assert checked.findings == ()
    assert (checked.format, checked.images, checked.objects, checked.classes) == (name, 3, 2, 2)
    assert (report.errors, report.warnings) == (0, 0)


@pytest.mark.parametrize(
    ("name", "kind", "breaking", "where"),
    [pytest.param(*row, id=f"{row[0]}: {row[1].value}") for row in BROKEN],
)
def test_what_is_broken_is_found_and_nothing_else(
    tmp_path: Path, name: str, kind: Kind, breaking: Breaking, where: str
) -> None:
    breaking(WRITERS[name](tmp_path))

    found = findings(tmp_path, name)

    assert [one.kind for one in found] == [kind]
    assert re.fullmatch(where, found[0].where)
    assert found[0].expected
    assert found[0].found


def test_every_kind_of_finding_is_in_the_table() -> None:
    assert {kind for _, kind, _, _ in BROKEN} == set(Kind)


def test_images_without_objects_need_no_list_of_classes(tmp_path: Path) -> None:
    put(tmp_path, "Annotations/a.xml", voc_xml("a.jpg"))
    put(tmp_path, "JPEGImages/a.jpg", jpeg())

    assert findings(tmp_path) == []


def test_a_box_that_misses_the_border_by_rounding_is_inside(tmp_path: Path) -> None:
    coco("annotations", bbox=[20.2, 10, 20.2, 20.3])(write_coco(tmp_path / "coco"))
    row("0 0.750000 0.5 0.500001 1.000001")(write_yolo(tmp_path / "yolo"))

    assert findings(tmp_path / "coco") == findings(tmp_path / "yolo") == []


def test_boxes_are_held_against_the_file_where_no_size_is_stated(tmp_path: Path) -> None:
    write_voc(tmp_path)
    text = voc_xml("a.jpg", voc_object("cat", 4, 5, 41, 25)).replace("<width>40<", "<width>0<")
    put(tmp_path, A_XML, text)

    assert {one.kind for one in findings(tmp_path)} == {Kind.NO_SIZE, Kind.BOX_OUTSIDE}


def test_boxes_are_held_against_the_file_where_another_size_is_stated(tmp_path: Path) -> None:
    write_voc(tmp_path)
    put(tmp_path, A_XML, voc_xml("a.jpg", voc_object("cat", 4, 5, 20, 25), size=(10, 10)))

    assert [one.kind for one in findings(tmp_path)] == [Kind.WRONG_SIZE]


@pytest.mark.parametrize("row_text", ["0 0.5 0.5 0.2 0.2", "0 0.9 0.5 0.4 0.2"], ids=["inside", "outside"])
def test_shares_are_checked_without_the_image(tmp_path: Path, row_text: str) -> None:
    write_yolo(tmp_path)
    row(row_text)(tmp_path)
    (tmp_path / "images" / "train" / "a.jpg").unlink()

    kinds = {one.kind for one in findings(tmp_path)}

    assert kinds == {Kind.MISSING_IMAGE} | ({Kind.BOX_OUTSIDE} if "0.9" in row_text else set())


def test_an_image_in_two_coco_files_is_in_two_sets(tmp_path: Path) -> None:
    write_coco(tmp_path)
    put(tmp_path, "annotations/instances_test.json", json.dumps(coco_of("b")))

    assert [(one.kind, one.found) for one in findings(tmp_path)] == [(Kind.TWO_SETS, "test and val")]


def test_several_formats_in_a_folder_are_all_checked(tmp_path: Path) -> None:
    for write in WRITERS.values():
        write(tmp_path)
    (tmp_path / "JPEGImages" / "a.jpg").unlink()

    report = check_path(tmp_path)

    assert [checked.format for checked in report.datasets] == list(WRITERS)
    assert [len(checked.findings) for checked in report.datasets] == [1, 0, 0]


def test_errors_and_warnings_are_counted(tmp_path: Path) -> None:
    write_voc(tmp_path)
    together(removed("JPEGImages/a.jpg"), removed("classes.txt"), replaced("ImageSets/Main/val.txt", "b", "b\nb"))(
        tmp_path
    )

    report = check_path(tmp_path)

    assert (report.errors, report.warnings) == (1, 2)
    assert {one.severity for checked in report.datasets for one in checked.findings} == set(Severity)


def test_the_listener_hears_how_far_it_is(tmp_path: Path) -> None:
    write_voc(tmp_path)
    for number in range(60):
        put(tmp_path, f"Annotations/z{number}.xml", voc_xml(f"z{number}.jpg"))
    events: list[Event] = []

    check_path(tmp_path, listener=events.append, clock=iter([1.0, 3.5]).__next__)

    assert events == [
        StageStarted(Stage.CHECK, 63),
        StageAdvanced(Stage.CHECK, 50),
        StageAdvanced(Stage.CHECK, 63),
        StageFinished(Stage.CHECK, 2.5),
    ]


def test_nothing_is_written(tmp_path: Path) -> None:
    write_voc(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    check_path(tmp_path)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found none of them"):
        check_path(tmp_path)
