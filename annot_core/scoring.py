"""How far a proposal can be trusted, without knowing the truth.

Three signs, each 0 to 1: the probability of the class, the stability of the box when the threshold moves,
and how well the box and the heat cover each other. Their mean is a plain choice, not a measured best: for a box
with an IoU of at least 0.5 it ranked clearly better than chance on the demo, weakly on small images, and no
better than chance on photos of animals, where the probability alone did better. So it orders a queue; it does
not say which boxes to trust. The IoU of box and binary map, which a search maximizes, is not among the signs.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from annot_core.binarize import binarize
from annot_core.geometry import Box
from annot_core.search.contour import largest_component

STABILITY_THRESHOLDS = (0.2, 0.3, 0.4, 0.5)


def stability(heat: NDArray[np.floating]) -> float:
    """Return the mean IoU between the boxes of four thresholds, 0 to 1.

    Args:
        heat: (H, W), at least 0. The boxes are the largest components' rectangles at 0.2 to 0.5 of its peak.
    """
    found = [largest_component(binarize(heat, threshold)) for threshold in STABILITY_THRESHOLDS]
    boxes = [box for box in found if box is not None]
    pairs = list(itertools.combinations(boxes, 2))
    return sum(one.iou(other) for one, other in pairs) / len(pairs) if pairs else 0.0


def concentration(heat: NDArray[np.floating], box: Box) -> float:
    """Return the soft IoU of a box with the heat: heat inside over box area and heat outside, 0 to 1.

    With s the heat inside, S all heat (values in [0, 1]) and A the box's area, this is s / (A + S - s).
    """
    total = float(heat.sum())
    inside = float(heat[box.top : box.bottom, box.left : box.right].sum())
    below = box.area + total - inside
    return inside / below if below > 0 else 0.0


def score(probability: float, stable: float, concentrated: float) -> float:
    """Join the three signs into one number, 0 to 1: their mean."""
    return float(np.clip((probability + stable + concentrated) / 3, 0.0, 1.0))
