"""Evidence planted in a picture is found, by a model whose weights say exactly what it looks for."""

import keras
import numpy as np
import pytest
from models import color_detector, scene

from annot_core.cam import method_names
from annot_core.cam.heatmapper import Heatmapper, heatmaps

BLUE, RED = 0, 1
every_method = pytest.mark.parametrize("method", method_names())

FOR_ANY_THING = {"fused": 1 / 2, "salient": 2 / 3}
"""The share of a map that shows everything there is, whatever its class; 0 for the other methods."""


# The contract is tested on compiled maps.
pytestmark = pytest.mark.usefixtures("uncompiled")


def inside(maps, top, left):
    """The cells of a map (h, w) of a 32 x 32 picture that an 8 x 8 square covers, and the rest."""
    cell = 32 // maps.shape[0]
    mask = np.zeros(maps.shape, bool)
    mask[top // cell : (top + 8) // cell, left // cell : (left + 8) // cell] = True
    return maps[mask], maps[~mask]


@every_method
@pytest.mark.parametrize(("top", "left"), [(0, 0), (24, 20)], ids=str)
def test_all_heat_is_in_the_square_of_the_class(method, top, left):
    maps = heatmaps(color_detector(), scene(red=(top, left))[None], [RED], method)
    hot, cold = inside(maps[0], top, left)
    # Half a cell of linear interpolation on either side is all that the finer grid may add.
    assert hot.min() > (0.7 if method in FOR_ANY_THING else 0.999)
    assert cold.max() <= (0.4 if method in FOR_ANY_THING else 0)
    assert cold.mean() < 0.02


@every_method
def test_each_class_points_at_its_own_object(method):
    picture = scene(red=(4, 4), blue=(20, 16))
    maps = heatmaps(color_detector(), np.stack([picture, picture]), [RED, BLUE], method)
    for heat, own, other in ((maps[0], (4, 4), (20, 16)), (maps[1], (20, 16), (4, 4))):
        assert inside(heat, *own)[0].min() > 0.7
        # What shows everything there is must not add up to more than its share.
        assert inside(heat, *other)[0].max() <= (FOR_ANY_THING[method] + 0.01 if method in FOR_ANY_THING else 0)


@every_method
def test_a_class_that_is_not_there_has_no_evidence(method):
    images = np.stack([scene(red=(8, 8)), scene(), np.zeros((32, 32, 3), np.float32)])
    assert not heatmaps(color_detector(), images, [BLUE, RED, RED], method).any()


@every_method
def test_one_unit_speaks_for_class_one_and_against_class_zero(method):
    model = color_detector("sigmoid")
    picture = scene(red=(4, 4), blue=(20, 16))
    maps = heatmaps(model, np.stack([picture, picture]), [RED, BLUE], method)
    most = FOR_ANY_THING.get(method, 1 / 2) + 0.01
    assert inside(maps[0], 4, 4)[0].min() > 0.7 > most >= inside(maps[0], 20, 16)[0].max()
    assert inside(maps[1], 20, 16)[0].min() > 0.7 > most >= inside(maps[1], 4, 4)[0].max()


def test_one_unit_gives_the_probabilities_of_both_classes():
    model, images = color_detector("sigmoid"), scene(red=(4, 4))[None]
    chances = [Heatmapper(model).heat(images, np.array([index])).probabilities[0] for index in (BLUE, RED)]
    said = float(np.asarray(model(images))[0, 0])
    assert said > 0.6
    np.testing.assert_allclose(chances, [1 - said, said], atol=1e-6)


@every_method
@pytest.mark.parametrize("head", ["softmax", "sigmoid"])
def test_a_saturated_head_still_gives_a_map(head, method):
    model = color_detector(head, gain=1e5)
    images = scene(red=(8, 4))[None]
    assert float(np.asarray(model(images))[0, -1]) == 1.0
    hot, _ = inside(heatmaps(model, images, [RED], method)[0], 8, 4)
    assert hot.min() > 0.7


@every_method
def test_half_precision_loses_no_evidence(method):
    """Gradients of this model are below what float16 can hold."""
    model = color_detector(gain=1e-7)
    config = model.get_config()
    for layer in config["layers"][1:]:
        layer["config"]["dtype"] = "mixed_float16"
    half = keras.Sequential.from_config(config)
    half.set_weights(model.get_weights())
    assert half.layers[0].compute_dtype == "float16"
    images = scene(red=(8, 4))[None]
    assert heatmaps(half, images, [RED], method).any()
    np.testing.assert_array_equal(heatmaps(half, images, [RED], method), heatmaps(model, images, [RED], method))


def test_dropout_and_batch_norm_run_as_in_use_not_as_in_training():
    """In training mode, batch norm would take out what all of the batch share, and dropout change each map."""
    source = color_detector()
    norm = keras.layers.BatchNormalization(center=False, scale=False)
    model = keras.Sequential([*source.layers[:3], norm, keras.layers.Dropout(0.9), *source.layers[3:]])
    images = np.repeat(scene(red=(8, 4))[None], 4, axis=0)
    model(images)
    maps = heatmaps(model, images, [RED] * 4, "gradcam")
    hot, cold = inside(maps[0], 8, 4)
    assert hot.min() > 0.999
    assert cold.max() == 0
    np.testing.assert_array_equal(maps, maps[:1].repeat(4, axis=0))
