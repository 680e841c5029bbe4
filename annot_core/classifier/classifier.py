"""A classifier together with all that is needed to use it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annot_core.imaging import resize

if TYPE_CHECKING:
    import keras


# Of ImageNet's training pictures, RGB from 0 to 1, as PyTorch's models use them.
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)
# The same from 0 to 255, as Caffe's models use them: slightly other numbers.
_CAFFE_MEAN = np.array([123.68, 116.779, 103.939], dtype=np.float32)


class PixelRange(enum.StrEnum):
    """The range of pixel values that a model was trained on."""

    BYTES = "0-255"
    UNIT = "0-1"
    SIGNED = "-1-1"
    CAFFE = "0-255 as BGR, less the ImageNet mean"
    TORCH = "0-1, less the ImageNet mean and over its deviation"

    @property
    def needs_color(self) -> bool:
        """Tell whether only pixels of three channels can be in this range."""
        return self in (PixelRange.CAFFE, PixelRange.TORCH)

    def scale(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring pixels (..., channels) from 0 to 255, RGB or gray, to this range; the same shape, float32.

        These are the ranges of `keras.applications`' `preprocess_input`: as they come (EfficientNet,
        MobileNetV3), -1 to 1 (MobileNet, Xception, ResNetV2), Caffe's (VGG, ResNet) and PyTorch's (DenseNet).
        """
        if self is PixelRange.UNIT:
            return pixels / np.float32(255)
        if self is PixelRange.SIGNED:
            return pixels / np.float32(127.5) - np.float32(1)
        if self is PixelRange.CAFFE:
            return np.ascontiguousarray((pixels - _CAFFE_MEAN)[..., ::-1])
        if self is PixelRange.TORCH:
            return (pixels / np.float32(255) - _MEAN) / _DEVIATION
        return pixels


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A Keras model, the class of each of its outputs, and how it wants its pictures.

    `input_size` is (width, height) in pixels; `channels` is 3 for RGB or 1 for gray. `fingerprint` is a
    hash of the model's file: two classifiers with the same one give the same answers. `any_size` tells
    that the network also works on pictures larger than `input_size`, the size it was trained on.
    """

    model: keras.Model
    classes: tuple[str, ...]
    input_size: tuple[int, int]
    channels: int
    pixel_range: PixelRange
    fingerprint: str
    any_size: bool = False

    def at_scale(self, scale: float) -> Classifier:
        """Return the same classifier for pictures `scale` times as large, where it can take any size.

        Sides are rounded to whole strides of 16 pixels.
        """
        if not self.any_size or scale == 1:
            return self
        width, height = (max(16, round(side * scale / 16) * 16) for side in self.input_size)
        return replace(self, input_size=(width, height))

    def batch(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Turn RGB pictures, (H, W, 3) uint8 of any size, into one batch (N, height, width, channels)."""
        resized = np.stack([resize(picture, self.input_size) for picture in pictures])
        return self.pixel_range.scale(in_channels(resized, self.channels))


def in_channels(pictures: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    """Return RGB pictures (N, H, W, 3) as float32 with 3 channels, or 1 of luma (ITU-R BT.601)."""
    floats = pictures.astype(np.float32)
    if channels == 3:
        return floats
    luma = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return (floats @ luma)[..., None]
