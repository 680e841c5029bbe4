"""Where a network is cut: its last convolution stage, and the finer stage before."""

import keras
import numpy as np
import pytest
from keras import layers
from models import KINDS, classes, pictures, pooled, scene, small_input, stages, weighted

from annot_core.cam.heatmapper import Heatmapper, heatmaps
from annot_core.cam.private_copy import copy_for_heatmaps
from annot_core.cam.taps import split_at_last_stage

# The contract is tested on compiled maps.
pytestmark = pytest.mark.usefixtures("uncompiled")


def cut(model):
    """The layer of the cut, and the sides of the two stages."""
    split = split_at_last_stage(copy_for_heatmaps(model).model)
    earlier, last = split.features(pictures(model, 1))
    return split.last_name, earlier.shape[1], last.shape[1]


def named(*tail):
    """A Sequential of a fine and a coarse convolution and `tail`."""
    return keras.Sequential(
        [
            small_input(),
            layers.Conv2D(4, 3, padding="same", name="fine"),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 3, padding="same", name="coarse"),
            *tail,
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )


@pytest.mark.parametrize(
    ("tail", "name"),
    [
        ([], "coarse"),
        ([layers.BatchNormalization(), layers.ReLU(name="end")], "end"),
        ([layers.Activation("relu", name="end"), layers.MaxPooling2D(), layers.BatchNormalization()], "end"),
        ([layers.ZeroPadding2D()], "coarse"),
        ([layers.MaxPooling2D(), layers.SeparableConv2D(4, 3, name="end")], "end"),
        ([layers.GlobalAveragePooling2D(keepdims=True), layers.Conv2D(4, 1), layers.ReLU()], "coarse"),
        ([layers.Conv2D(4, 16, name="all of the map")], "coarse"),
    ],
    ids=["convolution", "activation", "before pooling", "before padding", "separable", "not 1 x 1", "not whole"],
)
def test_the_cut_is_the_end_of_the_last_stage(tail, name):
    assert cut(named(*tail))[0] == name


@pytest.mark.parametrize(
    ("kind", "name", "earlier", "last"),
    [
        ("functional", "conv2d", 16, 8),
        ("any_size", "conv2d", 16, 8),
        ("pooling_shortcut", "sum", 16, 8),
        ("nested_block_in_shortcut", "sum", 32, 16),
        ("two_levels_pooled", "coarse", 16, 8),
        ("doubly_nested", "sequential", 16, 8),
        pytest.param("mobilenet_in_sequential", "mobilenetv2_0.35_64/out_relu", 4, 2, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_stage_before_is_finer(kind, name, earlier, last):
    found, *sides = cut(KINDS[kind]())
    assert found.startswith(name)
    assert sides == [earlier, last]


def test_a_model_of_one_stage_has_no_finer_one():
    model = keras.Sequential([small_input(), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    assert cut(model)[1:] == (30, 30)


def block(width, *tail):
    """A convolution of one level of fineness, as a model of its own."""
    return keras.Sequential([layers.Conv2D(width, 3, padding="same", activation="relu"), *tail])


def chain(*parts, side=32):
    return weighted(
        keras.Sequential([keras.Input((side, side, 3)), *parts, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    )


def behind_a_nested_backbone():
    backbone = keras.Model(inputs := small_input(), stages(inputs), name="backbone")
    return chain(layers.Rescaling(2.0), backbone, layers.Conv2D(4, 3, padding="same", name="own"))


def backbone_that_takes_any_size():
    backbone = keras.Model(inputs := keras.Input((None, None, 3)), stages(inputs), name="backbone")
    return chain(backbone, layers.Conv2D(4, 3, padding="same"), side=64)


def nested_twice():
    inner = keras.Sequential([block(4, layers.MaxPooling2D())])
    return chain(keras.Sequential([inner, layers.Activation("relu")]), keras.Sequential([block(4)]))


SPREAD = {
    "outside": (lambda: chain(layers.Conv2D(4, 3, padding="same"), layers.MaxPooling2D(), block(4)), 32, 16),
    "in the block before": (lambda: chain(block(4, layers.MaxPooling2D()), block(4)), 32, 16),
    "two blocks before": (lambda: chain(block(4, layers.MaxPooling2D()), block(4), block(4)), 32, 16),
    "strides in blocks": (lambda: chain(block(4), layers.MaxPooling2D(), block(4)), 32, 16),
    "behind a backbone": (behind_a_nested_backbone, 16, 8),
    "backbone of any size": (backbone_that_takes_any_size, 32, 16),
    "nested twice": (nested_twice, 32, 16),
}


@pytest.mark.parametrize(("build", "earlier", "last"), SPREAD.values(), ids=SPREAD)
def test_the_finer_stage_is_found_across_the_walls_of_nested_models(build, earlier, last):
    model = build()
    assert cut(model)[1:] == (earlier, last)
    duplicate = copy_for_heatmaps(model)
    images = keras.ops.convert_to_tensor(pictures(model, 2))
    split = split_at_last_stage(duplicate.model)
    scores = np.asarray(split.head(split.features(images)[1], images))
    np.testing.assert_allclose(scores, np.asarray(duplicate.model(images)), atol=1e-5)


def test_a_finer_stage_across_a_wall_is_the_one_of_the_flat_model():
    convolutions = [layers.Conv2D(4, 3, padding="same", activation="relu") for _ in range(2)]
    flat = chain(convolutions[0], layers.MaxPooling2D(), convolutions[1])
    walled = chain(keras.Sequential([convolutions[0], layers.MaxPooling2D()]), keras.Sequential([convolutions[1]]))
    walled.set_weights(flat.get_weights())
    images = pictures(flat, 3)
    np.testing.assert_allclose(
        heatmaps(walled, images, [0, 1, 1], "fused"), heatmaps(flat, images, [0, 1, 1], "fused"), atol=1e-6
    )


def test_a_nested_block_of_two_inputs_before_the_last_stage_is_not_looked_into():
    sides = [keras.Input((32, 32, 4)) for _ in range(2)]
    joined = keras.Model(sides, layers.Conv2D(4, 3, padding="same")(layers.Add()(sides)))
    inputs = small_input()
    fine = layers.Conv2D(4, 3, padding="same")(inputs)
    coarse = layers.Conv2D(4, 3, padding="same")(layers.MaxPooling2D()(joined([fine, fine])))
    assert cut(weighted(keras.Model(inputs, classes(pooled(coarse)))))[1:] == (32, 16)


def test_branches_that_end_without_space_are_cut_where_they_part():
    """The last convolution with a map lies on one of two branches; what both of them see says more."""
    inputs = small_input()
    shared = layers.Conv2D(4, 3, padding="same", activation="relu", name="shared")(layers.MaxPooling2D(4)(inputs))
    one = layers.Conv2D(4, 8, name="whole")(shared)
    other = layers.Conv2D(4, 8, name="whole too")(layers.Conv2D(4, 3, padding="same", name="branch")(shared))
    model = keras.Model(inputs, classes(layers.Flatten()(layers.Concatenate()([one, other]))))
    assert cut(model)[0] == "shared"


@pytest.mark.parametrize("kind", ["doubly_nested", "pooling_shortcut", "nested_block_in_shortcut", "two_levels_pooled"])
def test_the_parts_together_are_the_model(kind):
    model = KINDS[kind]()
    images = keras.ops.convert_to_tensor(pictures(model))
    duplicate = copy_for_heatmaps(model)
    split = split_at_last_stage(duplicate.model)
    _, last = split.features(images)
    scores = np.asarray(split.head(last, images))
    np.testing.assert_allclose(scores, np.asarray(duplicate.model(images)), atol=1e-5)


def test_what_reaches_the_scores_past_the_cut_is_held_still():
    """The coarse stage of this model sees nothing of class 0, whose evidence takes the other way."""
    inputs = small_input()
    fine = stages(inputs, (6,))
    coarse = layers.Conv2D(6, 3, padding="same", activation="relu", name="coarse")(layers.MaxPooling2D()(fine))
    model = weighted(keras.Model(inputs, classes(layers.Concatenate()([pooled(fine), pooled(coarse)]), 2)))
    kernel, bias = model.layers[-1].get_weights()
    kernel[6:, 0] = 0
    kernel[6:, 1] = 1
    model.layers[-1].set_weights([kernel, bias])
    maps = heatmaps(model, pictures(model, 2), [0, 1])
    assert not maps[0].any()
    assert maps[1].any()


def test_a_nested_model_that_takes_the_picture_by_name_is_looked_into():
    nested = KINDS["functional"]()
    backbone = keras.Model(nested.inputs[0], nested.layers[-2].output, name="inside")
    inputs = small_input()
    model = keras.Model(inputs, layers.Dense(3)(backbone(inputs=inputs)))
    assert Heatmapper(model).layer_name.startswith("inside/conv2d")


def test_a_model_with_lists_and_names_around_its_tensors_is_as_one_without():
    inputs = keras.Input((32, 32, 3), name="picture")
    scores = classes(pooled(stages(inputs)))
    plain = weighted(keras.Model(inputs, scores))
    images = scene(red=(8, 8), blue=(16, 20))[None]
    expected = heatmaps(plain, images, [1])
    for wrapped in (keras.Model([inputs], [scores]), keras.Model({"picture": inputs}, {"classes": scores})):
        np.testing.assert_array_equal(heatmaps(wrapped, images, [1]), expected)
