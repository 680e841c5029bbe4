"""Which images are for training, which for validation and which for testing."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from annot_core.errors import UsageError

SETS: Final = ("train", "val", "test")
"""The sets by name; readers look for these."""

TRAIN_VAL: Final[Mapping[str, float]] = MappingProxyType({"train": 0.8, "val": 0.2})
"""The usual shares."""

_NO_COPIES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Split:
    """The set of each image, worked out when it is asked for: a million images cost nothing to keep.

    `parts` are the sets' parts of the range of hashes, as (low, high); `moved` are the originals that are in
    another set than their hash says; `originals` gives the id of the original of each copy.
    """

    seed: int
    parts: Mapping[str, tuple[float, float]]
    moved: Mapping[str, str]
    originals: Mapping[str, str]

    def __getitem__(self, image_id: str, /) -> str:
        """Return the name of an image's set."""
        original = self.originals.get(image_id, image_id)
        found = self.moved.get(original)
        return _owner(_hash(self.seed, original), self.parts) if found is None else found


def parse_shares(text: str) -> dict[str, float]:
    """Return the share of each set from `0.8/0.1/0.1` (train, val, test) or `0.8/0.2` (train, val).

    Raises:
        UsageError: these are not two or three numbers of 0 or more that add up to 1.
    """
    words = text.split("/")
    try:
        shares = [float(word) for word in words]
    except ValueError:
        shares = []
    if len(shares) not in (2, 3):
        raise UsageError(
            "expected two or three shares, as in 0.8/0.2 (train, val) or 0.8/0.1/0.1 (train, val, test),"
            f" found {text!r}"
        )
    named = dict(zip(SETS, shares, strict=False))
    _parts(named)
    return named


def assign(
    images: Iterable[tuple[str, str]],
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
    originals: Mapping[str, str] = _NO_COPIES,
) -> Split:
    """Put each image into a set by a hash of its id, so that adding images does not move old ones.

    The hash is a number in [0, 1); the first set owns the upper end of that range, the last one the
    lower, each as much as its share. So the sets have their shares on average, not exactly, and an image
    leaves the first set only if its share shrinks. A copy goes by the hash of its original, so that
    both are in the same set always, whether the original is among the images or not.

    There is one exception, taken class by class: every set with a share gets at least one image, as far
    as there are as many originals (the first sets first). A set that the hashes left empty gets the image
    whose hash is nearest to the set's part of the range, with its copies: the smallest one for the last
    set, the largest one for `train`. Only such an image can go back to its own set when images are added
    to its class.

    Args:
        images: class name and id of each image, background classes included, in any order; gone through
            twice.
        shares: share of the images by name of the set, in order of importance; they add up to 1.
        seed: another seed gives another assignment.
        originals: the id of the original by id of the copy; a copy of a copy names the first original.

    Raises:
        UsageError: the shares are negative or do not add up to 1.
    """
    parts = _parts(shares)
    by_hash = Split(seed, parts, {}, originals)
    sizes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for class_name, image_id in images:
        sizes[class_name][by_hash[image_id]] += 1
    lacking = {name for name, found in sizes.items() if len(found) < len(parts)}
    hashes: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for class_name, image_id in images if lacking else ():
        if class_name in lacking:
            original = originals.get(image_id, image_id)
            hashes[class_name][original] = _hash(seed, original)
    moved: dict[str, str] = {}
    for name in sorted(hashes):
        moved.update(_moved(hashes[name], parts))
    return Split(seed, parts, moved, originals)


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


def _owner(value: float, parts: Mapping[str, tuple[float, float]]) -> str:
    """Return the set that owns a hash."""
    for name, (low, _) in parts.items():
        if value >= low:
            return name
    # The parts may miss 0 by a rounding error.
    return list(parts)[-1]


def _moved(hashes: Mapping[str, float], parts: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    """Return the images of one class that fill a set which the hashes left empty."""
    chosen = {image_id: _owner(value, parts) for image_id, value in hashes.items()}
    sizes = dict.fromkeys(parts, 0)
    for name in chosen.values():
        sizes[name] += 1
    moved = {}
    promised = list(parts)[: len(hashes)]
    for name in promised:
        if sizes[name]:
            continue
        givers = [one for one in hashes if sizes[chosen[one]] > 1 or chosen[one] not in promised]
        one = min(givers, key=lambda one: (_distance(hashes[one], parts[name]), one))
        sizes[chosen[one]] -= 1
        sizes[name] += 1
        moved[one] = chosen[one] = name
    return moved


def _distance(value: float, part: tuple[float, float]) -> float:
    """Return how far a hash lies from a part of the range that it is not in."""
    low, high = part
    return max(low - value, value - high)
