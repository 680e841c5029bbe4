"""The copy that heat maps are made with: scores instead of probabilities, in float32, and nothing else changed."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from models import KINDS, classes, color_detector, pictures, pooled, scene, small_input, stages, weighted

from annot_core.cam.heatmapper import Heatmapper
from annot_core.cam.linear_head import Head
from annot_core.cam.private_copy import copy_for_heatmaps


def headed(end, units=3):
    """A functional classifier whose scores go through `end`."""
    inputs = small_input()
    return weighted(keras.Model(inputs, end(classes(pooled(stages(inputs)), units, None))))


def stacked(*end):
    return weighted(
        keras.Sequential([small_input(), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3), *end])
    )


HEADS = {
    "softmax layer": (lambda: headed(layers.Softmax()), Head.SOFTMAX),
    "activation": (lambda: headed(layers.Activation("softmax")), Head.SOFTMAX),
    "function": (lambda: headed(keras.activations.softmax), Head.SOFTMAX),
    "operation": (lambda: headed(ops.softmax), Head.SOFTMAX),
    "operation by name": (lambda: headed(lambda scores: ops.softmax(x=scores, axis=1)), Head.SOFTMAX),
    "cast": (lambda: headed(lambda scores: ops.cast(ops.softmax(scores), "float32")), Head.SOFTMAX),
    "dropout behind": (lambda: headed(lambda scores: layers.Dropout(0.1)(ops.softmax(scores))), Head.SOFTMAX),
    "reshape behind": (lambda: headed(lambda scores: layers.Reshape((3,))(ops.softmax(scores))), Head.SOFTMAX),
    "sigmoid function": (lambda: headed(keras.activations.sigmoid), Head.SIGMOID),
    "sigmoid operation": (lambda: headed(ops.sigmoid, 1), Head.SIGMOID),
    "linear": (lambda: headed(layers.Identity()), Head.LINEAR),
    "another activation": (lambda: headed(layers.Activation("tanh")), Head.LINEAR),
    "stacked softmax": (lambda: stacked(layers.Activation("softmax")), Head.SOFTMAX),
    "stacked cast": (lambda: stacked(layers.Softmax(), layers.Activation("linear", dtype="float32")), Head.SOFTMAX),
    "nested head": (lambda: stacked(keras.Sequential([layers.Dense(3, activation="softmax")])), Head.SOFTMAX),
    "layers of no effect": (lambda: stacked(layers.Identity(), layers.Dropout(0.1)), Head.LINEAR),
}


QUICK = {"softmax layer", "operation", "cast", "sigmoid function", "linear", "stacked cast", "nested head"}


@pytest.mark.parametrize(
    "head", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in HEADS]
)
def test_the_copy_gives_the_scores_before_the_last_activation(head):
    build, expected = HEADS[head]
    model = build()
    images = pictures(model)
    found = copy_for_heatmaps(model)
    assert found.head is expected
    scores = np.asarray(found.model(images))
    ends = {Head.SOFTMAX: ops.softmax, Head.SIGMOID: ops.sigmoid, Head.LINEAR: lambda scores: scores}
    np.testing.assert_allclose(np.asarray(ends[expected](scores)), np.asarray(model(images)), atol=1e-6)
    assert expected is Head.LINEAR or np.abs(scores - np.asarray(model(images))).max() > 0.01


@pytest.mark.parametrize("kind", ["mixed_float16", "softmax_layer", "doubly_nested", "own_code"])
def test_the_copy_computes_in_float32_and_is_not_trainable(kind):
    duplicate = copy_for_heatmaps(KINDS[kind]()).model
    assert {layer.compute_dtype for layer in duplicate.layers} == {"float32"}
    assert not duplicate.trainable_weights


@pytest.mark.parametrize("kind", ["normalization", "own_code", "doubly_nested", "dropout_and_batch_norm"])
def test_the_copy_shares_nothing_with_the_original(kind):
    model = KINDS[kind]()
    ours = {id(weight) for weight in copy_for_heatmaps(model).model.weights}
    assert ours
    assert ours.isdisjoint(id(weight) for weight in model.weights)


def test_a_fitted_normalization_normalizes_in_the_copy_too():
    """A copy of its weights alone would leave pictures as they come."""
    source = color_detector()
    norm = layers.Normalization()
    norm.adapt(np.full((4, 32, 32, 3), 100, np.float32) + np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1) * 100)
    model = keras.Sequential([small_input(), norm, *source.layers])
    images = 100 + 300 * scene(red=(8, 4))[None]
    expected = np.asarray(model(images))[:, 1]
    np.testing.assert_allclose(Heatmapper(model).heat(images, np.array([1])).probabilities, expected, atol=1e-6)


def test_a_frozen_batch_norm_keeps_its_statistics():
    model = KINDS["dropout_and_batch_norm"]()
    norm = next(layer for layer in model.layers if isinstance(layer, layers.BatchNormalization))
    ours = copy_for_heatmaps(model).model.get_layer(norm.name)
    np.testing.assert_array_equal(np.asarray(ours.moving_mean), np.asarray(norm.moving_mean))
    np.testing.assert_array_equal(np.asarray(ours.moving_variance), np.asarray(norm.moving_variance))


def test_code_that_a_live_model_has_is_used_as_it_is():
    """No bytecode goes through a configuration, where a closure would be lost."""
    called = []
    model = keras.Sequential(
        [
            small_input(),
            layers.Lambda(lambda tensor: (called.append(1), tensor * 2)[1], name="one"),
            keras.Sequential([layers.Lambda(lambda tensor: tensor - 1, name="one")], name="nested"),
            layers.Conv2D(4, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    before = len(called)
    duplicate = copy_for_heatmaps(weighted(model)).model
    assert len(called) > before
    images = pictures(model, 2)
    np.testing.assert_array_equal(np.asarray(duplicate(images)), np.asarray(model(images)))


def test_a_copy_takes_batches_of_any_size():
    model = KINDS["fixed_batch"]()
    images = pictures(model, 8)
    scores = np.asarray(copy_for_heatmaps(model).model(images[:3]))
    np.testing.assert_allclose(np.asarray(ops.softmax(scores)), np.asarray(model(images))[:3], atol=1e-6)
