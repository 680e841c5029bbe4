"""Where the network's predictions sit: one for every anchor in every cell of two grids.

As in YOLOv3-tiny, the larger half of the anchors belongs to a coarse grid with cells of 32 pixels, the smaller half
to a fine one with cells of 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annot_core.detector.request import STRIDES_PX

ANCHORS_A_CELL: Final = 3
ANCHOR_COUNT: Final = len(STRIDES_PX) * ANCHORS_A_CELL


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The P places of predictions, first those of the coarse grid, row by row, each cell's anchors side by side.

    `corners` is (P, 2) float32, column and row of each place's cell, in cells; `sides` (P,) float32 is how many cells
    its grid has a side; `anchors` (P, 2) float32 are width and height of its anchor as shares of the picture.
    `places` is (ANCHOR_COUNT, 2) int32: for each of `shapes`, (ANCHOR_COUNT, 2) float32, the index of its place in the
    first cell, and how many cells a side its grid has.
    """

    corners: NDArray[np.float32]
    sides: NDArray[np.float32]
    anchors: NDArray[np.float32]
    shapes: NDArray[np.float32]
    places: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.sides)


def lay_grid(picture_side: int, anchors: NDArray[np.float32]) -> Grid:
    """Return the places of predictions on square pictures.

    Args:
        picture_side: of the network's pictures in pixels, a multiple of the largest stride.
        anchors: (ANCHOR_COUNT, 2) float32, smallest first, as shares of the picture.
    """
    if picture_side % max(STRIDES_PX) or picture_side < max(STRIDES_PX):
        raise ValueError(f"expected a side of a multiple of {max(STRIDES_PX)} pixels, got {picture_side}")
    corners, sides, repeated, places = [], [], [], []
    shapes = np.split(anchors, len(STRIDES_PX))[::-1]
    begin = 0
    for stride, shape in zip(STRIDES_PX, shapes, strict=True):
        cells = picture_side // stride
        rows, columns = np.mgrid[:cells, :cells]
        cell = np.stack([columns.ravel(), rows.ravel()], axis=1)
        corners.append(np.repeat(cell, ANCHORS_A_CELL, axis=0))
        sides.append(np.full(cells * cells * ANCHORS_A_CELL, cells))
        repeated.append(np.tile(shape, (cells * cells, 1)))
        places += [(begin + number, cells) for number in range(ANCHORS_A_CELL)]
        begin += cells * cells * ANCHORS_A_CELL
    return Grid(
        np.concatenate(corners).astype(np.float32),
        np.concatenate(sides).astype(np.float32),
        np.concatenate(repeated).astype(np.float32),
        np.concatenate(shapes).astype(np.float32),
        np.array(places, np.int32),
    )
