"""What a camera does to light on its way into a JPEG file: lens, exposure, sensor and compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.demo.hardware import Floats


def expose(rng: np.random.Generator, light: Floats) -> NDArray[np.uint8]:
    """Take a photograph of linear RGB `light` (h, w, 3) of any brightness; returns sRGB (h, w, 3) uint8.

    Lens blur, at times a slight shake, vignetting, automatic exposure, white balance, tone curve and
    sensor noise are all a little different every time.
    """
    height, width = light.shape[:2]
    seen = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.35, 0.9)) * max(1.0, width / 400))
    if rng.random() < 0.25:
        seen = cv2.filter2D(seen, -1, _shake(rng, max(width, height)))
    seen = np.asarray(seen, np.float32) * _vignette(rng, height, width)[..., None]
    gray = float(np.median(seen)) * 0.7 + float(seen.mean()) * 0.3
    # Automatic exposure brings dark and bright tables near each other, not all the way.
    gain = (0.20 / gray) ** 0.75 * float(rng.uniform(0.8, 1.25))
    warmth = rng.uniform(-0.10, 0.10)
    balance = np.array([1 + warmth, 1 + rng.uniform(-0.03, 0.03), 1 - warmth], np.float32)
    return _developed(rng, np.asarray(seen * balance * np.float32(gain), np.float32))


def _shake(rng: np.random.Generator, side: int) -> Floats:
    """Return the kernel of a hand that moved one or two pixels."""
    kernel = np.zeros((7, 7), np.float32)
    angle, length = rng.uniform(0, np.pi), rng.uniform(0.5, 1.3) * min(2.0, max(1.0, side / 500))
    for step in np.linspace(-length, length, 15):
        kernel[round(3 + step * np.sin(angle)), round(3 + step * np.cos(angle))] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)


def _vignette(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Return the share of light that reaches each pixel, after the cosine-fourth law, (h, w)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(x - width / 2, y - height / 2) / np.hypot(width / 2, height / 2)
    strength = np.float32(rng.uniform(0.15, 0.65))
    return np.asarray(1 / (1 + (strength * away) ** 2) ** 2, np.float32)


def _developed(rng: np.random.Generator, light: Floats) -> NDArray[np.uint8]:
    """Turn light at the sensor, 1 being full, into sRGB with noise."""
    level = rng.uniform(0.003, 0.012)
    noise = rng.normal(size=light.shape).astype(np.float32)
    # Filling in the sensor's missing colors smears its noise a little.
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.5), np.float32) * 1.6
    noisy = light + noise * np.sqrt(np.maximum(light, 0) * level**2 * 4 + (level * 0.25) ** 2, dtype=np.float32)
    # Highlights roll off instead of clipping hard; then the sRGB transfer curve (IEC 61966-2-1).
    rolled = np.maximum(noisy, 0)
    rolled = np.where(rolled > 0.6, 0.6 + 0.4 * np.tanh((rolled - 0.6) / 0.4), rolled)
    curve = np.where(rolled <= 0.0031308, 12.92 * rolled, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(np.rint(curve * 255), 0, 255), np.uint8)


def compress(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> bytes:
    """Return RGB `pixels` (h, w, 3) as a JPEG file of quality 85 to 95."""
    quality = int(rng.integers(85, 96))
    done, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError(f"OpenCV could not encode a JPEG of shape {pixels.shape}")
    return data.tobytes()
