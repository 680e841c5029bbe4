"""The loss of YOLOv3: by hand for known outputs, and nothing where there is nothing to learn."""

from __future__ import annotations

import numpy as np
import pytest
from detector_grids import ANCHORS, CLASSES, SURE, perfect_outputs, row, small_grid

from annot_core.detector.examples import NO_BOX
from annot_core.detector.loss import yolo_loss

BOXES = np.array(
    [
        [row(0.1, 0.1, 0.3, 0.25, 1), row(0.4, 0.3, 0.9, 0.95, 2)],
        [row(0, 0, 0, 0, NO_BOX), row(0, 0, 0, 0, NO_BOX)],
    ],
    np.float32,
)
PLACE = 12 + 3 * (1 * 4 + 1)
"""Of the box whose center is the middle of the second cell of the second row, with the first anchor's shape."""
CENTERED = np.array([[row(0.325, 0.325, 0.425, 0.425, 0)]], np.float32)


def loss(boxes: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return np.asarray(yolo_loss(boxes, outputs, small_grid()))


def changed(place: int, index: int, value: float) -> float:
    """The loss where one of the perfect outputs for the centered box is another."""
    outputs = perfect_outputs(CENTERED, small_grid())
    outputs[0, place, index] = value
    return float(loss(CENTERED, outputs)[0])


def test_perfect_outputs_leave_nothing_to_learn() -> None:
    import tensorflow as tf

    outputs = tf.constant(perfect_outputs(BOXES, small_grid()))
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        losses = yolo_loss(BOXES, outputs, small_grid())
    np.testing.assert_allclose(losses, 0, atol=1e-4)
    np.testing.assert_allclose(tape.gradient(losses, outputs), 0, atol=1e-4)


def test_a_network_that_says_half_of_everything() -> None:
    # Without a box: log 2 for each of the 60 places.
    assert loss(BOXES[1:], np.zeros((1, 60, 8), np.float32))[0] == pytest.approx(60 * np.log(2), rel=1e-5)


@pytest.mark.parametrize(
    ("index", "value", "expected"),
    [
        # The box is 0.01 of the picture, so that center and size count 1.99 times.
        (0, np.log(3), 1.99 * (-0.5 * np.log(0.75 * 0.25) - np.log(2))),
        (2, 0.6, 1.99 * 0.6**2 / 2),
        (3, -1.0, 1.99 * 0.5),
        (4, 0.0, np.log(2)),
        (5, -np.log(3), np.log(4)),
        (6, np.log(3), np.log(4)),
    ],
    ids=["center", "width", "height", "objectness", "its class", "another class"],
)
def test_one_wrong_output_costs_what_the_formula_says(index: int, value: float, expected: float) -> None:
    assert changed(PLACE, index, value) == pytest.approx(expected, rel=1e-4)


def test_a_box_where_there_is_none_costs() -> None:
    assert changed(0, 4, np.log(3)) == pytest.approx(np.log(4), rel=1e-4)


def test_a_neighbor_that_tells_the_same_box_is_not_told_off() -> None:
    outputs = perfect_outputs(CENTERED, small_grid())
    # The second anchor in the same cell, stretched to the box.
    outputs[0, PLACE + 1, 2:4] = np.log(ANCHORS[0] / ANCHORS[1])
    outputs[0, PLACE + 1, 4] = SURE
    assert loss(CENTERED, outputs)[0] == pytest.approx(0, abs=1e-4)


def test_losses_are_of_each_picture_alone() -> None:
    outputs = np.random.default_rng(0).normal(size=(2, 60, 5 + CLASSES)).astype(np.float32)
    both = loss(BOXES, outputs)
    apart = [loss(BOXES[[one]], outputs[[one]])[0] for one in range(2)]
    np.testing.assert_allclose(both, apart, rtol=1e-5)


def test_outputs_of_any_size_give_a_number() -> None:
    outputs = np.full((2, 60, 5 + CLASSES), 1e4, np.float32)
    assert np.isfinite(loss(BOXES, outputs)).all()
    assert np.isfinite(loss(BOXES, -outputs)).all()
