"""Any color mode as 8-bit RGB: gray of 16 or 32 bits, floats, palettes, CMYK, Lab, transparency."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def as_rgb(image: Image.Image) -> Image.Image:
    """Return a decoded image of any mode as RGB; `read_image` says how."""
    mode = image.mode
    if mode == "F" or mode.startswith("I"):
        return Image.fromarray(_gray_bytes(image)).convert("RGB")
    if mode == "LAB":
        # OpenCV's 8-bit Lab is stored as Pillow's is; white stays white, whatever the illuminant.
        lab = np.dstack([np.asarray(band) for band in image.split()])
        return Image.fromarray(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8))
    if mode in ("La", "RGBa"):
        image = image.convert("LA" if mode == "La" else "RGBA")
    if image.has_transparency_data:
        colors = image.convert("RGBA")
        white = Image.new("RGBA", colors.size, "white")
        return Image.alpha_composite(white, colors).convert("RGB")
    return image if mode == "RGB" else image.convert("RGB")


def _gray_bytes(image: Image.Image) -> NDArray[np.uint8]:
    """Return a gray image of 16 or 32 bits, integer or float, as (H, W) uint8."""
    values = np.asarray(image)
    if image.mode == "F":
        return _float_bytes(values.astype(np.float64))
    low, high = int(values.min()), int(values.max())
    if image.mode == "I":
        # 32 bits often hold less: PNG and PPM come with 16, and a TIFF may come with 8.
        if low < 0 or high > 65_535:
            return _stretched(values.astype(np.float64))
        if high <= 255 and image.format == "TIFF":
            return values.astype(np.uint8)
    wide = values.astype(np.uint32)
    return ((wide * 255 + 32_767) // 65_535).astype(np.uint8)


def _float_bytes(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if finite.min() < 0 or finite.max() > 255:
        return _stretched(finite)
    scale = 255.0 if finite.max() <= 1 else 1.0
    return np.rint(finite * scale).astype(np.uint8)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    low, high = values.min(), values.max()
    share = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return np.rint(share * 255).astype(np.uint8)
