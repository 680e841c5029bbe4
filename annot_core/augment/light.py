"""What changes pixels where they are: brightness, contrast, hue, blur, noise; and how well a JPEG is kept."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annot_core.augment.settings import Effect

# The share of images that get it, and how far it goes.
BRIGHTNESS: Final = (0.5, 40.0)
"""The most that is added or taken, of 255."""
CONTRAST: Final = (0.5, 0.3)
"""The most by which distances to middle gray grow or shrink, as a share."""
HUE: Final = (0.4, 12.0, 0.35)
"""The most degrees of hue, and the most by which saturation grows or shrinks, as a share."""
BLUR: Final = (0.25, 0.4, 0.5, 0.003)
"""The least standard deviation in pixels, and how far it goes beyond: pixels, and a share of the longer side."""
NOISE: Final = (0.3, 12.0)
"""The greatest standard deviation, of 255."""
JPEG: Final = (0.4, 45, 95)
"""The worst and the best quality, in libjpeg's scale."""

GOOD_QUALITY: Final = 92
_DEGREES_PER_STEP: Final = 2


def relit(pixels: NDArray[np.uint8], effects: Collection[Effect], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture in another light: brightness, contrast, hue and saturation, (H, W, 3) uint8."""
    by_brightness, by_contrast, by_hue, *amounts = rng.random(7)
    brightness, contrast, hue, saturation = (2 * amount - 1 for amount in amounts)
    result = pixels
    if by_hue < HUE[0] and Effect.HUE in effects:
        result = _recolored(result, HUE[1] * hue, 1 + HUE[2] * saturation)
    add = BRIGHTNESS[1] * brightness if by_brightness < BRIGHTNESS[0] and Effect.BRIGHTNESS in effects else 0.0
    gain = 1 + CONTRAST[1] * contrast if by_contrast < CONTRAST[0] and Effect.CONTRAST in effects else 1.0
    if add or gain != 1:
        levels = (np.arange(256) - 127.5) * gain + 127.5 + add
        result = np.asarray(cv2.LUT(result, np.clip(np.rint(levels), 0, 255).astype(np.uint8)), dtype=np.uint8)
    return result


def worn(pixels: NDArray[np.uint8], effects: Collection[Effect], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture as a worse camera takes it: with blur, then noise, (H, W, 3) uint8."""
    by_blur, by_noise, blur, noise = rng.random(4)
    result = pixels
    if by_blur < BLUR[0] and Effect.BLUR in effects:
        sigma = BLUR[1] + blur * (BLUR[2] + BLUR[3] * max(pixels.shape[:2]))
        result = np.asarray(cv2.GaussianBlur(result, (0, 0), sigma), dtype=np.uint8)
    if by_noise < NOISE[0] and Effect.NOISE in effects:
        grain = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(noise * NOISE[1])
        result = np.clip(np.rint(result + grain), 0, 255).astype(np.uint8)
    return result


def draw_quality(effects: Collection[Effect], rng: np.random.Generator) -> int:
    """Draw how well a JPEG is kept, in libjpeg's scale."""
    by_jpeg, share = rng.random(2)
    if by_jpeg < JPEG[0] and Effect.JPEG in effects:
        return int(JPEG[1] + share * (JPEG[2] - JPEG[1] + 1))
    return GOOD_QUALITY


def as_jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """Return a picture, (H, W, 3) uint8, as a JPEG without chroma subsampling."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _recolored(pixels: NDArray[np.uint8], degrees: float, gain: float) -> NDArray[np.uint8]:
    """Return a picture with its hues turned by `degrees` and its saturation multiplied by `gain`."""
    # OpenCV keeps a hue in a byte, in steps of two degrees.
    steps = np.arange(256)
    turned = np.mod(steps + round(degrees / _DEGREES_PER_STEP), 360 // _DEGREES_PER_STEP).astype(np.uint8)
    saturated = np.clip(np.rint(steps * gain), 0, 255).astype(np.uint8)
    table = np.stack([turned, saturated, steps.astype(np.uint8)], axis=-1)[None]
    hsv = cv2.LUT(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV), table)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), dtype=np.uint8)
