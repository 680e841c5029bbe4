"""Keeping the best of boxes that tell of the same object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.detector.decoding import MOST_DETECTIONS, Detection, Told, detections, suppress
from annot_core.geometry import Box

BOXES = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 5], [20, 20, 30, 30]], np.float32)


@pytest.mark.parametrize(
    ("scores", "limit", "kept"),
    [
        ([0.9, 0.8, 0.7, 0.6], 0.45, [0, 3]),
        ([0.9, 0.8, 0.7, 0.6], 0.5, [0, 2, 3]),
        ([0.1, 0.8, 0.7, 0.9], 0.45, [3, 1, 2]),
        ([0.5, 0.5, 0.5, 0.5], 0.45, [0, 3]),
    ],
    ids=[
        "the best goes first",
        "as much as the limit is allowed",
        "order is that of scores",
        "equals keep their order",
    ],
)
def test_boxes_that_a_better_one_covers_go(scores: list[float], limit: float, kept: list[int]) -> None:
    assert suppress(BOXES, np.array(scores, np.float32), limit).tolist() == kept


def test_nothing_is_left_of_nothing() -> None:
    assert suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)).tolist() == []


@given(st.lists(st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 20)] * 2, st.floats(0, 1)), max_size=12))
def test_what_is_left_does_not_overlap_and_covers_the_rest(rows: list[tuple[int, int, int, int, float]]) -> None:
    boxes = [Box(x, y, x + width, y + height) for x, y, width, height, _ in rows]
    scores = np.array([one[4] for one in rows], np.float32)
    kept = suppress(np.array(boxes, np.float32).reshape(-1, 4), scores).tolist()
    for place, one in enumerate(kept):
        assert all(boxes[one].iou(boxes[other]) <= 0.4501 for other in kept[:place])
    for one in set(range(len(boxes))) - set(kept):
        assert any(boxes[one].iou(boxes[other]) >= 0.4499 and scores[other] >= scores[one] for other in kept)


def test_objects_of_different_classes_may_overlap() -> None:
    told = Told(np.array([[0.1, 0.2, 0.5, 0.6]] * 2, np.float32), np.array([[0.9, 0.6], [0.8, 0.7]], np.float32))
    assert detections(told, (100, 50), 0.65) == (
        Detection(Box(10, 10, 50, 30), 0, pytest.approx(0.9)),
        Detection(Box(10, 10, 50, 30), 1, pytest.approx(0.7)),
    )


def test_boxes_lie_in_the_image_and_have_an_area() -> None:
    told = Told(np.array([[-0.5, 0.2, 1.7, 0.2001], [2, 2, 3, 3]], np.float32), np.array([[0.9], [0.8]], np.float32))
    for one in detections(told, (30, 20), 0.1):
        assert one.box.fits(30, 20)


def test_an_image_has_no_more_than_so_many() -> None:
    steps = np.arange(150, dtype=np.float32)[:, None] / 150
    boxes = np.concatenate([steps, steps, steps + 0.001, steps + 0.001], axis=1)
    found = detections(Told(boxes, 1 - steps), (3000, 3000), 0.0)
    assert len(found) == MOST_DETECTIONS
    assert found[0].score == 1
