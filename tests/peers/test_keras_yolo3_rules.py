"""What keras-yolo3 reads must be what we hold, whatever the files and the classes are called.

The rules are those of `voc_annotation.py`, `train.py` and `yolo3/utils.py` of
https://github.com/qqwweee/keras-yolo3 and of `voc.py` of https://github.com/experiencor/keras-yolo3,
written anew: the originals have folders and classes built in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hostile_names import BACKGROUND, FILES, SIZE, export_hostile, hostile_annotations
from PIL import Image

from annot_core.naming import class_labels


@dataclass(frozen=True)
class Row:
    """What a reader has of one image: its file's name, and (xmin, ymin, xmax, ymax, class) of each box."""

    image: str
    boxes: tuple[tuple[int, ...], ...]


@pytest.fixture(scope="module", params=["output", "my output\u3000folder"])
def output(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of all the names, in a folder without and in one with white space in its path."""
    folder: Path = tmp_path_factory.mktemp("data") / request.param
    return export_hostile(folder.parent / "photos", folder, ("voc", "keras-yolo3"), {"train": 0.8, "val": 0.2}).output


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
