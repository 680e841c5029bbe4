"""Small Keras classifiers of every kind that people have, with weights that are the same each time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from PIL import Image

from annot_core.dataset import Dataset, list_dataset

KINDS: dict[str, Callable[[], Any]] = {}
"""Builders of classifiers, by the name of what is special about them."""


def kind(build: Callable[[], Any], name: str = "") -> Callable[[], Any]:
    """Register a builder; the model is built once."""
    built = functools.cache(lambda: weighted(build()))
    KINDS[name or build.__name__] = built
    return built


def weighted(model: Any, seed: int = 0) -> Any:
    """Give a model random weights that keep the scale of what flows through it, and return it."""
    generator = np.random.default_rng(seed)
    for variable in model.weights:
        shape = tuple(variable.shape)
        if "variance" in variable.name or "gamma" in variable.name:
            value = generator.uniform(0.5, 1.5, shape)
        elif len(shape) < 2:
            value = generator.normal(0, 0.1, shape)
        else:
            depthwise = "depthwise" in variable.path
            fan_in = np.prod(shape[:2]) if depthwise else np.prod(shape[:-1])
            value = generator.normal(0, 1 / np.sqrt(fan_in), shape)
        if "int" not in str(variable.dtype):
            variable.assign(value.astype(np.float32))
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def pictures(model: Any, count: int = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    """Random pictures that a model takes, (count, H, W, C) float32 from 0 to 1: blots of several cells."""
    height, width, channels = (side or 32 for side in model.inputs[0].shape[1:])
    coarse = np.random.default_rng(seed).uniform(0, 1, (count, height // 8, width // 8, channels))
    return np.kron(coarse, np.ones((1, 8, 8, 1))).astype(np.float32)


def small_input(channels: int = 3) -> Any:
    return keras.Input((32, 32, channels))


def stages(tensor: Any, widths: tuple[int, ...] = (6, 8)) -> Any:
    """Convolution stages, each half as fine as the one before."""
    for width in widths:
        tensor = layers.Conv2D(width, 3, padding="same", activation="relu")(tensor)
        tensor = layers.MaxPooling2D()(tensor)
    return layers.Conv2D(widths[-1], 3, padding="same", activation="relu")(tensor)


def pooled(tensor: Any) -> Any:
    return layers.GlobalAveragePooling2D()(tensor)


def classes(tensor: Any, count: int = 3, activation: str | None = "softmax") -> Any:
    return layers.Dense(count, activation=activation)(tensor)


def backbone(pooling: str | None = None) -> Any:
    """The smallest MobileNetV2; at 64 pixels its last two stages have 2 and 4 cells a side."""
    return keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(64, 64, 3), alpha=0.35, pooling=pooling
    )


def small_backbone(pooling: str | None = None) -> Any:
    """What a keras.applications backbone is to others, a functional model of its own, in small."""
    inputs = small_input()
    features = stages(inputs)
    return keras.Model(inputs, pooled(features) if pooling else features, name="backbone")


def nesting(build: Callable[..., Any], side: int) -> dict[str, Callable[[], Any]]:
    """Builders of classifiers around a backbone for pictures of `side` pixels."""

    def in_sequential() -> Any:
        return keras.Sequential(
            [keras.Input((side, side, 3)), build(), layers.GlobalAveragePooling2D(), layers.Dense(3), layers.Softmax()]
        )

    def in_functional() -> Any:
        inputs = keras.Input((side, side, 3))
        scaled = layers.Rescaling(2.0, offset=-1)(inputs)
        return keras.Model(inputs, classes(layers.Dropout(0.2)(pooled(build()(scaled, training=False)))))

    def doubly_nested() -> Any:
        inner = keras.Sequential([keras.Input((side, side, 3)), layers.Rescaling(2.0, offset=-1), build()])
        head = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")])
        inputs = keras.Input((side, side, 3))
        return keras.Model(inputs, head(pooled(inner(inputs))))

    def pooling_inside() -> Any:
        return keras.Sequential(
            [keras.Input((side, side, 3)), build(pooling="avg"), layers.Dense(3, activation="softmax")]
        )

    return {one.__name__: one for one in (in_sequential, in_functional, doubly_nested, pooling_inside)}


@kind
def sequential() -> Any:
    return keras.Sequential(
        [
            small_input(),
            layers.Conv2D(6, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


@kind
def functional() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(pooled(stages(inputs))))


@kind
def softmax_layer() -> Any:
    inputs = small_input()
    return keras.Model(inputs, layers.Softmax()(classes(pooled(stages(inputs)), activation=None)))


@kind
def activation_before_cast() -> Any:
    inputs = small_input()
    scores = classes(pooled(stages(inputs)), activation=None)
    return keras.Model(inputs, layers.Activation("linear", dtype="float32")(layers.Activation("softmax")(scores)))


@kind
def softmax_operation() -> Any:
    inputs = small_input()
    return keras.Model(inputs, ops.softmax(classes(pooled(stages(inputs)), activation=None)))


@kind
def linear_head() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(pooled(stages(inputs)), activation=None))


@kind
def one_unit() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(pooled(stages(inputs)), 1, "sigmoid"))


@kind
def several_sigmoids() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(pooled(stages(inputs)), 3, "sigmoid"))


@kind
def mixed_float16() -> Any:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        inputs = small_input()
        scores = classes(pooled(stages(inputs)), activation=None)
        return keras.Model(inputs, layers.Activation("softmax", dtype="float32")(scores))
    finally:
        keras.mixed_precision.set_global_policy(before)


@kind
def rescaling() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(pooled(stages(layers.Rescaling(2.0, offset=-1)(inputs)))))


@kind
def normalization() -> Any:
    """Its mean and variance are not among what a copy of the weights alone brings along."""
    inputs = small_input()
    layer = layers.Normalization()
    return keras.Model(inputs, classes(pooled(stages(layer(inputs)))))


@kind
def dropout_and_batch_norm() -> Any:
    inputs = small_input()
    tensor = layers.Dropout(0.5)(layers.BatchNormalization()(stages(inputs)))
    return keras.Model(inputs, classes(layers.Dropout(0.5)(pooled(layers.ReLU()(tensor)))))


@kind
def dotted_names() -> Any:
    inputs = keras.Input((32, 32, 3), name="the.picture")
    tensor = layers.Conv2D(6, 3, strides=2, activation="relu", name="block.1.conv")(inputs)
    tensor = layers.Conv2D(8, 3, strides=2, activation="relu", name="block.2.conv")(tensor)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="fc.out")(pooled(tensor)))


@kind
def flattened() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(layers.Flatten()(stages(inputs))))


@kind
def reshaped() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(layers.Reshape((8 * 8 * 8,))(stages(inputs))))


@kind
def max_pooled() -> Any:
    inputs = small_input()
    return keras.Model(inputs, classes(layers.GlobalMaxPooling2D()(stages(inputs))))


@kind
def gray() -> Any:
    inputs = small_input(1)
    return keras.Model(inputs, classes(pooled(stages(inputs))))


@kind
def any_size() -> Any:
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, classes(pooled(stages(inputs))))


@kind
def fixed_batch() -> Any:
    inputs = keras.Input(batch_shape=(8, 32, 32, 3))
    return keras.Model(inputs, classes(pooled(stages(inputs))))


@kind
def pooling_shortcut() -> Any:
    inputs = small_input()
    tensor = stages(inputs, (6,))
    way = layers.Conv2D(6, 3, strides=2, padding="same", name="way")(tensor)
    shortcut = layers.MaxPooling2D(name="shortcut")(tensor)
    return keras.Model(inputs, classes(pooled(layers.Add(name="sum")([way, shortcut]))))


@kind
def nested_block_in_shortcut() -> Any:
    inputs = small_input()
    tensor = stages(inputs, (6,))
    block = keras.Sequential([layers.Conv2D(6, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()])
    return keras.Model(inputs, classes(pooled(layers.Add(name="sum")([tensor, block(tensor)]))))


@kind
def two_levels_pooled() -> Any:
    """No tensor carries all the evidence: two stages are pooled side by side."""
    inputs = small_input()
    fine = stages(inputs, (6,))
    coarse = layers.Conv2D(6, 3, padding="same", activation="relu", name="coarse")(layers.MaxPooling2D()(fine))
    return keras.Model(inputs, classes(layers.Concatenate()([pooled(fine), pooled(coarse)])))


@kind
def own_code() -> Any:
    """A Lambda with a closure, a layer and an activation that nobody registered."""
    factor = 2.0

    class Halving(layers.Layer):
        def call(self, tensor: Any) -> Any:
            return tensor / 2

    def bent(tensor: Any) -> Any:
        return ops.relu(tensor) - 0.1 * ops.relu(-tensor)

    return keras.Sequential(
        [
            small_input(),
            layers.Lambda(lambda tensor: tensor * factor),
            Halving(),
            layers.Conv2D(6, 3, strides=2, activation=bent),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


for _name, _build in nesting(small_backbone, 32).items():
    kind(_build, _name)
for _name, _build in nesting(backbone, 64).items():
    kind(_build, f"mobilenet_{_name}")


@functools.cache
def color_detector(head: str = "softmax", gain: float = 20.0) -> Any:
    """A classifier of 32 x 32 pictures, 0 to 1, weighted by hand: class 0 is bluish, class 1 reddish.

    The channels of its stages, of 32 and 16 cells a side, are how much bluer and redder a place is than
    the other two colors together; gray is neither.

    Args:
        head: `softmax`, `sigmoid` (one unit, which speaks for class 1) or `linear`.
        gain: how strongly a patch speaks; large ones saturate the softmax.
    """
    units = 1 if head == "sigmoid" else 2
    model = keras.Sequential(
        [
            small_input(),
            layers.Conv2D(2, 1, activation="relu", use_bias=False, name="tones"),
            layers.AveragePooling2D(2),
            layers.Conv2D(2, 1, use_bias=False, name="features"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(units, activation=None if head == "linear" else head, use_bias=False, name="classes"),
        ]
    )
    tones = np.array([[-1, 1], [-1, -1], [1, -1]], np.float32)
    model.get_layer("tones").set_weights([tones.reshape(1, 1, 3, 2)])
    model.get_layer("features").set_weights([np.eye(2, dtype=np.float32).reshape(1, 1, 2, 2)])
    scores = np.array([[-1.0], [1.0]]) if units == 1 else np.eye(2)
    model.get_layer("classes").set_weights([(gain * scores).astype(np.float32)])
    return model


def scene(**squares: tuple[int, int]) -> np.ndarray[Any, Any]:
    """A gray picture (32, 32, 3) float32 with 8 x 8 squares, `red` or `blue`, at the given (top, left)."""
    colors = {"red": (1.0, 0.1, 0.1), "blue": (0.1, 0.1, 1.0)}
    picture = np.full((32, 32, 3), 0.5, np.float32)
    for name, (top, left) in squares.items():
        picture[top : top + 8, left : left + 8] = colors[name]
    return picture


def draw_scene(path: Path, picture: np.ndarray[Any, Any], scale: int = 2) -> Path:
    """Write a scene as an image, `scale` times as large; the ending says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.rint(np.kron(picture, np.ones((scale, scale, 1))) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def draw_colors(root: Path, each: int = 3, *, background: int = 0) -> Dataset:
    """Draw a labelled folder of 64 x 64 pictures of a blue or a red square, and empty ones in `background`."""
    for number in range(each):
        draw_scene(root / "blue" / f"{number}.png", scene(blue=(4 + 2 * number, 16)))
        draw_scene(root / "red" / f"{number}.png", scene(red=(12, 4 + 2 * number)))
    for number in range(background):
        draw_scene(root / "background" / f"{number}.png", scene())
    return list_dataset(root)
