"""What supervision reads of our VOC, YOLO and COCO files must be what we hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_names import SIZE, Hostile
from supervision import DetectionDataset

from annot_core.geometry import Box

SETS = ("train", "val", "test")


def held(datasets: list[DetectionDataset]) -> dict[str, tuple[str, Box] | None]:
    """Label and box by image of some data sets."""
    found: dict[str, tuple[str, Box] | None] = {}
    for dataset in datasets:
        for path, pixels, boxes in dataset:
            name = Path(path).name
            assert name not in found
            assert pixels.shape == (SIZE[1], SIZE[0], 3)
            assert len(boxes) <= 1
            found[name] = None
            for edges, number in zip(boxes.xyxy, boxes.class_id, strict=True):
                assert edges == pytest.approx(edges.round(), abs=1e-4)
                found[name] = (dataset.classes[number], Box(*map(round, edges.tolist())))
    return found


def test_pascal_voc_has_every_image_box_and_class(hostile: Hostile) -> None:
    folder = hostile.output
    read = DetectionDataset.from_pascal_voc(str(folder / "JPEGImages"), str(folder / "Annotations"))
    assert held([read]) == hostile.held


def test_yolo_has_every_image_box_and_class(hostile: Hostile) -> None:
    folder = hostile.output / "yolo"
    read = [
        DetectionDataset.from_yolo(
            str(folder / "images" / name), str(folder / "labels" / name), str(folder / "data.yaml")
        )
        for name in SETS
    ]
    assert held(read) == hostile.held


def test_coco_has_every_image_box_and_class(hostile: Hostile) -> None:
    folder = hostile.output / "coco"
    read = [
        DetectionDataset.from_coco(
            str(folder / "images" / name), str(folder / "annotations" / f"instances_{name}.json")
        )
        for name in SETS
    ]
    assert held(read) == hostile.held
