"""Where an image, its box and a cut-out come to lie in an augmented one: drawn until enough of the box is in sight."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from annot_core.augment.carry import Carried, Matrix, carried, corners, moved
from annot_core.augment.cutout import draw_cutout, uncovered
from annot_core.augment.homography import about, draw_pose, draw_view, frame_scale, stretching, translation
from annot_core.augment.settings import Effect
from annot_core.geometry import Box

TRIES: Final = 50
"""How often another geometry is drawn where the one before left too little of the box."""

LEAST_SIDE_PX: Final = 4
"""A box's least side, unless it was smaller before."""

LARGEST_PASTED: Final = 0.8
"""How much of a ground's width and height the box of an object that is set onto it takes at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A picture of `size` (width, height): what takes the original there, its box, and what is covered."""

    size: tuple[int, int]
    matrix: Matrix
    box: Box | None
    cutout: Box | None


@dataclass(frozen=True, slots=True)
class Frames:
    """The original's size and box, and the `size` (width, height) of the new picture.

    With `is_pasted` the new picture is another ground, on which only the object comes to lie, anywhere.
    """

    from_size: tuple[int, int]
    box: Box | None
    size: tuple[int, int]
    is_pasted: bool = False


def draw_layout(
    frames: Frames,
    effects: Collection[Effect],
    min_visible: float,
    geometry: np.random.Generator,
    covering: np.random.Generator,
) -> Layout:
    """Draw a layout in which at least `min_visible` of the box's area, 0 to 1, is in sight.

    After `TRIES` that did not give one the picture is left as it is but for its size, and all of the box with it.
    """
    for _ in range(TRIES):
        matrix = _draw_matrix(frames, effects, geometry)
        cutout = draw_cutout(frames.size, effects, covering)
        if frames.box is None:
            return Layout(frames.size, matrix, None, cutout)
        found = carried(frames.box, matrix, frames.size)
        if found is not None and _is_large_enough(found, frames):
            if found.visible < min_visible:
                continue
            if found.visible * uncovered(found.box, cutout) < min_visible:
                # The geometry is good, so only the cut-out goes.
                cutout = None
            return Layout(frames.size, matrix, found.box, cutout)
    matrix = fitted(frames.from_size, frames.size)
    assert frames.box is not None
    return Layout(frames.size, matrix, _whole(frames.box, matrix, frames.size), None)


def fitted(from_size: tuple[int, int], size: tuple[int, int]) -> Matrix:
    """Return the matrix that takes a picture of `from_size`, as large as it fits, into the middle of one of `size`."""
    grow = min(size[0] / from_size[0], size[1] / from_size[1])
    margins = ((size[0] - grow * from_size[0]) / 2, (size[1] - grow * from_size[1]) / 2)
    return translation(*margins) @ stretching(grow, grow)


def _draw_matrix(frames: Frames, effects: Collection[Effect], rng: np.random.Generator) -> Matrix:
    if not frames.is_pasted or frames.box is None:
        pose = draw_pose(frames.size, effects, rng)
        # Sizes are whole pixels, so that both sides are not quite shrunk alike.
        return draw_view(frames.size, effects, rng) @ pose @ frame_scale(frames.from_size, frames.size)
    # The object takes as much of the new picture's area as of its own.
    grow = math.sqrt(math.prod(frames.size) / math.prod(frames.from_size))
    pose = stretching(grow, grow) @ draw_pose(frames.from_size, effects, rng)
    return _set_down(frames.box, pose, frames.size, rng.random(2).tolist())


def _set_down(box: Box, matrix: Matrix, size: tuple[int, int], shares: list[float]) -> Matrix:
    """Return `matrix` followed by what brings the moved box into the frame, by `shares` of the room there is."""
    ends = moved(corners(box), matrix)
    low, high = ends.min(axis=0), ends.max(axis=0)
    shrink = min(1.0, LARGEST_PASTED / max((high - low) / np.array(size)))
    sides = shrink * (high - low)
    x, y = (side / 2 + share * (room - side) for side, share, room in zip(sides, shares, size, strict=True))
    middle = (low + high) / 2
    to_place = translation(x - middle[0], y - middle[1])
    return about((x, y), stretching(shrink, shrink)) @ to_place @ matrix


def _is_large_enough(found: Carried, frames: Frames) -> bool:
    assert frames.box is not None
    least = min(LEAST_SIDE_PX, frames.box.width, frames.box.height)
    return min(found.box.width, found.box.height) >= least


def _whole(box: Box, matrix: Matrix, size: tuple[int, int]) -> Box:
    """Return where a box lies that no edge of the picture cuts; a pixel where it has become smaller than that."""
    found = carried(box, matrix, size)
    if found is not None:
        return found.box
    x, y = moved(corners(box), matrix).mean(axis=0).astype(int).tolist()
    return Box(x, y, x + 1, y + 1).clamped(*size)
