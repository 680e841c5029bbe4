"""Average precision: by hand, and as pycocotools has it."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from annot_core.detector.average_precision import Judged, average_precisions, mean_average_precision, mean_iou
from annot_core.detector.decoding import Detection
from annot_core.detector.examples import TrueBox
from annot_core.geometry import Box

HERE, THERE, NEAR = Box(0, 0, 10, 10), Box(50, 50, 70, 60), Box(0, 0, 10, 8)


def found(box: Box, score: float, class_number: int = 0) -> Detection:
    return Detection(box, class_number, score)


def true(*boxes: Box, class_number: int = 0) -> tuple[TrueBox, ...]:
    return tuple(TrueBox(box, class_number) for box in boxes)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([Judged((found(HERE, 0.9),), true(HERE))], 1.0),
        ([Judged((), true(HERE))], 0.0),
        ([Judged((found(THERE, 0.9),), true(HERE))], 0.0),
        ([Judged((found(HERE, 0.9),), true(HERE, THERE))], 51 / 101),
        ([Judged((found(HERE, 0.5), found(THERE, 0.9)), true(HERE))], 0.5),
        ([Judged((found(HERE, 0.9), found(NEAR, 0.8)), true(HERE))], 1.0),
        ([Judged((found(HERE, 0.9), found(NEAR, 0.8)), true(HERE, THERE))], 51 / 101),
        ([Judged((found(HERE, 0.9),), true(HERE)), Judged((found(HERE, 0.95),), ())], 0.5),
        ([Judged((found(HERE, 0.9, 1),), true(HERE))], 0.0),
    ],
    ids=[
        "found",
        "nothing found",
        "elsewhere",
        "one of two",
        "after a wrong one",
        "twice",
        "twice is no other one",
        "in an image without any",
        "as another class",
    ],
)
def test_small_cases_by_hand(images: list[Judged], expected: float) -> None:
    assert average_precisions(images) == {0: pytest.approx(expected)}


def test_the_mean_is_over_classes_that_are_there() -> None:
    images = [Judged((found(HERE, 0.9), found(THERE, 0.8, 7)), (*true(HERE), *true(THERE, class_number=2)))]
    assert average_precisions(images) == {0: 1.0, 2: 0.0}
    assert mean_average_precision(images) == 0.5
    assert mean_average_precision([Judged((found(HERE, 0.9),), ())]) == 0.0


def test_mean_iou_takes_the_best_of_the_class_and_0_where_there_is_none() -> None:
    images = [Judged((found(NEAR, 0.9), found(HERE, 0.4, 1)), true(HERE)), Judged((), true(THERE))]
    assert mean_iou(images) == pytest.approx(0.4)
    assert mean_iou([]) == 0.0


def random_images(seed: int) -> list[Judged]:
    """Images with true boxes of three classes, and detections that are near them, elsewhere, or of another class."""
    generator = np.random.default_rng(seed)

    def box() -> Box:
        left, top, width, height = generator.integers([0, 0, 8, 8], [80, 80, 40, 40])
        return Box(int(left), int(top), int(left + width), int(top + height))

    images = []
    for _ in range(40):
        there = [TrueBox(box(), int(generator.integers(3))) for _ in range(generator.integers(0, 5))]
        tries = [one for one in there for _ in range(generator.integers(0, 3))]
        near = [
            (Box(*(edge + int(step) for edge, step in zip(one.box, generator.integers(-2, 3, 4), strict=True))), one)
            for one in tries
        ]
        told = [
            (each, one.class_number if generator.random() < 0.8 else int(generator.integers(3))) for each, one in near
        ]
        told += [(box(), int(generator.integers(3))) for _ in range(generator.integers(0, 3))]
        images.append(
            Judged(tuple(Detection(each, number, float(generator.random())) for each, number in told), tuple(there))
        )
    return images


def coco_result(images: list[Judged], threshold: float) -> dict[int, float]:
    """What pycocotools says of the same boxes, by class."""
    reason = "pycocotools is not installed, and nothing else here knows COCO's rules"
    coco = pytest.importorskip("pycocotools.coco", reason=reason)
    cocoeval = pytest.importorskip("pycocotools.cocoeval", reason=reason)

    def row(number: int, image: int, box: Box, class_number: int) -> dict[str, Any]:
        corner = [box.left, box.top, box.width, box.height]
        return {"id": number, "image_id": image, "category_id": class_number + 1, "bbox": corner, "area": box.area}

    there = [(image, one) for image, judged in enumerate(images, 1) for one in judged.true]
    told = [(image, one) for image, judged in enumerate(images, 1) for one in judged.found]
    data: dict[str, Any] = {
        "info": {},
        "images": [{"id": image} for image in range(1, len(images) + 1)],
        "categories": [{"id": number, "name": str(number)} for number in (1, 2, 3)],
        "annotations": [
            {**row(number, image, one.box, one.class_number), "iscrowd": 0}
            for number, (image, one) in enumerate(there, 1)
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = data
        truth.createIndex()
        results = truth.loadRes(
            [
                {**row(number, image, one.box, one.class_number), "score": one.score}
                for number, (image, one) in enumerate(told, 1)
            ]
        )
        judging = cocoeval.COCOeval(truth, results, "bbox")
        judging.params.iouThrs = np.array([threshold])
        judging.evaluate()
        judging.accumulate()
    # By threshold, recall, class, area and most detections: all areas and up to 100.
    return dict(enumerate(judging.eval["precision"][0, :, :, 0, -1].mean(axis=0)))


@pytest.mark.parametrize("threshold", [0.5, 0.75])
@pytest.mark.parametrize("seed", range(4))
def test_results_are_those_of_pycocotools(seed: int, threshold: float) -> None:
    images = random_images(seed)
    expected = coco_result(images, threshold)
    found = average_precisions(images, threshold)
    assert 0.05 < min(found.values()) < max(found.values()) < 0.95
    assert found == pytest.approx(expected, abs=1e-9)
