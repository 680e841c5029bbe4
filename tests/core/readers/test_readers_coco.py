from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from written_datasets import SIZE, coco_of, jpeg, put, write_coco

from annot_core.geometry import Box
from annot_core.readers import Kind, ReadDataset, ReadImage
from annot_core.readers.coco import CocoReader


def read(path: Path) -> ReadDataset:
    return CocoReader().read(path)


def read_one(folder: Path, said: dict[str, Any]) -> ReadDataset:
    return read(put(folder, "a.json", json.dumps(said)))


def image_of(dataset: ReadDataset, image_id: str) -> ReadImage:
    (image,) = (one for one in dataset.images if one.image_id == image_id)
    return image


@pytest.mark.parametrize(
    ("path", "images"),
    [("", 3), ("annotations", 3), ("annotations/instances_train.json", 2)],
    ids=["root", "in", "file"],
)
def test_a_data_set_is_read_from_wherever_it_is_named(tmp_path: Path, path: str, images: int) -> None:
    write_coco(tmp_path)

    dataset = read(tmp_path / path)

    assert (dataset.root, len(dataset.images), dataset.findings) == (tmp_path, images, ())
    assert (image_of(dataset, "a").name, image_of(dataset, "a").sets) == ("train/a.jpg", ("train",))


def test_files_beside_instances_that_tell_of_the_same_images_are_passed_over(tmp_path: Path) -> None:
    write_coco(tmp_path)
    put(tmp_path, "annotations/person_keypoints_train.json", json.dumps(coco_of("a", "c")))

    assert read(tmp_path).lists == ("train", "val")


@pytest.mark.parametrize(
    ("json_path", "image_path"),
    [
        ("_annotations.coco.json", "a.jpg"),
        ("train/_annotations.coco.json", "train/a.jpg"),
        ("instances_default.json", "images/default/a.jpg"),
        ("annotations/instances_default.json", "images/a.jpg"),
        ("result.json", "images/a.jpg"),
        ("coco/data.json", "JPEGImages/a.jpg"),
        ("deep/er/data.json", "elsewhere/a.jpg"),
    ],
)
def test_images_are_found_in_every_layout(tmp_path: Path, json_path: str, image_path: str) -> None:
    put(tmp_path, json_path, json.dumps(coco_of("a")))
    put(tmp_path, image_path, jpeg())

    (image,) = read(tmp_path).images

    assert (image.name, image.path) == (image_path, tmp_path / image_path)


def test_a_json_file_of_something_else_is_passed_over(tmp_path: Path) -> None:
    write_coco(tmp_path)
    put(tmp_path, "report.json", json.dumps({"counts": {}, "images": [{"id": "a", "box": [1, 2, 3, 4]}]}))
    put(tmp_path, "package.json", "{}")
    put(tmp_path, "list.json", "[1, 2]")

    assert read(tmp_path).lists == ("train", "val")


@pytest.mark.parametrize("order", [("images", "annotations", "categories"), ("annotations", "categories", "images")])
def test_the_lists_may_come_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    said = coco_of("a", "b")

    dataset = read_one(tmp_path, {key: said[key] for key in order})

    assert [[one.class_name for one in image.objects] for image in dataset.images] == [["cat"], ["dog"]]


def test_ids_may_be_texts_in_one_place_and_numbers_in_another(tmp_path: Path) -> None:
    said = coco_of("a")
    said["annotations"][0] |= {"image_id": "1", "category_id": 1.0}

    dataset = read_one(tmp_path, said)

    assert ([one.class_name for one in dataset.images[0].objects], dataset.findings) == (["cat"], ())


def test_boxes_are_floats_from_the_corner(tmp_path: Path) -> None:
    said = coco_of("a")
    said["annotations"][0]["bbox"] = [1.4, "2.6", 3, 4.0]

    (image,) = read_one(tmp_path, said).images

    assert image.objects[0].box(SIZE) == Box(1, 3, 4, 7)


def test_a_polygon_stands_for_a_box_that_is_missing(tmp_path: Path) -> None:
    said = coco_of("a")
    said["annotations"][0] |= {"bbox": [], "segmentation": [[1, 2, 9, 2, 9, 8], [3, 1, 4, 5, 5, 5]]}

    (image,) = read_one(tmp_path, said).images

    assert image.objects[0].box(SIZE) == Box(1, 1, 9, 8)


@pytest.mark.parametrize(
    ("key", "change", "kind", "element"),
    [
        ("annotations", {"bbox": [1, 2, 3]}, Kind.BAD_OBJECT, "annotations[0]"),
        ("annotations", {"bbox": [1, 2, 3, float("nan")]}, Kind.BAD_OBJECT, "annotations[0]"),
        ("annotations", {"bbox": None}, Kind.BAD_OBJECT, "annotations[0]"),
        ("annotations", {"category_id": None}, Kind.BAD_OBJECT, "annotations[0]"),
        ("annotations", {"image_id": [1]}, Kind.BAD_OBJECT, "annotations[0]"),
        ("annotations", {"image_id": 9}, Kind.UNKNOWN_IMAGE, "annotations[0]"),
        ("images", {"width": 0}, Kind.NO_SIZE, "images[0]"),
        ("images", {"height": "high"}, Kind.NO_SIZE, "images[0]"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, key: str, change: dict[str, Any], kind: Kind, element: str
) -> None:
    said = coco_of("a", "b")
    said[key][0] |= change

    dataset = read_one(tmp_path, said)

    assert [(finding.kind, finding.element) for finding in dataset.findings] == [(kind, element)]
    assert [one.class_name for one in image_of(dataset, "b").objects] == ["dog"]
    assert image_of(dataset, "a").is_whole == (kind is not Kind.BAD_OBJECT or "image_id" in change)


@pytest.mark.parametrize(
    ("key", "entry", "kind"),
    [
        ("images", {"id": 1, "file_name": "z.jpg", "width": 9, "height": 9}, Kind.DUPLICATE_ID),
        ("images", {"id": 9, "file_name": "a.jpg", "width": 40, "height": 30}, Kind.DUPLICATE_NAME),
        ("images", {"id": 9, "width": 40, "height": 30}, Kind.BAD_ENTRY),
        ("images", 5, Kind.BAD_ENTRY),
        ("categories", {"id": 1, "name": "ape"}, Kind.DUPLICATE_ID),
        ("categories", {"id": 9, "name": "cat"}, Kind.DUPLICATE_NAME),
        ("categories", {"name": "ape"}, Kind.BAD_ENTRY),
        ("categories", {"id": 9, "name": ""}, Kind.BAD_ENTRY),
    ],
    ids=str,
)
def test_entries_that_cannot_be_are_told(tmp_path: Path, key: str, entry: Any, kind: Kind) -> None:
    said = coco_of("a", "b")
    said[key].append(entry)

    dataset = read_one(tmp_path, said)

    assert [(finding.kind, finding.element) for finding in dataset.findings] == [(kind, f"{key}[2]")]
    assert dataset.classes == ("cat", "dog")


def test_a_file_that_ends_early_says_nothing_for_sure(tmp_path: Path) -> None:
    text = json.dumps(coco_of("a", "b"), indent=1)
    path = put(tmp_path, "a.json", text[: text.index('"categories"')])

    dataset = read(path)

    (finding,) = (one for one in dataset.findings if one.kind is Kind.UNREADABLE)
    assert finding.line == text[: text.index('"categories"')].count("\n") + 1
    assert [image.is_whole for image in dataset.images] == [False, False]


@pytest.mark.parametrize("key", ["annotations", "categories"])
def test_a_list_that_is_missing_is_told(tmp_path: Path, key: str) -> None:
    said = coco_of("a")
    del said[key]

    dataset = read_one(tmp_path, said)

    assert [(one.kind, one.expected) for one in dataset.findings] == [(Kind.BAD_ENTRY, f"a list {key!r}")]
    # That nothing is said of an image must not pass for its having no objects.
    assert dataset.images[0].is_whole == (key == "categories")


def test_pictures_beside_the_annotated_ones_have_no_annotation(tmp_path: Path) -> None:
    write_coco(tmp_path)
    put(tmp_path, "train/z.jpg", jpeg())
    put(tmp_path, "docs/logo.png", jpeg())

    assert [image.name for image in read(tmp_path).images if not image.annotation] == ["train/z.jpg"]
