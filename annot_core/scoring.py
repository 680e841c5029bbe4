"""How far a proposal can be trusted, without knowing the truth.

Three signs, each 0 to 1: the probability of the class, the stability of the box when the threshold moves,
and how well the box and the heat cover each other. Their mean is a plain choice, not a measured best: for a box
with an IoU of at least 0.5 it ranked clearly better than chance on the demo, weakly on small images, and no
better than chance on photos of animals, where the probability alone did better. So it orders a queue; it does
not say which boxes to trust. The IoU of box and binary map, which a search maximizes, is not among the signs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STABILITY_THRESHOLDS = (0.2, 0.3, 0.4, 0.5)
"""Shares of a heat map's peak whose boxes are compared: the largest components' rectangles there."""


def stability(overlaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how little boxes move with the threshold: the mean IoU of each with each other one, (N,), 0 to 1.

    Args:
        overlaps: (N, T, T), the IoU of the boxes of T thresholds, of N heat maps.
    """
    pairs = np.triu_indices(overlaps.shape[1], k=1)
    mean: NDArray[np.float64] = overlaps[:, pairs[0], pairs[1]].mean(axis=1)
    return mean


def concentration(heat_sums: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the soft IoU of boxes with heat: heat inside over box area and heat outside, 0 to 1.

    With s the heat inside, S all heat (values in [0, 1]) and A a box's area, this is s / (A + S - s).

    Args:
        heat_sums: (N, H + 1, W + 1), the heat above and left of every corner of pixels, of N heat maps.
        edges: (N, P, 4), as in `Box`: boxes that have an area.

    Returns:
        (N, P).
    """
    which = np.arange(len(edges))[:, None]
    left, top, right, bottom = np.moveaxis(edges, -1, 0)
    across = heat_sums[which, bottom, right] - heat_sums[which, top, right]
    inside = np.maximum(across - (heat_sums[which, bottom, left] - heat_sums[which, top, left]), 0)
    soft: NDArray[np.float64] = inside / ((right - left) * (bottom - top) + heat_sums[:, -1, -1:] - inside)
    return soft


def score(probability: float, stable: float, concentrated: float) -> float:
    """Join the three signs into one number, 0 to 1: their mean."""
    return float(np.clip((probability + stable + concentrated) / 3, 0.0, 1.0))
