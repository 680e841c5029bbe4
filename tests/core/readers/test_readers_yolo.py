from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from written_datasets import BOXES, CLASSES, SIZE, jpeg, put, write_yolo, yolo_row

from annot_core.geometry import Box
from annot_core.readers import Kind, ReadDataset, ReadImage, formats_of
from annot_core.readers.yolo import YoloReader, label_of

ROWS = {image_id: "" if said is None else yolo_row(CLASSES.index(said[0]), said[1]) for image_id, said in BOXES.items()}


def read(path: Path) -> ReadDataset:
    return YoloReader().read(path)


def image_of(dataset: ReadDataset, image_id: str) -> ReadImage:
    (image,) = (one for one in dataset.images if one.image_id == image_id)
    return image


def write_roboflow(root: Path) -> None:
    for image_id, row in ROWS.items():
        folder = "valid" if image_id == "b" else "train"
        put(root, f"{folder}/labels/{image_id}.txt", row)
        put(root, f"{folder}/images/{image_id}.jpg", jpeg())
    put(root, "data.yaml", "train: ../train/images\nval: ../valid/images\n\nnc: 2\nnames: ['cat', \"dog\"]\n")


def write_cvat(root: Path) -> None:
    for image_id, row in ROWS.items():
        put(root, f"obj_train_data/{image_id}.txt", row)
        put(root, f"obj_train_data/{image_id}.jpg", jpeg())
    put(root, "obj.names", "cat\ndog\n")
    put(root, "obj.data", "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n")
    put(root, "train.txt", "".join(f"data/obj_train_data/{image_id}.jpg\n" for image_id in ROWS))


def write_labelimg(root: Path) -> None:
    for image_id, row in ROWS.items():
        put(root, f"{image_id}.txt", row)
        put(root, f"{image_id}.jpg", jpeg())
    put(root, "classes.txt", "cat\r\ndog\r\n")


def write_lists(root: Path) -> None:
    write_yolo(root)
    put(root, "train.txt", f"./images/train/a.jpg\n{root}/images/train/c.jpg\n")
    put(root, "val.txt", "images/val/b.jpg\n")
    put(root, "data.yaml", f"path: {root}\ntrain: train.txt\nval:\n  - val.txt\ntest:\nnames:\n- cat\n- dog\n")


LAYOUTS: dict[str, tuple[Callable[[Path], object], dict[str, tuple[str, ...]]]] = {
    "Ultralytics": (write_yolo, {"a": ("train",), "b": ("val",), "c": ("train",)}),
    "Roboflow": (write_roboflow, {"a": ("train",), "b": ("val",), "c": ("train",)}),
    "CVAT": (write_cvat, {"a": ("train",), "b": ("train",), "c": ("train",)}),
    "labelImg": (write_labelimg, {"a": (), "b": (), "c": ()}),
    "lists": (write_lists, {"a": ("train",), "b": ("val",), "c": ("train",)}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read(tmp_path: Path, layout: str) -> None:
    write, sets = LAYOUTS[layout]
    write(tmp_path)

    dataset = read(tmp_path)

    assert formats_of(tmp_path) == ("yolo",)
    assert (dataset.classes, dataset.findings) == (("cat", "dog"), ())
    read_boxes = {
        image.image_id: next(((one.class_name, one.box(SIZE)) for one in image.objects), None)
        for image in dataset.images
    }
    assert read_boxes == BOXES
    assert {image.image_id: image.sets for image in dataset.images} == sets
    assert all(image.path is not None and image.annotation for image in dataset.images)


@pytest.mark.parametrize("path", ["data.yaml", "labels"])
def test_a_data_set_is_read_from_wherever_it_is_named(tmp_path: Path, path: str) -> None:
    write_yolo(tmp_path)

    assert len(read(tmp_path / path).images) == 3


def test_a_yaml_file_may_lie_elsewhere(tmp_path: Path) -> None:
    write_yolo(tmp_path / "data")
    (tmp_path / "data" / "data.yaml").unlink()
    yaml = put(tmp_path, "coco8.yaml", "path: data\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n")

    dataset = read(yaml)

    assert (dataset.root, dataset.listed_in, dataset.classes) == (tmp_path / "data", "../coco8.yaml", ("cat", "dog"))
    assert image_of(dataset, "a").sets == ("train",)


def test_a_set_may_lie_elsewhere(tmp_path: Path) -> None:
    write_yolo(tmp_path / "data")
    shutil.move(tmp_path / "data" / "images" / "val", tmp_path / "more" / "images")
    shutil.move(tmp_path / "data" / "labels" / "val", tmp_path / "more" / "labels")
    put(tmp_path, "data/data.yaml", f"train: images/train\nval: {tmp_path}/more/images\nnames: [cat, dog]\n")

    image = image_of(read(tmp_path / "data"), "b")

    assert image.path is not None
    assert image.path.resolve() == tmp_path / "more" / "images" / "b.jpg"
    assert [one.class_name for one in image.objects] == ["dog"]


@pytest.mark.parametrize(
    ("row", "numbers"),
    [
        pytest.param("1 0.5 0.5 0.25 0.5", (0.5, 0.5, 0.25, 0.5), id="box"),
        pytest.param("1.0\t0.5 0.5  0.25 5e-1 ", (0.5, 0.5, 0.25, 0.5), id="odd spaces and numbers"),
        pytest.param("1 0.5 0.5 0.25 0.5 0.93", (0.5, 0.5, 0.25, 0.5), id="confidence"),
        pytest.param("1 0.25 0 0.75 0.5 0.5 1", (0.5, 0.5, 0.5, 1.0), id="polygon"),
        pytest.param("1 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75", (0.5, 0.5, 0.5, 0.5), id="turned box"),
    ],
)
def test_rows_of_every_task_are_read(tmp_path: Path, row: str, numbers: tuple[float, ...]) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "labels/train/a.txt", f"\ufeff{row}\r\n\r\n")

    dataset = read(tmp_path)

    (one,) = image_of(dataset, "a").objects
    assert (one.numbers, one.class_name, one.line, dataset.findings) == (numbers, "dog", 1, ())


def test_keypoints_are_no_polygon(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "data.yaml", "train: images/train\nval: images/val\nkpt_shape: [2, 3]\nnames: [cat, dog]\n")
    put(tmp_path, "labels/train/a.txt", "0 0.5 0.5 0.25 0.5 0.1 0.1 2 0.9 0.9 2\n")

    assert image_of(read(tmp_path), "a").objects[0].numbers == (0.5, 0.5, 0.25, 0.5)


@pytest.mark.parametrize(
    "row",
    [
        "1 0.5 0.5 0.25",
        "cat 0.5 0.5 0.25 0.5",
        "-1 0.5 0.5 0.2 0.5",
        "0.5 0.5 0.5 0.2 0.5",
        "1 0.5 0.5 nan 0.5",
        "1",
        "1 0.5,0.5,0.25,0.5",
        "1 0.1 0.1 0.2 0.2 0.3 0.3 0.4",
    ],
)
def test_a_malformed_row_is_told_with_its_line(tmp_path: Path, row: str) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "labels/train/a.txt", f"0 0.5 0.5 0.25 0.5\n{row}\n1 0.5 0.5 0.25 0.5\n")

    dataset = read(tmp_path)

    (finding,) = dataset.findings
    assert (finding.kind, finding.where, finding.found) == (Kind.BAD_OBJECT, "labels/train/a.txt:2", row)
    image = image_of(dataset, "a")
    assert [one.class_name for one in image.objects] == ["cat", "dog"]
    assert not image.is_whole


def test_a_number_without_a_name_is_kept_as_a_number(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "labels/train/a.txt", "7 0.5 0.5 0.25 0.5\n")

    (one,) = image_of(read(tmp_path), "a").objects

    assert (one.class_name, one.class_number) == ("", 7)


def test_names_by_number_may_come_in_any_order(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "data.yaml", "train: images\nval: images\nnames: {3: d, 1: b, 0: a, 99999999999: z}\n")

    classes = read(tmp_path).classes

    assert classes is not None
    assert classes[:4] == ("a", "b", "", "d")
    assert len(classes) == 100_000


def test_a_wrong_number_of_classes_is_told(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "data.yaml", "train: images/train\nval: images/val\nnc: 3\nnames: [cat, dog]\n")

    (finding,) = read(tmp_path).findings

    assert (finding.kind, finding.found) == (Kind.CLASS_COUNT, "nc: 3")


def test_a_yaml_file_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "data.yaml", "train: images/train\nval: images/val\nnames: [cat, dog\n")

    dataset = read(tmp_path)

    (finding,) = dataset.findings
    assert (finding.kind, finding.where) == (Kind.UNREADABLE, "data.yaml:3")
    assert [one.class_number for image in dataset.images for one in image.objects] == [0, 1]


@pytest.mark.parametrize(
    ("yaml", "where"),
    [
        pytest.param("train: images/train\nval: images/nowhere\n", "data.yaml", id="folder"),
        pytest.param("train: list.txt\nval: images/val\n", "list.txt:2", id="image"),
    ],
)
def test_what_is_named_and_not_there_is_told(tmp_path: Path, yaml: str, where: str) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "list.txt", "./images/train/a.jpg\n./images/train/nowhere.jpg\n")
    put(tmp_path, "data.yaml", f"{yaml}names: [cat, dog]\n")

    (finding,) = read(tmp_path).findings

    assert (finding.kind, finding.where) == (Kind.NOT_THERE, where)


def test_an_image_without_a_label_file_has_no_annotation(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    (tmp_path / "labels" / "train" / "a.txt").unlink()

    dataset = read(tmp_path)

    assert image_of(dataset, "a").annotation == ""
    assert image_of(dataset, "c").annotation == "labels/train/c.txt"


def test_an_image_without_a_label_file_beside_it_has_no_annotation(tmp_path: Path) -> None:
    write_labelimg(tmp_path)
    (tmp_path / "a.txt").unlink()

    assert [(image.name, image.annotation) for image in read(tmp_path).images] == [
        ("a.jpg", ""),
        ("b.jpg", "b.txt"),
        ("c.jpg", "c.txt"),
    ]


def test_pictures_and_texts_that_lie_about_are_no_images(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    put(tmp_path, "logo.png", jpeg())
    put(tmp_path, "README.txt", "0 0.5 0.5 0.1 0.1 is a row\n")
    put(tmp_path, "images/train/readme.txt", "Dear reader\n")
    put(tmp_path, "coco/images/train/a.jpg", jpeg())
    put(tmp_path, "JPEGImages/a.jpg", jpeg())

    assert [image.image_id for image in read(tmp_path).images] == ["a", "c", "b"]


def test_captions_beside_images_are_no_labels(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", jpeg())
    put(tmp_path, "a.txt", "a photo of a cat")

    assert not YoloReader().recognizes(tmp_path)


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/a.b.png", "train/labels/a.b.txt"),
        ("images/images/a.jpg", "images/labels/a.txt"),
        ("my_images/a.jpg", "my_images/a.txt"),
        ("a.jpg", "a.txt"),
        ("../more/images/a.jpg", "../more/labels/a.txt"),
    ],
)
def test_a_label_file_belongs_where_ultralytics_looks(image: str, label: str) -> None:
    assert label_of(image) == label


def test_boxes_come_back_to_the_pixel(tmp_path: Path) -> None:
    write_yolo(tmp_path)

    assert image_of(read(tmp_path), "a").objects[0].box(SIZE) == Box(3, 4, 20, 25)
