"""The map of what is unlike the sides of a picture, and what the salient map makes of it."""

import numpy as np
import pytest
from models import KINDS, pictures
from numpy.testing import assert_allclose

from annot_core.cam.heatmapper import heatmaps
from annot_core.cam.salient import WHOLE_SHARE, unlikeness_to_sides


def unlikeness(features):
    return np.asarray(unlikeness_to_sides(np.asarray(features, np.float32)))


def expected(features):
    """The formula place by place, for one picture (H, W, C) none of whose channels is flat."""
    height, width, channels = features.shape
    sides = [features[0], features[-1], features[:, 0], features[:, -1]]
    result = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            distances = []
            for side in sides:
                total = 0.0
                for channel in range(channels):
                    variance = side[:, channel].var() + WHOLE_SHARE * features[..., channel].var()
                    total += (features[row, column, channel] - side[:, channel].mean()) ** 2 / variance
                distances.append(np.sqrt(total / channels))
            result[row, column] = min(distances)
    return result


def test_the_map_is_the_distance_to_the_nearest_side():
    features = np.random.default_rng(0).normal(size=(2, 5, 4, 3))
    assert_allclose(unlikeness(features), [expected(one) for one in features], rtol=1e-4)


def test_a_thing_before_sky_and_grass_stands_out():
    features = np.zeros((1, 12, 12, 2))
    features[:, :6, :, 0] = 1
    features[:, 6:, :, 1] = 1
    features[:, 4:9, 5:8] = [2, 3]
    thing = np.zeros((12, 12), bool)
    thing[4:9, 5:8] = True
    found = unlikeness(features)[0]
    assert found[thing].min() > 2 * found[~thing].max()


@pytest.mark.parametrize("factor", [1e-6, 1e6], ids=str)
def test_the_scale_of_a_channel_does_not_matter(factor):
    features = np.random.default_rng(1).normal(size=(1, 6, 6, 2))
    assert_allclose(unlikeness(features * [1, factor]), unlikeness(features), rtol=1e-3)


def test_channels_that_are_the_same_everywhere_tell_nothing():
    assert not unlikeness(np.full((2, 4, 4, 3), 7.0)).any()


def test_variance_too_small_for_its_inverse_is_none():
    features = np.random.default_rng(2).normal(size=(1, 4, 4, 2)) * [1e-21, 1]
    assert_allclose(unlikeness(features), unlikeness(features * [0, 1]), rtol=1e-5)


def test_one_cell_is_not_unlike_itself():
    assert unlikeness(np.ones((1, 1, 1, 2))).tolist() == [[[0]]]


def test_a_map_does_not_depend_on_the_rest_of_the_batch():
    model = KINDS["functional"]()
    images = pictures(model)
    alone = heatmaps(model, images[1:2], [1], "salient")
    assert_allclose(heatmaps(model, images, [0, 1, 1, 0], "salient")[1:2], alone, atol=1e-5)
