"""Anchors: found again where boxes lie around known sizes, and always usable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.detector.anchors import find_anchors, shape_iou

SIDES = st.floats(1 / 64, 1.0, width=32)


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_sizes_that_boxes_lie_around_are_found() -> None:
    centers = np.array([[0.1, 0.1], [0.1, 0.4], [0.5, 0.2], [0.8, 0.8]], np.float32)
    near = centers[np.arange(400) % 4] * generator().uniform(0.95, 1.05, (400, 2)).astype(np.float32)
    found = find_anchors(near, 4, generator())
    expected = centers[np.argsort(centers.prod(axis=1))]
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_the_same_seed_gives_the_same_anchors() -> None:
    sizes = generator().uniform(0.05, 0.9, (50, 2)).astype(np.float32)
    np.testing.assert_array_equal(find_anchors(sizes, 6, generator()), find_anchors(sizes, 6, generator()))


@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.just(2)), elements=SIDES), st.integers(1, 8))
def test_there_are_as_many_as_asked_all_usable_and_smallest_first(sizes: np.ndarray, count: int) -> None:
    found = find_anchors(sizes, count, generator())
    assert found.shape == (count, 2)
    assert (found > 0).all()
    assert np.isfinite(found).all()
    assert (np.diff(found.astype(np.float64).prod(axis=1)) >= -1e-6).all()


def test_fewer_different_sizes_than_anchors_are_varied() -> None:
    found = find_anchors(np.full((5, 2), 0.25, np.float32), 3, generator())
    np.testing.assert_allclose(found[1], 0.25)
    assert found[0, 0] < 0.25 < found[2, 0]


def test_without_boxes_there_is_nothing_to_find() -> None:
    with pytest.raises(ValueError, match="at least one box"):
        find_anchors(np.zeros((0, 2), np.float32), 3, generator())


def test_iou_of_shapes_is_that_of_boxes_with_one_center() -> None:
    found = shape_iou(np.array([[2.0, 2.0], [4.0, 1.0]]), np.array([[2.0, 2.0], [1.0, 4.0]]))
    np.testing.assert_allclose(found, [[1, 2 / 6], [2 / 6, 1 / 7]])
