"""Heat map to binary map: where is there enough heat?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.errors import UsageError

OTSU = "otsu"
RELATIVE = "relative"
RELATIVE_SHARE = 0.75
"""The relative rule keeps what is hotter than this share of the map's mean; fine, noisy maps want it."""

DEFAULT_THRESHOLD = 0.3
LEVELS = 255

Threshold = float | str


def parse_threshold(text: str) -> Threshold:
    """Read a threshold as a person writes it: a number between 0 and 1, `otsu` or `relative`.

    Raises:
        UsageError: it is neither.
    """
    if text in {OTSU, RELATIVE}:
        return text
    try:
        share = float(text)
    except ValueError:
        share = float("nan")
    if not 0 < share < 1:
        raise UsageError(
            f"expected a threshold between 0 and 1 (a share of the map's maximum), `{OTSU}` or `{RELATIVE}`, "
            f"found {text!r}"
        )
    return share


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


def _cut(heatmap: NDArray[np.floating], peak: float, threshold: Threshold) -> float:
    if threshold == OTSU:
        levels = np.rint(heatmap * (LEVELS / peak)).astype(np.uint8)
        best, _ = cv2.threshold(levels, 0, LEVELS, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        return (best + 0.5) * peak / LEVELS
    if threshold == RELATIVE:
        return RELATIVE_SHARE * float(heatmap.mean())
    return float(threshold) * peak
