"""One change of geometry an image: flips, rotation, scale, shift, crop and perspective as a single homography.

So pixels are resampled once, and a box is carried once. Matrices are those of `carry`.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.augment.carry import Matrix, corners, moved
from annot_core.augment.settings import Effect
from annot_core.geometry import Box

# How far each change goes, and the share of images that get it.
FLIPPED: Final = 0.5
UPSIDE_DOWN: Final = 0.1
ROTATION: Final = (0.4, 10.0)
"""The share of images, and the most degrees either way; the box around a box that is turned further is too loose."""
SCALE: Final = (0.5, 0.65, 1.4)
"""The share of images, and the least and the greatest factor."""
SHIFT: Final = (0.4, 0.15)
"""The share of images, and the most as a share of the side."""
CROP: Final = (0.3, 0.6)
"""The share of images, and the smallest window as a share of the sides."""
PERSPECTIVE: Final = (0.3, 0.1)
"""The share of images, and the most that a corner moves inwards, as a share of the sides."""

_MIRRORED_TILES: Final = (-2, -1, 0, 1, 2)
_MARGIN: Final = 0.1


def translation(x: float, y: float) -> Matrix:
    """Return the matrix that moves by x and y pixels."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def stretching(x: float, y: float) -> Matrix:
    """Return the matrix that multiplies coordinates by x and y."""
    return np.diag([x, y, 1.0])


def about(center: tuple[float, float], matrix: Matrix) -> Matrix:
    """Return the matrix that does the same with `center` in the place of the origin."""
    return translation(*center) @ matrix @ translation(-center[0], -center[1])


def draw_pose(size: tuple[int, int], effects: Collection[Effect], rng: np.random.Generator) -> Matrix:
    """Draw perspective, flips, rotation and scale within a frame of `size` (width, height), about its middle.

    Every change takes its numbers from `rng` whether it is among the effects or not, so that leaving one out does
    not alter the others.
    """
    by_perspective, by_turn, turn, by_scale, growth, by_flip, by_upending, *inwards = rng.random(15)
    angle = math.radians(ROTATION[1] * (2 * turn - 1)) if by_turn < ROTATION[0] and Effect.ROTATION in effects else 0.0
    factor = SCALE[1] * (SCALE[2] / SCALE[1]) ** growth if by_scale < SCALE[0] and Effect.SCALE in effects else 1.0
    x = -factor if by_flip < FLIPPED and Effect.FLIP in effects else factor
    y = -factor if by_upending < UPSIDE_DOWN and Effect.UPSIDE_DOWN in effects else factor
    pose = about((size[0] / 2, size[1] / 2), rotation(angle) @ stretching(x, y))
    if by_perspective < PERSPECTIVE[0] and Effect.PERSPECTIVE in effects:
        return pose @ _perspective(size, PERSPECTIVE[1] * np.reshape(inwards, (4, 2)))
    return pose


def rotation(angle: float) -> Matrix:
    """Return the matrix that turns by an angle in radians, clockwise as pictures are seen."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], dtype=np.float64)


def draw_view(size: tuple[int, int], effects: Collection[Effect], rng: np.random.Generator) -> Matrix:
    """Draw a crop, brought to the size of the whole frame again, and a shift."""
    shifted, cropped, share, left, top, x, y = rng.random(7)
    view = np.eye(3)
    if cropped < CROP[0] and Effect.CROP in effects:
        side = CROP[1] + share * (1 - CROP[1])
        view = stretching(1 / side, 1 / side) @ translation(-left * (1 - side) * size[0], -top * (1 - side) * size[1])
    if shifted < SHIFT[0] and Effect.SHIFT in effects:
        view = translation(SHIFT[1] * size[0] * (2 * x - 1), SHIFT[1] * size[1] * (2 * y - 1)) @ view
    return view


def warped(pixels: NDArray[np.uint8], matrix: Matrix, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture in another geometry, continued as its mirror image beyond its edges.

    Args:
        pixels: (H, W, 3) uint8.
        matrix: takes coordinates of `pixels` to those of the new picture.
        size: (width, height) of the new picture.

    Returns:
        (height, width, 3) uint8.
    """
    result = cv2.warpPerspective(
        pixels, _of_centers(matrix), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(result, dtype=np.uint8)


def warped_mask(mask: NDArray[np.float32], matrix: Matrix, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a mask, (H, W) float32, in another geometry, 0 outside; see `warped`."""
    return np.asarray(cv2.warpPerspective(mask, _of_centers(matrix), size, flags=cv2.INTER_LINEAR), dtype=np.float32)


def shows_twice(box: Box, from_size: tuple[int, int], matrix: Matrix, size: tuple[int, int]) -> bool:
    """Tell whether a mirrored continuation of the picture would show the box's object a second time.

    Args:
        box: in the picture that is warped; a little more than it is taken for the object.
        from_size: (width, height) of that picture.
        matrix: takes it to the new picture.
        size: (width, height) of the new picture.
    """
    left, top, right, bottom = box
    x, y = _MARGIN * box.width, _MARGIN * box.height
    spans_x = _mirrored(left - x, right + x, from_size[0])
    spans_y = _mirrored(top - y, bottom + y, from_size[1])
    # The picture's horizon may cross a far tile; one that lies behind it is taken to be in sight.
    for i, (x1, x2) in enumerate(spans_x):
        for j, (y1, y2) in enumerate(spans_y):
            is_the_picture = _MIRRORED_TILES[i] == _MIRRORED_TILES[j] == 0
            if not is_the_picture and _may_meet(np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]), matrix, size):
                return True
    return False


def frame_scale(from_size: tuple[int, int], size: tuple[int, int]) -> Matrix:
    """Return the matrix that takes a picture of `from_size` to one of `size`, both (width, height)."""
    return stretching(size[0] / from_size[0], size[1] / from_size[1])


def _perspective(size: tuple[int, int], inwards: NDArray[np.float64]) -> Matrix:
    """Return the homography that brings the corners moved inwards, (4, 2) shares of the sides, to the corners."""
    frame = corners(Box(0, 0, *size))
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    seen = frame + signs * inwards * np.array(size)
    return np.asarray(cv2.getPerspectiveTransform(seen.astype(np.float32), frame.astype(np.float32)), dtype=np.float64)


def _of_centers(matrix: Matrix) -> Matrix:
    """Return the matrix for coordinates that are 0 in the middle of the first pixel, as OpenCV counts."""
    return translation(-0.5, -0.5) @ matrix @ translation(0.5, 0.5)


def _mirrored(low: float, high: float, side: int) -> list[tuple[float, float]]:
    """Return where a span lies in each tile of a picture that is continued as its mirror image."""
    return [
        (tile * side + low, tile * side + high)
        if tile % 2 == 0
        else ((tile + 1) * side - high, (tile + 1) * side - low)
        for tile in _MIRRORED_TILES
    ]


def _may_meet(polygon: NDArray[np.float64], matrix: Matrix, size: tuple[int, int]) -> bool:
    """Tell whether a polygon's bounding rectangle, once moved, meets the frame."""
    depths = np.column_stack([polygon, np.ones(4)]) @ matrix[2]
    if depths.min() <= 0:
        return bool(depths.max() > 0)
    low, high = (ends := moved(polygon, matrix)).min(axis=0), ends.max(axis=0)
    return bool((high > 0).all() and (low < np.array(size)).all())
