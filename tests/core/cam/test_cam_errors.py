"""What has no heat map says so in one sentence: what was expected, and what was found."""

import keras
import numpy as np
import pytest
from keras import layers
from models import KINDS, classes, pictures, pooled, small_input, stages

from annot_core.cam.heatmapper import Heatmapper, heatmaps
from annot_core.errors import ModelError, UsageError


def dense_only():
    return keras.Sequential([small_input(), layers.Flatten(), layers.Dense(3, activation="softmax")])


def convolution_without_space():
    return keras.Sequential([small_input(), layers.Conv2D(4, 32), layers.Flatten(), layers.Dense(3)])


def two_inputs():
    one, other = small_input(), small_input()
    return keras.Model([one, other], classes(layers.Concatenate()([pooled(stages(one)), pooled(other)])))


def two_outputs():
    inputs = small_input()
    features = pooled(stages(inputs))
    return keras.Model(inputs, [classes(features), classes(features)])


def two_named_outputs():
    inputs = small_input()
    features = pooled(stages(inputs))
    return keras.Model(inputs, {"one": classes(features), "other": classes(features)})


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.convolution = layers.Conv2D(4, 3)
        self.end = layers.Dense(3)

    def call(self, images):
        return self.end(pooled(self.convolution(images)))


class SubclassedGraph(keras.Model):
    def __init__(self, units):
        inputs = small_input()
        super().__init__(inputs, classes(pooled(stages(inputs)), units))


def channels_first():
    inputs = keras.Input((3, 32, 32))
    features = layers.Conv2D(4, 3, data_format="channels_first")(inputs)
    return keras.Model(inputs, classes(layers.GlobalAveragePooling2D(data_format="channels_first")(features)))


def unbuilt():
    return keras.Sequential([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)])


class Unsaveable(layers.Layer):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, images):
        return images * self.factor


def without_configuration():
    return keras.Sequential([small_input(), Unsaveable(2.0), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])


@pytest.mark.parametrize("augmented", [False, True], ids=["plain", "augmented"])
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (dense_only, "expected a model with a convolution layer, .* found none"),
        (convolution_without_space, "expected a model with a convolution layer, .* found none"),
        (two_inputs, "expected a model with one input, a picture, found 2 inputs"),
        (two_outputs, "expected a classifier with one output, found 2"),
        (two_named_outputs, "expected a classifier with one output, found 2"),
        (Subclassed, "expected a Sequential or functional Keras model, found the subclass Subclassed"),
        (lambda: SubclassedGraph(3), "expected a Sequential or functional .*, found the subclass SubclassedGraph"),
        (channels_first, r"expected a model with channels last \(N, H, W, C\), found channels first"),
        (unbuilt, "expected a built model, found one that has never seen an input"),
        (without_configuration, "expected a model that can be built again from its configuration, found: "),
    ],
    ids=[
        *("no convolution", "convolution without space", "two inputs", "two outputs", "two named outputs"),
        *("subclassed", "subclassed graph", "channels first", "unbuilt", "no configuration"),
    ],
)
def test_a_model_without_heat_maps_is_refused_in_one_sentence(build, message, augmented):
    with pytest.raises(ModelError, match=f"^{message}") as raised:
        Heatmapper(build(), augmented=augmented)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("shape", "indices", "message"),
    [
        ((32, 32, 3), [0], r"expected images of shape \(N, H, W, C\), found \(32, 32, 3\)"),
        ((2, 32, 32, 1), [0, 1], r"expected images of shape \(N, 32, 32, 3\).* found \(2, 32, 32, 1\)"),
        ((2, 48, 32, 3), [0, 1], r"expected images of shape \(N, 32, 32, 3\).* found \(2, 48, 32, 3\)"),
        ((2, 32, 32, 3), [0], r"expected 2 class indices, one an image, found shape \(1,\)"),
        ((2, 32, 32, 3), [[0, 1]], r"expected 2 class indices, one an image, found shape \(1, 2\)"),
        ((2, 32, 32, 3), [0, 3], "expected class indices from 0 to 2, found 0 to 3"),
        ((2, 32, 32, 3), [-1, 0], "expected class indices from 0 to 2, found -1 to 0"),
    ],
    ids=["rank", "channels", "size", "too few", "two axes", "too high", "negative"],
)
def test_images_and_indices_that_do_not_fit_are_refused(shape, indices, message):
    with pytest.raises(ValueError, match=message):
        heatmaps(KINDS["functional"](), np.zeros(shape, np.float32), indices)


def test_one_unit_has_two_classes():
    model = KINDS["one_unit"]()
    assert heatmaps(model, pictures(model, 2), [0, 1]).shape[0] == 2
    with pytest.raises(ValueError, match="expected class indices from 0 to 1, found 0 to 2"):
        heatmaps(model, pictures(model, 2), [0, 2])


def test_an_unknown_method_is_refused_before_any_work():
    with pytest.raises(UsageError, match=r"expected a heat map method out of .*, found 'cam'"):
        heatmaps(KINDS["functional"](), np.zeros((1, 32, 32, 3)), [0], "cam")


def test_a_backend_that_is_not_supported_is_named(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(ModelError, match="expected Keras on one of tensorflow, jax, found numpy"):
        Heatmapper(KINDS["functional"]())
