"""What keras-yolo3 reads must be what we hold, whatever the files and the classes are called.

The rules are those of `voc_annotation.py`, `train.py` and `yolo3/utils.py` of
https://github.com/qqwweee/keras-yolo3 and of `voc.py` of https://github.com/experiencor/keras-yolo3,
written anew: the originals have folders and classes built in.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from annot_core.export import export_all
from annot_core.geometry import Box
from annot_core.naming import class_labels, image_ids
from annot_core.records import Annotation

SIZE = (60, 40)
BACKGROUND = "empty"
STEMS = {
    "plain": "photo",
    "space": "a photo of it",
    "tab": "a\tb",
    "newline": "a\nb",
    "ideographic space": "a\u3000b",
    "no-break space": "a\u00a0b",
    "line separator": "a\u2028b",
    "file separator": "a\x1cb",
    "next line": "a\x85b",
    "leading space": " a",
    "hash": "#a",
    "dot": ".a",
    "dots": "a..b.c",
    "dash": "-a",
    "quotes": "'a\"b",
    "markup": "<b>&amp;]]>",
    "colon": "a:b",
    "comma": "a,1,2,3,4,0",
    "undecodable": os.fsdecode(b"a\xff\xfeb"),
    "long": "x" * 246,
    "long and alike": "x" * 245 + "y",
    "emoji": "\U0001f600",
    "another emoji": "\U0001f601",
    "letters": "\u732b\u00df\u00e9",
    "decomposed letters": "e\u0301",
    "zero width": "a\u200bb",
    "right to left override": "a\u202eb",
    "Windows device": "nul",
}
CLASSES = [
    "cat",
    "Cat",
    "traffic light",
    " a\u3000 b\t",
    "<b>&\"'",
    "nut: M8",
    "#1",
    os.fsdecode(b"\xe9t\xe9"),
]
FILES = [
    *((CLASSES[number % len(CLASSES)], f"{stem}.jpg") for number, stem in enumerate(STEMS.values())),
    *(("dog", f"{stem}.jpg") for stem in STEMS.values()),
    *(("same", name) for name in ("a.jpg", "a.png", "A.JPG", "a.JPG", "a-2.jpg", "A.b.jpg")),
    *((BACKGROUND, name) for name in ("a.jpg", "plain wall.jpg", "#.jpg")),
]


@dataclass(frozen=True)
class Row:
    """What a reader has of one image: its file's name, and (xmin, ymin, xmax, ymax, class) of each box."""

    image: str
    boxes: tuple[tuple[int, ...], ...]


@pytest.fixture(scope="module", params=["output", "my output\u3000folder"])
def output(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of all the names, in a folder without and in one with white space in its path."""
    folder: Path = tmp_path_factory.mktemp("data") / request.param
    summary = export_all(hostile_annotations(), folder, upright_jpeg=_jpeg)
    assert summary.problems == ()
    return folder


def hostile_annotations() -> list[Annotation]:
    ids = image_ids([(class_name, f"{class_name}/{name}") for class_name, name in FILES])
    return [
        Annotation(
            image_id,
            Path("unread"),
            f"{class_name}/{name}",
            class_name,
            # Another box for each image, so that no two can be mistaken for each other.
            None if class_name == BACKGROUND else Box(number % 30, number // 30, 40, 30),
            SIZE,
        )
        for number, (image_id, (class_name, name)) in enumerate(zip(ids, FILES, strict=True))
    ]


def _jpeg(annotation: Annotation) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", SIZE, (90, 90, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def read_classes(folder: Path) -> list[str]:
    with (folder / "classes.txt").open(encoding="utf-8") as file:
        return [line.strip() for line in file.readlines()]


def expected_rows(folder: Path) -> list[Row]:
    """Return what we hold, with the number of each class in `classes.txt`."""
    order = read_classes(folder)
    labels = class_labels({name for name, _ in FILES} - {BACKGROUND})
    numbers = {name: order.index(label) for name, label in labels.items()}
    assert sorted(numbers.values()) == list(range(len(order)))
    return [
        Row(f"{one.image_id}.jpg", ())
        if one.box is None
        else Row(
            f"{one.image_id}.jpg",
            ((one.box.left + 1, one.box.top + 1, one.box.right, one.box.bottom, numbers[one.class_name]),),
        )
        for one in hostile_annotations()
    ]


def convert_voc(folder: Path, image_set: str) -> list[str]:
    """Make rows out of the XML files as `voc_annotation.py` does."""
    classes = read_classes(folder)
    with (folder / "ImageSets" / "Main" / f"{image_set}.txt").open(encoding="utf-8") as file:
        image_ids = file.read().strip().split()
    rows = []
    for image_id in image_ids:
        with (folder / "Annotations" / f"{image_id}.xml").open(encoding="utf-8") as file:
            root = ElementTree.parse(file).getroot()
        row = f"JPEGImages/{image_id}.jpg"
        for found in root.iter("object"):
            label, difficult = _child(found, "name").text, _child(found, "difficult").text
            if label not in classes or int(difficult or "") == 1:
                continue
            corners = _child(found, "bndbox")
            numbers = [int(_child(corners, tag).text or "") for tag in ("xmin", "ymin", "xmax", "ymax")]
            row += " " + ",".join(map(str, numbers)) + f",{classes.index(label)}"
        rows.append(row + "\n")
    return rows


def _child(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    child = parent.find(tag)
    assert child is not None, f"no {tag} in {parent.tag}"
    return child


def read_row(line: str) -> Row:
    """Read a row as `get_random_data` does, and open its image relative to the working folder."""
    words = line.split()
    with Image.open(words[0]) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", SIZE)
    boxes = tuple(tuple(map(int, word.split(","))) for word in words[1:])
    assert all(len(box) == 5 for box in boxes)
    return Row(Path(words[0]).name, boxes)


def by_name(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.image)


def test_the_converter_from_voc_finds_every_image_and_box(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(output)

    rows = [read_row(line) for line in convert_voc(output, "trainval")]

    assert by_name(rows) == by_name(expected_rows(output))


def test_train_and_val_together_are_all_images_once(output: Path) -> None:
    parts = [*convert_voc(output, "train"), *convert_voc(output, "val")]

    assert sorted(parts) == sorted(convert_voc(output, "trainval"))


def test_our_rows_are_read_as_every_image_and_box(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(output)

    rows = []
    for name in ("train", "val"):
        with Path("yolo3", f"{name}.txt").open(encoding="utf-8") as file:
            rows += [read_row(line) for line in file.readlines()]

    assert by_name(rows) == by_name(expected_rows(output))


def test_our_rows_are_read_from_any_folder_if_the_path_allows_it(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (output / "yolo3" / "train.txt").open(encoding="utf-8") as file:
        paths = {line.split()[0] for line in file.readlines()}

    if len(str(output).split()) == 1:
        assert all(Path(path).is_file() for path in paths)
    else:
        assert all(path.startswith("JPEGImages/") for path in paths)


def test_each_row_of_the_converter_has_the_boxes_of_ours(output: Path) -> None:
    def boxes(line: str) -> tuple[str, ...]:
        path, *words = line.split()
        return (Path(path).name, *words)

    with (output / "yolo3" / "train.txt").open(encoding="utf-8") as file:
        ours = [boxes(line) for line in file.readlines()]

    assert ours == [boxes(line) for line in convert_voc(output, "train")]


def test_the_reader_that_matches_tags_by_substring_finds_the_same(output: Path) -> None:
    """Read as experiencor's `parse_voc_annotation` does: any tag counts that holds the word."""
    classes = read_classes(output)
    rows = []
    for path in sorted((output / "Annotations").iterdir()):
        image, size, boxes = "", [0, 0], []
        for element in ElementTree.parse(path).iter():
            if "filename" in element.tag:
                image = element.text or ""
            if "width" in element.tag:
                size[0] = int(element.text or "")
            if "height" in element.tag:
                size[1] = int(element.text or "")
            if "object" in element.tag or "part" in element.tag:
                boxes += _boxes_by_substring(element, classes)
        assert tuple(size) == SIZE
        rows.append(Row(image, tuple(boxes)))

    assert by_name(rows) == by_name(expected_rows(output))


def _boxes_by_substring(element: ElementTree.Element, classes: list[str]) -> list[tuple[int, ...]]:
    found = []
    corners: list[int] = []
    for child in element:
        if "name" in child.tag:
            found.append(classes.index(child.text or ""))
        if "bndbox" in child.tag:
            for side in ("xmin", "ymin", "xmax", "ymax"):
                corners += [round(float(one.text or "")) for one in child if side in one.tag]
    return [(*corners, number) for number in found]


def test_ids_fit_into_file_names_with_room_for_every_ending(output: Path) -> None:
    names = [path.name for path in output.rglob("*") if path.is_file()]

    assert max(len(name.encode()) for name in names) <= 143


def test_no_two_files_are_one_on_a_file_system_that_ignores_case(output: Path) -> None:
    names = [path.name.casefold() for path in (output / "Annotations").iterdir()]

    assert len(set(names)) == len(names) == len(FILES)
