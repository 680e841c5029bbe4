"""Setting an object onto another ground: its soft mask from the heat map, and grounds that show no object."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.box_pool import working_map
from annot_core.geometry import Box

HEAT: Final = (0.1, 0.35)
"""The shares of the greatest heat in the box at which the mask begins and is whole; binary maps are cut between."""

MASK_IOU: Final = 0.6
"""The least IoU of what a mask shows with the box; below it, all of the box is taken."""

FREE_SHARE: Final = 0.2
"""The least share of a photo's area beside its object that makes a ground."""

_VALLEY: Final = 0.15
_SEEN: Final = 0.3
_LONGEST_STRIP: Final = 3.0
_MARGIN: Final = 0.08
_FEATHER: Final = 0.06


def object_mask(
    heatmap: NDArray[np.floating], box: Box, image_size: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Return how much of each pixel belongs to the object in a box: 1 inside, 0 outside, soft at the edges.

    Where the heat map knows only a part of what is in the box, as of an animal its face, all of the box counts:
    else the box would promise what is not to be seen.

    Args:
        heatmap: (h, w), 0 to 1; (0, 0) where there is none.
        box: in pixels of the image.
        image_size: (width, height) of the image.
        size: (width, height) of the mask, which covers the whole image.

    Returns:
        (height, width) float32, 0 to 1.
    """
    at = box.scaled(image_size, size)
    inside = _feathered(at, size)
    if not heatmap.size:
        return inside
    heat = np.asarray(cv2.resize(_closed(working_map(heatmap, image_size)), size, interpolation=cv2.INTER_LINEAR))
    peak = float(heat[inside > 0].max())
    if peak <= 0:
        return inside
    grown = np.clip((heat / peak - HEAT[0]) / (HEAT[1] - HEAT[0]), 0, 1)
    # A smooth step: straight ramps show as edges.
    mask = np.asarray(inside * (grown * grown * (3 - 2 * grown)), dtype=np.float32)
    x, y, width, height = cv2.boundingRect((mask >= _SEEN).astype(np.uint8))
    return mask if Box(x, y, x + width, y + height).iou(at) >= MASK_IOU else inside


def laid_over(ground: NDArray[np.uint8], pixels: NDArray[np.uint8], mask: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return `pixels` over `ground`, both (H, W, 3) uint8, by a mask of (H, W) float32, 0 to 1."""
    weight = mask[..., None]
    return np.rint(ground * (1 - weight) + pixels * weight).astype(np.uint8)


def free_part(box: Box | None, size: tuple[int, int]) -> Box | None:
    """Return the largest part of a photo that shows nothing of its object, or None where none is large enough.

    It is a strip beside the box; all of a photo without an object is free.

    Args:
        box: of the photo's object; None where it has none.
        size: (width, height) of the photo.
    """
    width, height = size
    if box is None:
        return Box(0, 0, width, height)
    x, y = round(_MARGIN * box.width) + 1, round(_MARGIN * box.height) + 1
    strips = (
        Box(0, 0, box.left - x, height),
        Box(box.right + x, 0, width, height),
        Box(0, 0, width, box.top - y),
        Box(0, box.bottom + y, width, height),
    )
    usable = [strip for strip in strips if strip.area >= FREE_SHARE * width * height and _is_compact(strip)]
    return max(usable, key=lambda strip: strip.area, default=None)


def _closed(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a heat map, (H, W), whose narrow valleys are filled: the ground must not show through the object."""
    side = max(3, round(_VALLEY * max(heat.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(heat, cv2.MORPH_CLOSE, kernel), dtype=np.float32)


def _is_compact(strip: Box) -> bool:
    """Tell whether a strip is no narrow band, which would be enlarged beyond recognition."""
    return max(strip.width, strip.height) <= _LONGEST_STRIP * min(strip.width, strip.height)


def _feathered(box: Box, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return 1 in a box with soft edges that lie inside of it, 0 outside; (height, width) float32."""
    across = _ramp(box.left, box.right, size[0], _FEATHER)
    down = _ramp(box.top, box.bottom, size[1], _FEATHER)
    return np.asarray(down[:, None] * across, dtype=np.float32)


def _ramp(low: int, high: int, side: int, share: float) -> NDArray[np.float64]:
    """Return how far pixels are inside of [low, high), (side,), 1 from a share of its length inwards."""
    centers = np.arange(side) + 0.5
    depth = np.minimum(centers - low, high - centers)
    return np.asarray(np.clip(depth / max(1.0, share * (high - low)), 0, 1), dtype=np.float64)
