"""Changed pictures: the boxes stay around what they were around."""

from __future__ import annotations

import numpy as np
import pytest

from annot_core.detector.examples import NO_BOX
from annot_core.detector.jitter import LEAST_LEFT, jitter

SIDE = 96


def drawn(edges: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture with a white rectangle on black, and its box, twelve times."""
    left, top, right, bottom = edges
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[top:bottom, left:right] = 255
    row = [left / SIDE, top / SIDE, right / SIDE, bottom / SIDE, 1]
    return np.stack([picture] * 12), np.array([[row, [0, 0, 0, 0, NO_BOX]]] * 12, np.float32)


def changed(edges: tuple[int, int, int, int], seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    pictures, boxes = jitter(*drawn(edges), np.array([seed, 5], np.int32))
    return np.asarray(pictures), np.asarray(boxes)


def test_boxes_go_where_the_pixels_go() -> None:
    pictures, boxes = changed((30, 40, 60, 58))
    light = pictures.mean(axis=-1)
    seen = 0
    for picture, box in zip(light, boxes[:, 0], strict=True):
        middle = (picture.min() + picture.max()) / 2
        rows, columns = np.nonzero(picture > middle)
        found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / SIDE
        np.testing.assert_allclose(found, box[:4], atol=1.6 / SIDE)
        seen += 1
    assert seen == 12


def test_pictures_differ_and_stay_in_range() -> None:
    pictures, boxes = changed((30, 40, 60, 58))
    assert pictures.dtype == np.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 255
    assert len(np.unique(boxes[:, 0, 0])) == 12


def test_some_are_mirrored() -> None:
    _, boxes = changed((5, 40, 25, 58))
    centers = boxes[boxes[:, 0, 4] == 1][:, 0, [0, 2]].mean(axis=1)
    assert (centers < 0.5).any()
    assert (centers > 0.5).any()


def test_the_same_seed_gives_the_same_pictures_and_another_one_does_not() -> None:
    first, again, other = changed((30, 40, 60, 58)), changed((30, 40, 60, 58)), changed((30, 40, 60, 58), seed=4)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_boxes_lie_in_the_picture_and_those_mostly_outside_are_dropped() -> None:
    kept = dropped = 0
    for seed in range(6):
        _, boxes = changed((0, 0, 20, 20), seed)
        rows = boxes[:, 0]
        is_box = rows[:, 4] != NO_BOX
        assert (rows[:, :4] >= 0).all()
        assert (rows[:, :4] <= 1).all()
        assert not rows[~is_box, :4].any()
        kept, dropped = kept + is_box.sum(), dropped + (~is_box).sum()
        # The least that can be left of a box of 20 x 20 pixels, seen from as far as possible.
        areas = (rows[is_box, 2] - rows[is_box, 0]) * (rows[is_box, 3] - rows[is_box, 1])
        assert (areas * SIDE**2 >= LEAST_LEFT * 20**2 / 1.4**2 - 1).all()
    assert kept
    assert dropped


def test_rows_that_fill_up_stay_no_boxes() -> None:
    _, boxes = changed((30, 40, 60, 58))
    np.testing.assert_array_equal(boxes[:, 1], [[0, 0, 0, 0, pytest.approx(NO_BOX)]] * 12)
