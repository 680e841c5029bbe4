"""Covering a part of the picture, so that a detector learns to do with the rest (DeVries and Taylor, 2017)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annot_core.augment.settings import Effect
from annot_core.geometry import Box

SHARE: Final = 0.2
"""The share of images that get it."""

SIDES: Final = (0.1, 0.35)
"""The least and the greatest side of what is covered, as a share of the picture's."""


def draw_cutout(size: tuple[int, int], effects: Collection[Effect], rng: np.random.Generator) -> Box | None:
    """Draw the part of a picture of `size` (width, height) to cover, or None where there is to be none."""
    by_cutout, *shares = rng.random(5)
    if by_cutout >= SHARE or Effect.CUTOUT not in effects:
        return None
    width, height = (
        max(1, round(side * (SIDES[0] + share * (SIDES[1] - SIDES[0]))))
        for side, share in zip(size, shares, strict=False)
    )
    left, top = int(shares[2] * (size[0] - width + 1)), int(shares[3] * (size[1] - height + 1))
    return Box(left, top, left + width, top + height)


def uncovered(box: Box, cutout: Box | None) -> float:
    """Return the share of a box that a cut-out leaves in sight, 0 to 1."""
    return 1.0 if cutout is None else 1 - box.intersection(cutout).area / box.area


def covered(pixels: NDArray[np.uint8], cutout: Box | None) -> NDArray[np.uint8]:
    """Return a picture, (H, W, 3) uint8, with a part of it in the picture's mean color."""
    if cutout is None:
        return pixels
    result = pixels.copy()
    result[cutout.top : cutout.bottom, cutout.left : cutout.right] = np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8)
    return result
