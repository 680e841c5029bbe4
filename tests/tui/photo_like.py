"""Pictures that cost about as much as photos, for machines that have none."""

from __future__ import annotations

import cv2
import numpy as np

SIZE = (640, 480)


def photo_like(seed: int) -> np.ndarray:
    """Return (480, 640, 3) uint8: noise of all sizes, as strong as it is large, as in photos, and a thing on it."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    light = sum(_waves(rng, cell, 1) * cell**0.5 for cell in (4, 8, 16, 32, 64, 128))
    tint = sum(_waves(rng, cell, 3) * cell**0.5 for cell in (32, 64, 128))
    y, x = np.mgrid[0:height, 0:width]
    center = rng.uniform(0.35, 0.65, 2) * SIZE
    thing = ((x - center[0]) / 150) ** 2 + ((y - center[1]) / 110) ** 2 < 1
    picture = 118 + 2.6 * light + 1.4 * tint + thing[..., None] * rng.uniform(-70, 70, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _waves(rng: np.random.Generator, cell: int, channels: int) -> np.ndarray:
    width, height = SIZE
    small = rng.normal(size=(height // cell + 2, width // cell + 2, channels))
    return cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)
