"""What pycocotools, the judge of most papers, reads of our COCO files must be what we hold."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from hostile_names import SIZE, Hostile
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annot_core.geometry import Box

SETS = ("train", "val", "test")


def read(output: Path, name: str) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(output / "coco" / "annotations" / f"instances_{name}.json"))


def test_every_image_box_and_class_is_there(hostile: Hostile) -> None:
    found: dict[str, tuple[str, Box] | None] = {}
    for name in SETS:
        coco = read(hostile.output, name)
        for image in coco.loadImgs(coco.getImgIds()):
            assert (image["width"], image["height"]) == SIZE
            with Image.open(hostile.output / "coco" / "images" / name / image["file_name"]) as picture:
                assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", SIZE)
            boxes = coco.loadAnns(coco.getAnnIds(imgIds=image["id"], iscrowd=False))
            assert image["file_name"] not in found
            found[image["file_name"]] = None
            for one in boxes:
                x, y, width, height = one["bbox"]
                assert one["area"] == width * height
                (category,) = coco.loadCats(one["category_id"])
                found[image["file_name"]] = (category["name"], Box(x, y, x + width, y + height))
    assert found == hostile.held


def test_no_number_comes_twice_over_all_sets_and_none_is_0(hostile: Hostile) -> None:
    sets = [read(hostile.output, name) for name in SETS]
    for numbers in ([one for coco in sets for one in coco.getImgIds()], [n for coco in sets for n in coco.getAnnIds()]):
        assert sorted(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", SETS)
def test_classes_are_numbered_in_the_order_of_classes_txt(hostile: Hostile, name: str) -> None:
    coco = read(hostile.output, name)
    order = (hostile.output / "classes.txt").read_text(encoding="utf-8").splitlines()
    assert [(one["id"], one["name"]) for one in coco.loadCats(coco.getCatIds())] == list(enumerate(order, start=1))


def test_our_own_boxes_as_detections_are_perfect(hostile: Hostile) -> None:
    truth = read(hostile.output, "train")
    boxes = truth.loadAnns(truth.getAnnIds())
    with contextlib.redirect_stdout(io.StringIO()):
        found = truth.loadRes(
            [{key: one[key] for key in ("image_id", "category_id", "bbox")} | {"score": 1.0} for one in boxes]
        )
        judge = COCOeval(truth, found, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    assert judge.stats[0] == pytest.approx(1.0)
