"""What globox reads of our VOC, YOLO and COCO files must be what we hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from globox import AnnotationSet, BoundingBox
from hostile_names import SIZE, Hostile

from annot_core.export.coordinates import from_one_based
from annot_core.geometry import Box

SETS = ("train", "val", "test")


def as_box(box: BoundingBox) -> Box:
    return Box(*map(round, (box.xmin, box.ymin, box.xmax, box.ymax)))


def as_written(box: BoundingBox) -> Box:
    """VOC's numbers, which globox takes as they stand."""
    return from_one_based(*map(round, (box.xmin, box.ymin, box.xmax, box.ymax)))


def held(
    sets: Iterable[AnnotationSet], box_of: Callable[[BoundingBox], Box], labels: Callable[[str], str] = str
) -> dict[str, tuple[str, Box] | None]:
    """Label and box by image of some sets."""
    found: dict[str, tuple[str, Box] | None] = {}
    for read in sets:
        for one in read:
            assert one.image_id not in found
            assert one.image_size == SIZE
            assert len(one.boxes) <= 1
            found[one.image_id] = None
            for box in one.boxes:
                found[one.image_id] = (labels(box.label), box_of(box))
    return found


def test_pascal_voc_has_every_image_box_and_class(hostile: Hostile) -> None:
    read = AnnotationSet.from_pascal_voc(hostile.output / "Annotations")
    assert held([read], as_written) == hostile.held


def test_yolo_has_every_image_box_and_class(hostile: Hostile) -> None:
    folder = hostile.output / "yolo"
    order = (hostile.output / "classes.txt").read_text(encoding="utf-8").splitlines()
    read = [
        AnnotationSet.from_yolo_v5(folder=folder / "labels" / name, image_folder=folder / "images" / name)
        for name in SETS
    ]
    assert held(read, as_box, lambda number: order[int(number)]) == hostile.held


def test_coco_has_every_image_box_and_class(hostile: Hostile) -> None:
    folder = hostile.output / "coco" / "annotations"
    read = [AnnotationSet.from_coco(folder / f"instances_{name}.json") for name in SETS]
    assert held(read, as_box) == hostile.held
