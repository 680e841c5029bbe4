"""The network: YOLOv3-tiny's shape (https://pjreddie.com/darknet/yolo), a quarter as wide, for few classes and a CPU.

A Darknet-style backbone of 3 x 3 convolutions with batch norm and leaky ReLU halves the picture five times; one head
looks at the last map, the other one at that map enlarged, beside the map before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annot_core.detector.grid import ANCHORS_A_CELL

if TYPE_CHECKING:
    import keras

WIDTHS = (16, 32, 64, 128, 256)
"""Channels of the backbone's maps with strides 2, 4, 8, 16 and 32."""
COARSE_WIDTH, FINE_WIDTH = 256, 128
SQUEEZED_WIDTH, ENLARGED_WIDTH = 128, 64
HEADS = ("coarse_head", "fine_head")
SLOPE = 0.1
PRIOR = 0.01
"""How likely a place holds an object as far as an untrained network knows, so that training begins calmly
(Lin et al., "Focal Loss for Dense Object Detection", 2017, section 3.3)."""


def build_network(picture_side: int, class_count: int, *, seed: int) -> keras.Model:
    """Build an untrained detector.

    Args:
        picture_side: of the square pictures in pixels, a multiple of 32.
        class_count: number of classes, at least 1.
        seed: of the initial weights.

    Returns:
        A model from (N, side, side, 3) pixels, 0 to 255, to (N, P, 5 + classes) float32 outputs: tx, ty, tw, th, to
        and tc at the places of `annot_core.detector.grid`.
    """
    import keras

    layers = keras.layers
    inputs = keras.Input((picture_side, picture_side, 3), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling")(inputs)
    maps = []
    for stage, width in enumerate(WIDTHS, start=1):
        if stage > 1:
            x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
        # The first one halves the picture by itself: at full size it would cost as much as all others.
        x = _convolution(x, width, 3, f"stage{stage}", seed + stage, strides=1 if stage > 1 else 2)
        maps.append(x)
    squeezed = _convolution(x, SQUEEZED_WIDTH, 1, "squeezed", seed + 11)
    coarse = _convolution(squeezed, COARSE_WIDTH, 3, "coarse", seed + 12)
    enlarged = layers.UpSampling2D(2, name="enlarged_up")(
        _convolution(squeezed, ENLARGED_WIDTH, 1, "enlarged", seed + 13)
    )
    beside = layers.Concatenate(name="beside")([enlarged, maps[-2]])
    fine = _convolution(beside, FINE_WIDTH, 3, "fine", seed + 14)
    heads = [
        _head(features, 5 + class_count, name, seed + number)
        for number, (name, features) in enumerate(zip(HEADS, (coarse, fine), strict=True), start=21)
    ]
    outputs = layers.Concatenate(axis=1, dtype="float32", name="places")(heads)
    model = keras.Model(inputs, outputs, name="tiny_yolo3")
    _expect_little(model, 5 + class_count)
    return model


def _expect_little(model: keras.Model, values: int) -> None:
    """Have an untrained network hold an object for unlikely at every place."""
    bias = np.zeros((ANCHORS_A_CELL, values), np.float32)
    bias[:, 4] = np.log(PRIOR / (1 - PRIOR))
    for name in HEADS:
        model.get_layer(name).bias.assign(bias.ravel())


def _convolution(x: Any, width: int, kernel: int, name: str, seed: int, *, strides: int = 1) -> Any:
    import keras

    x = keras.layers.Conv2D(
        width,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=keras.initializers.HeNormal(seed=seed),
        name=f"{name}_conv",
    )(x)
    x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return keras.layers.LeakyReLU(SLOPE, name=f"{name}_leaky")(x)


def _head(features: Any, values: int, name: str, seed: int) -> Any:
    """Say for each anchor in each cell what is there."""
    import keras

    x = keras.layers.Conv2D(
        ANCHORS_A_CELL * values,
        1,
        dtype="float32",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01, seed=seed),
        name=name,
    )(features)
    return keras.layers.Reshape((-1, values), dtype="float32", name=f"{name}_places")(x)
