"""Heat map to binary map: where there is enough heat."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.thresholds import DEFAULT_THRESHOLD, OTSU, RELATIVE, Threshold

RELATIVE_SHARE = 0.75
"""The relative rule keeps what is hotter than this share of the map's mean; fine, noisy maps want it."""

LEVELS = 255


def binarize(heatmap: NDArray[np.floating], threshold: Threshold = DEFAULT_THRESHOLD) -> NDArray[np.bool_]:
    """Mark the cells of a heat map that are hot enough.

    Args:
        heatmap: (H, W), values at least 0.
        threshold: a share of the map's maximum; `otsu` for the threshold that splits the histogram best
            (Otsu, IEEE Trans. SMC 1979); `relative` for a share of the map's mean.

    Returns:
        (H, W) bool; all False for a map without heat.
    """
    peak = float(heatmap.max(initial=0.0))
    if peak <= 0:
        return np.zeros(heatmap.shape, dtype=np.bool_)
    hot: NDArray[np.bool_] = heatmap >= _cut(heatmap, peak, threshold)
    return hot


def cut_at(peak: float, share: float) -> float:
    """Return the least heat that counts where the threshold is a share, 0 to 1, of a map's peak."""
    return float(share) * peak


def _cut(heatmap: NDArray[np.floating], peak: float, threshold: Threshold) -> float:
    if threshold == OTSU:
        levels = np.rint(heatmap / peak * LEVELS).astype(np.uint8)
        best, _ = cv2.threshold(levels, 0, LEVELS, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        return (float(best) + 0.5) * peak / LEVELS
    if threshold == RELATIVE:
        return RELATIVE_SHARE * float(heatmap.mean(dtype=np.float64))
    return cut_at(peak, float(threshold))
