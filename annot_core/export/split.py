"""Which images are for training and which for validation."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from annot_core.errors import UsageError

TRAIN_VAL: Final[Mapping[str, float]] = MappingProxyType({"train": 0.8, "val": 0.2})
"""The usual shares."""


def assign(
    image_ids_by_class: Mapping[str, Collection[str]],
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
) -> dict[str, str]:
    """Put each image into a set by a hash of its id, so that adding images does not move old ones.

    The hash is a number in [0, 1); the first set owns the upper end of that range, the last one the
    lower, each as much as its share. So the sets have their shares on average, not exactly.

    There is one exception, taken class by class: every set with a share gets at least one image, as far
    as there are as many images (the first sets first). A set that the hashes left empty gets the image
    whose hash is nearest to the set's part of the range: the smallest one for `val`, the largest one
    for `train`. Only such an image can go back to its own set when images are added to its class.

    Args:
        image_ids_by_class: the ids of each class, background classes included; an id in one class only.
        shares: share of the images by name of the set, in order of importance; they add up to 1.
        seed: another seed gives another assignment.

    Returns:
        Name of the set by image id.

    Raises:
        UsageError: the shares are negative or do not add up to 1.
    """
    parts = _parts(shares)
    chosen: dict[str, str] = {}
    for ids in image_ids_by_class.values():
        chosen.update(_assign_class({image_id: _hash(seed, image_id) for image_id in ids}, parts))
    return chosen


def _parts(shares: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return each set's part of [0, 1) as (low, high); sets without a share have none."""
    if any(not share >= 0 for share in shares.values()) or not math.isclose(sum(shares.values()), 1):
        found = ", ".join(f"{name} {share:g}" for name, share in shares.items()) or "none"
        raise UsageError(f"expected shares of 0 or more that add up to 1; found {found}")
    parts = {}
    high = 1.0
    for name, share in shares.items():
        if share > 0:
            parts[name] = (high - share, high)
            high -= share
    return parts


def _hash(seed: int, image_id: str) -> float:
    """Return a number in [0, 1) that only the seed and the id decide."""
    digest = hashlib.blake2b(f"{seed}:{image_id}".encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def _assign_class(hashes: Mapping[str, float], parts: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    """Return the set of each image of one class."""
    last = list(parts)[-1]
    chosen = {
        image_id: next((name for name, (low, _) in parts.items() if value >= low), last)
        for image_id, value in hashes.items()
    }
    sizes = dict.fromkeys(parts, 0)
    for name in chosen.values():
        sizes[name] += 1
    promised = list(parts)[: len(hashes)]
    for name in promised:
        if sizes[name]:
            continue
        givers = [one for one in hashes if sizes[chosen[one]] > 1 or chosen[one] not in promised]
        moved = min(givers, key=lambda one: (_distance(hashes[one], parts[name]), one))
        sizes[chosen[moved]] -= 1
        sizes[name] += 1
        chosen[moved] = name
    return chosen


def _distance(value: float, part: tuple[float, float]) -> float:
    """Return how far a hash lies from a part of the range that it is not in."""
    low, high = part
    return max(low - value, value - high)
