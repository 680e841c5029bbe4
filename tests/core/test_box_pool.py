"""The boxes of many thresholds, for a batch of heat maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.binarize import binarize
from annot_core.box_pool import POOLED, SEARCHES, THRESHOLDS, WORKING_SIDE_PX, find_pool, working_map
from annot_core.geometry import mean_box
from annot_core.search import create_search, search_names

MAPS = arrays(np.float32, st.tuples(st.integers(2, 10), st.integers(2, 10)), elements=st.floats(0, 1, width=16))
HOT = MAPS.filter(lambda heat: heat.max() > 0)
SIZES = st.tuples(st.integers(1, 400), st.integers(1, 400))


@given(MAPS, SIZES)
def test_the_working_map_has_the_images_shape_but_is_no_larger_than_needed(heat, size):
    enlarged = working_map(heat, size)
    assert enlarged.dtype == np.float32
    assert max(enlarged.shape) == min(max(size), WORKING_SIDE_PX)
    shrink = min(1, WORKING_SIDE_PX / max(size))
    for side, full in zip(enlarged.shape, size[::-1], strict=True):
        assert side == 1 or abs(side - full * shrink) <= 0.5
    assert heat.min() <= enlarged.min()
    assert enlarged.max() <= heat.max()


@settings(max_examples=30)
@given(st.lists(HOT, min_size=1, max_size=3))
def test_every_box_is_the_one_of_its_search_at_its_threshold(heats):
    pool = find_pool(heats, THRESHOLDS)
    assert pool.edges.shape == (len(heats), len(THRESHOLDS), len(SEARCHES), 4)
    for heat, boxes in zip(heats, pool.edges.reshape(len(heats), -1, 4).tolist(), strict=True):
        for (name, threshold), edges in zip(POOLED, boxes, strict=True):
            assert list(create_search(name).find(binarize(heat, threshold)).box) == edges


@given(HOT, HOT)
def test_heat_is_summed_for_each_map(one, other):
    pool = find_pool([one, other], (0.3,))
    assert pool.sizes == (one.shape[::-1], other.shape[::-1])
    np.testing.assert_allclose(pool.heat_sums[:, -1, -1], [one.sum(), other.sum()], rtol=1e-5)


@given(HOT)
def test_mean_boxes_are_those_of_some_thresholds(heat):
    pool = find_pool([heat], THRESHOLDS)
    boxes = [create_search(name).find(binarize(heat, threshold)).box for threshold in (0.2, 0.5) for name in SEARCHES]
    assert pool.mean_boxes((0.2, 0.5)) == [mean_box(boxes)]


def test_the_searches_of_the_pool_are_registered():
    assert set(SEARCHES) <= set(search_names())


def test_a_threshold_that_was_not_searched_is_an_error():
    with pytest.raises(ValueError, match="not in tuple"):
        find_pool([np.ones((3, 3), np.float32)], (0.3,)).at((0.4,))
