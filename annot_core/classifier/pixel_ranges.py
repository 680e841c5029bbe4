"""Finding out which range of pixels a person's own model was trained on."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.classifier import PixelRange, in_channels
from annot_core.dataset import Dataset
from annot_core.errors import ImageError
from annot_core.imaging import read_image, resize
from annot_core.progress import Level, Listener, Notice, ignore
from annot_core.records import LabelledImage

if TYPE_CHECKING:
    import keras

PROBED_IMAGES = 48
LARGEST_BYTE_SCALE = 1 / 50
"""A Rescaling layer with a smaller factor than this can only be meant for pixels up to 255."""

RANGES_BY_LAYER = {
    "block1_pool": PixelRange.CAFFE,  # VGG
    "conv2_block1_add": PixelRange.CAFFE,  # ResNet
    "conv2_block1_concat": PixelRange.TORCH,  # DenseNet
    "conv2_block1_preact_bn": PixelRange.SIGNED,  # ResNetV2
    "expanded_conv_project": PixelRange.SIGNED,  # MobileNetV2
    "conv_pw_1": PixelRange.SIGNED,  # MobileNet
    "block2_sepconv1": PixelRange.SIGNED,  # Xception
}
"""Layers by which a network of `keras.applications` is known that has no preprocessing of its own, and its range."""

_ARITHMETIC = frozenset({"Add", "Divide", "Multiply", "Subtract", "TrueDivide", "Normalization", "Rescaling"})


def find_pixel_range(
    model: keras.Model,
    names: tuple[str, ...],
    size: tuple[int, int],
    channels: int,
    dataset: Dataset,
    listener: Listener = ignore,
) -> PixelRange:
    """Find the range of pixels that a model was trained on: the likeliest one in which it recognizes most images.

    Args:
        model: a Keras classifier.
        names: the class of each of its outputs.
        size: (width, height) of the pictures that it gets, in pixels.
        channels: 3 for RGB or 1 for gray.
        dataset: where images to show it come from.
        listener: hears what was found.
    """
    if any(_rescales_bytes(layer) for layer in _layers(model)):
        return PixelRange.BYTES
    likely = _likely_ranges(model, channels)
    pictures, labels = _sample(dataset.images, names, size)
    if not len(pictures):
        return likely[0]
    right = {each: _accuracy(model, each.scale(in_channels(pictures, channels)), labels) for each in likely}
    best = _chosen(right, len(pictures))
    listener(
        Notice(
            f"the model does not say which pixels it takes; of {len(pictures)} images it recognizes {right[best]:.0%} "
            f"with pixels {best.value}, which is what it gets"
        )
    )
    if right[best] < 2 / (len(names) + 1):
        listener(
            Notice(
                f"expected the model to recognize most images, found {right[best]:.0%}: boxes will be poor; check "
                "the order of its classes (--classes)",
                Level.WARNING,
            )
        )
    return best


def _chosen(right: dict[PixelRange, float], count: int) -> PixelRange:
    """The first range whose share of images recognized is the best one, give or take its standard error."""
    best = max(right.values())
    spare = math.sqrt(best * (1 - best) / count)
    return next(each for each, share in right.items() if share >= best - spare)


def _layers(model: Any) -> Iterator[Any]:
    """The layers and operations of a model, nested models' own included, in order."""
    # A functional model's sums are among its operations, not its layers.
    for layer in getattr(model, "operations", getattr(model, "layers", ())):
        yield layer
        yield from _layers(layer)


def _rescales_bytes(layer: Any) -> bool:
    return type(layer).__name__ == "Rescaling" and bool(np.max(np.abs(layer.scale)) < LARGEST_BYTE_SCALE)


def _likely_ranges(model: keras.Model, channels: int) -> list[PixelRange]:
    """All ranges that can be, the likeliest first: where a model recognizes as much in several, that one counts."""
    # Most people divide by 255.
    likely = [PixelRange.UNIT, PixelRange.SIGNED, PixelRange.BYTES, PixelRange.CAFFE, PixelRange.TORCH]
    if known := next((RANGES_BY_LAYER[layer.name] for layer in _layers(model) if layer.name in RANGES_BY_LAYER), None):
        likely = [known, *likely]
    if _begins_with_arithmetic(model):
        # Preprocessing inside the model is meant for what comes out of a file.
        likely = [PixelRange.BYTES, *likely]
    return [each for each in dict.fromkeys(likely) if channels == 3 or not each.needs_color]


def _begins_with_arithmetic(model: keras.Model) -> bool:
    """Tell whether a model does sums with its pixels before its first layer with weights to train."""
    for layer in _layers(model):
        if type(layer).__name__ in _ARITHMETIC:
            return True
        if not hasattr(layer, "layers") and getattr(layer, "trainable_weights", None):
            return False
    return False


def _sample(
    images: Sequence[LabelledImage], names: tuple[str, ...], size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Some readable images from all over the data set, (N, height, width, 3) uint8, and their classes (N,)."""
    pictures: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    # Counted first, and not gathered: there may be a million of them.
    known = sum(image.class_name in names for image in images)
    step = max(1, known // PROBED_IMAGES)
    for image in itertools.islice((image for image in images if image.class_name in names), 0, None, step):
        try:
            pictures.append(resize(read_image(image.path, fit=size).pixels, size))
        except ImageError:
            continue
        labels.append(names.index(image.class_name))
    stacked = np.stack(pictures) if pictures else np.zeros((0, size[1], size[0], 3), np.uint8)
    return stacked, np.array(labels, dtype=np.int64)


def _accuracy(model: keras.Model, pictures: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    with warnings.catch_warnings():
        # Of a model that was built with a list of one input.
        warnings.filterwarnings("ignore", message="The structure of `inputs`")
        scores = np.asarray(model(pictures, training=False), dtype=np.float32)
    if scores.shape[-1] > 1:
        return float(np.mean(scores.argmax(axis=-1) == labels))
    one = scores[:, 0]
    is_probability = bool(np.all((one >= 0) & (one <= 1)))
    return float(np.mean((one > (0.5 if is_probability else 0.0)) == labels))
