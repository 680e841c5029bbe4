"""Test-time augmentation: the mirror image, and a larger scale where the network takes one."""

import keras
import numpy as np
import pytest
from keras import layers
from models import KINDS, classes, color_detector, pictures, scene, small_input, stages, weighted

from annot_core.cam.heatmapper import Heatmapper
from annot_core.cam.sizes import larger_size

# The contract is tested on compiled maps.
pytestmark = pytest.mark.usefixtures("uncompiled")


def sides(kind, augmented=True):
    model = KINDS[kind]()
    return Heatmapper(model, augmented=augmented).heat(pictures(model, 2), np.array([0, 1])).maps.shape[1:]


@pytest.mark.parametrize("kind", ["functional", "flattened", "max_pooled", "doubly_nested"])
def test_a_mirror_image_has_the_mirrored_map(kind):
    model = KINDS[kind]()
    images, indices = pictures(model), np.array([0, 1, 2, 1])
    heatmapper = Heatmapper(model, "fused", augmented=True)
    one = heatmapper.heat(images, indices)
    mirrored = heatmapper.heat(images[:, :, ::-1], indices)
    assert one.maps.any()
    np.testing.assert_allclose(mirrored.maps[:, :, ::-1], one.maps, atol=1e-5)
    np.testing.assert_allclose(mirrored.probabilities, one.probabilities, atol=1e-6)


def test_without_augmentation_a_mirror_image_may_have_another_map():
    """Else the test above would say nothing."""
    model = KINDS["functional"]()
    images, indices = pictures(model), np.array([0, 1, 2, 1])
    heatmapper = Heatmapper(model, "fused")
    mirrored = heatmapper.heat(images[:, :, ::-1], indices).maps[:, :, ::-1]
    assert np.abs(mirrored - heatmapper.heat(images, indices).maps).max() > 0.01


@pytest.mark.parametrize("kind", ["functional", "any_size", "doubly_nested", "max_pooled", "fixed_batch"])
def test_a_network_of_any_size_is_shown_a_larger_picture(kind):
    kind_sides = sides(kind, augmented=False) if kind != "fixed_batch" else (8, 8)
    assert sides(kind) == tuple(side * 3 // 2 for side in kind_sides)


@pytest.mark.parametrize("kind", ["flattened", "reshaped"])
def test_a_head_of_one_size_is_shown_the_mirror_image_alone(kind):
    assert sides(kind) == sides(kind, augmented=False) == (8, 8)


def test_pooling_over_the_whole_map_counts_as_a_head_of_one_size():
    """Of a larger map the window would see one corner only."""
    inputs = small_input()
    tensor = layers.Reshape((8,))(layers.AveragePooling2D(8)(stages(inputs)))
    model = weighted(keras.Model(inputs, classes(tensor)))
    assert Heatmapper(model, augmented=True).heat(pictures(model, 1), np.array([0])).maps.shape == (1, 8, 8)


@pytest.mark.parametrize("method", ["gradcam", "fused"])
def test_augmentation_keeps_the_heat_on_the_object(method):
    image = scene(red=(8, 16))[None]
    heat = Heatmapper(color_detector(), method, augmented=True).heat(image, np.array([1]))
    assert heat.maps.shape[1] in (24, 48)
    cell = 32 / heat.maps.shape[1]
    hot = np.argwhere(heat.maps[0] > 0.5) * cell
    assert heat.maps.max() == 1
    assert hot.min(axis=0) == pytest.approx((8, 16), abs=2)
    assert hot.max(axis=0) + cell == pytest.approx((16, 24), abs=2)


@pytest.mark.parametrize(
    ("size", "larger"), [((64, 96), (96, 144)), ((224, 224), (336, 336)), ((8, 10), (16, 16))], ids=str
)
def test_the_larger_sides_are_whole_strides(size, larger):
    assert larger_size(size) == larger
