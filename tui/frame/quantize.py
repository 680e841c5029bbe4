"""Making a grid cheaper to send, before boxes are painted on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from tui.frame.paint import COLOR_WEIGHTS, Grid


def sticky(grid: Grid, tau: float, part: Box | None = None) -> Grid:
    """Keep running colors for as long as the true ones are near.

    From one cell of a row to the next a color stays if it can; else its half takes the other one's color, or
    both swap theirs, which only changes the character; else a cell whose halves are alike becomes one color.

    Args:
        grid: (2 rows, columns, 3) uint8; it stays as it is.
        tau: how near is near: distances (`paint.distance`, 0 to 255) below this; 0 keeps everything.
        part: the grid pixels to work on, whole rows of cells high, such as a placement's `shown` (of which the
            last row may be half a cell); None for all. Colors do not run out of it or into it.

    Returns:
        (2 rows, columns, 3) uint8, every pixel nearer than `tau` to the one it was, in longer runs.
    """
    reduced = grid.copy()
    if tau > 0:
        cells = _cells(reduced, part)
        cells[:] = _stuck(cells, tau)
    return reduced


def coarsen(grid: Grid, part: Box | None = None) -> Grid:
    """Paint blocks of 2 x 2 grid pixels in their mean color.

    Args:
        grid: (2 rows, columns, 3) uint8; it stays as it is.
        part: as in `sticky`.

    Returns:
        (2 rows, columns, 3) uint8.
    """
    reduced = grid.copy()
    cells = _cells(reduced, part)
    height, width, _ = cells.shape
    # An odd last column is a block of its own.
    even = cv2.copyMakeBorder(cells, 0, 0, 0, width % 2, cv2.BORDER_REPLICATE)
    small = cv2.resize(even, (even.shape[1] // 2, height // 2), interpolation=cv2.INTER_AREA)
    cells[:] = small.repeat(2, axis=0).repeat(2, axis=1)[:, :width]
    return reduced


def _cells(grid: Grid, part: Box | None) -> Grid:
    """Return the cells that a part touches, as a view."""
    if part is None:
        return grid
    return grid[part.top // 2 * 2 : -(-part.bottom // 2) * 2, part.left : part.right]


def _stuck(grid: Grid, tau: float) -> Grid:
    height, width, _ = grid.shape
    # (columns, rows, halves, RGB): column by column, all rows at once.
    true = grid.reshape(height // 2, 2, width, 3).transpose(2, 0, 1, 3).astype(np.float32)
    middle = np.rint(true.mean(axis=2, keepdims=True))
    alike = _near(true, middle, tau)
    kept = np.where((alike[..., :1] & alike[..., 1:])[..., None], middle, true)
    for x in range(1, width):
        running = kept[x - 1]
        # Whether the colors of upper and lower half would do: each for its own half, and for the other.
        near = _near(true[x][:, :, None], running[:, None], tau).reshape(-1, 4)
        stays = near[:, ::3]
        could_turn = near[:, 1:3] & ~stays
        turns = could_turn & (stays | could_turn)[:, ::-1]
        np.copyto(kept[x], true[x], where=(stays[:, :1] | stays[:, 1:])[..., None])
        np.copyto(kept[x], running[:, ::-1], where=turns[..., None])
        np.copyto(kept[x], running, where=stays[..., None])
    return kept.transpose(1, 2, 0, 3).reshape(grid.shape).astype(np.uint8)


def _near(one: NDArray[np.float32], other: NDArray[np.float32], tau: float) -> NDArray[np.bool_]:
    difference = one - other
    difference *= difference
    return np.asarray(difference.reshape(-1, 3) @ COLOR_WEIGHTS < tau * tau).reshape(difference.shape[:-1])
