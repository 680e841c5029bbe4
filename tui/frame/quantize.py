"""Making a grid cheaper to send, before boxes are painted on it."""

from __future__ import annotations

import cv2
import numpy as np

from tui.frame.paint import COLOR_WEIGHTS, Grid


def sticky(grid: Grid, tau: float) -> Grid:
    """Keep each line's running color for as long as the true one is near.

    Args:
        grid: (H, W, 3) uint8; it stays as it is.
        tau: a color stays while its distance (`paint.distance`, 0 to 255) to the true one is below this;
            0 keeps everything.

    Returns:
        (H, W, 3) uint8, every pixel nearer than `tau` to the one it was, in longer runs.
    """
    if tau <= 0:
        return grid.copy()
    true = grid.astype(np.float32)
    kept = true.copy()
    limit = tau * tau
    for column in range(1, grid.shape[1]):
        running = kept[:, column - 1]
        difference = true[:, column] - running
        near = (difference * difference) @ COLOR_WEIGHTS < limit
        kept[near, column] = running[near]
    return kept.astype(np.uint8)


def coarsen(grid: Grid) -> Grid:
    """Paint blocks of 2 x 2 grid pixels in their mean color: (H, W, 3) uint8 to the same, H even."""
    height, width, _ = grid.shape
    # An odd last column is a block of its own.
    even = cv2.copyMakeBorder(grid, 0, 0, 0, width % 2, cv2.BORDER_REPLICATE)
    small = cv2.resize(even, (even.shape[1] // 2, height // 2), interpolation=cv2.INTER_AREA)
    return small.repeat(2, axis=0).repeat(2, axis=1)[:, :width].astype(np.uint8)
