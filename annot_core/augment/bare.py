"""A picture without its object: what continues a picture beyond its edges must not show the object once more."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from annot_core.imaging import resize

_SIDE_PX: Final = 64
_MARGIN: Final = 0.1
_REACH: Final = 0.3
_LEAST_WEIGHT: Final = 1e-3


def without_object(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return a picture, (H, W, 3) uint8, in which the colors around a box have run into it.

    Each pixel there is the mean of those outside the box, the nearer the more, at a resolution in which nothing
    but colors is left.
    """
    height, width = pixels.shape[:2]
    shrink = min(1.0, _SIDE_PX / max(width, height))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = resize(pixels, size).astype(np.float32)
    outside = np.ones(small.shape[:2], dtype=np.float32)
    hole = _grown(box).clamped(width, height).scaled((width, height), size)
    outside[hole.top : hole.bottom, hole.left : hole.right] = 0
    sigma = 1 + _REACH * max(hole.width, hole.height)
    weights = cv2.GaussianBlur(outside, (0, 0), sigma)[..., None]
    sums = cv2.GaussianBlur(small * outside[..., None], (0, 0), sigma)
    # Where no color reaches, as in the middle of a large box, the picture's mean stands in.
    mean = small.mean(axis=(0, 1))
    run_in = np.clip((sums + _LEAST_WEIGHT * mean) / (weights + _LEAST_WEIGHT), 0, 255).astype(np.uint8)
    result = pixels.copy()
    at = _grown(box).clamped(width, height)
    filled = resize(run_in, (width, height))
    result[at.top : at.bottom, at.left : at.right] = filled[at.top : at.bottom, at.left : at.right]
    return result


def _grown(box: Box) -> Box:
    """Return a box with a margin, since boxes are seldom drawn too large on every side."""
    x, y = round(_MARGIN * box.width) + 1, round(_MARGIN * box.height) + 1
    return Box(box.left - x, box.top - y, box.right + x, box.bottom + y)
