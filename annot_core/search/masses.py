"""Where the foreground of a binary map lies, summed so that any box's share is four look-ups.

The searches see a map through `Masses`: cropped to its foreground, and only with those edges at
which the best box can lie. Neither loses the best box. To cut a box to the foreground's rectangle
keeps its foreground and shrinks it. To move one edge through identical rows changes foreground and
area linearly, so the IoU is monotone on the way and one end is at least as good; where both ends
are equally good, the larger of the two boxes holds more foreground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box

MAX_PIXELS = 2**30
"""Pixels of the foreground's rectangle up to which all integers stay below 3 * 2**60 in int64."""


class Edges(NamedTuple):
    """A box as indices into `Masses.ys` (top, bottom) and `Masses.xs` (left, right)."""

    top: int
    left: int
    bottom: int
    right: int


class Rated(NamedTuple):
    """A box with the foreground inside it and its union with all foreground, both in pixels."""

    inside: int
    union: int
    edges: Edges

    @property
    def iou(self) -> float:
        """IoU of the box with the map, 0 to 1."""
        return self.inside / self.union

    def beats(self, other: Rated) -> bool:
        """Tell, in exact arithmetic, whether this box is better than another one.

        The larger IoU wins; then the larger foreground inside; then the smallest
        (top, left, bottom, right).
        """
        mine, theirs = self.inside * other.union, other.inside * self.union
        if mine != theirs:
            return mine > theirs
        return (-self.inside, self.edges) < (-other.inside, other.edges)


class Reach(NamedTuple):
    """How far the edges of a box can move inward while it may keep a given share of the foreground."""

    last_top: int
    last_left: int
    first_bottom: int
    first_right: int


@dataclass(frozen=True, slots=True, eq=False)
class Masses:
    """The sums of a map that has foreground.

    `ys` and `xs` are the edges worth a try, ascending, int64, in pixels of the map; `sums`, int32,
    holds in `[i, j]` the foreground above `ys[i]` and left of `xs[j]`; `total` is all of it.
    """

    ys: NDArray[np.int64]
    xs: NDArray[np.int64]
    sums: NDArray[np.int32]
    total: int

    @property
    def whole(self) -> Edges:
        """The foreground's own rectangle."""
        return Edges(0, 0, len(self.ys) - 1, len(self.xs) - 1)

    @property
    def pixels(self) -> int:
        """Area of the foreground's rectangle in pixels."""
        return int((self.ys[-1] - self.ys[0]) * (self.xs[-1] - self.xs[0]))

    def box(self, edges: Edges) -> Box:
        """Return a box in pixels of the map."""
        top, left, bottom, right = edges
        return Box(int(self.xs[left]), int(self.ys[top]), int(self.xs[right]), int(self.ys[bottom]))

    def edges(self, box: Box) -> Edges:
        """Return a box whose edges are all among `ys` and `xs` as indices into them."""
        top, bottom = np.searchsorted(self.ys, (box.top, box.bottom))
        left, right = np.searchsorted(self.xs, (box.left, box.right))
        return Edges(int(top), int(left), int(bottom), int(right))

    def rate(self, edges: Edges) -> Rated:
        """Return the box with what it holds."""
        top, left, bottom, right = edges
        sums = self.sums
        inside = int(sums[bottom, right]) - int(sums[top, right]) - int(sums[bottom, left]) + int(sums[top, left])
        return Rated(inside, self.box(edges).area + self.total - inside, edges)

    def reach(self, floor: Rated) -> Reach:
        """Return how far edges can move inward in boxes that are at least as good as `floor`.

        The union is never smaller than all foreground, so a box of IoU p/q holds at least p/q of it.
        """
        needed = -(-floor.inside * self.total // floor.union)
        above, before = self.sums[:, -1], self.sums[-1]
        return Reach(
            int(np.searchsorted(above, self.total - needed, side="right")) - 1,
            int(np.searchsorted(before, self.total - needed, side="right")) - 1,
            int(np.searchsorted(above, needed)),
            int(np.searchsorted(before, needed)),
        )


def measure(mask: NDArray[np.bool_]) -> Masses | None:
    """Return the sums of a binary map, (H, W) bool, or None where it has no foreground.

    Raises:
        ValueError: the foreground's rectangle has more than `MAX_PIXELS` pixels.
    """
    left, top, crop = crop_to_foreground(mask)
    if not crop.size:
        return None
    refuse_beyond_limit(crop)
    rows = _changes(crop)
    columns = _changes(crop.T)
    sums = cv2.integral(crop, sdepth=cv2.CV_32S)[np.ix_(rows, columns)].astype(np.int32, copy=False)
    return Masses(rows + top, columns + left, sums, int(sums[-1, -1]))


def refuse_beyond_limit(crop: NDArray[np.uint8]) -> None:
    """Raise a ValueError if the foreground's rectangle, as `crop_to_foreground` gives it, is too large."""
    if crop.size > MAX_PIXELS:
        raise ValueError(
            f"expected foreground within {MAX_PIXELS} pixels, found it in {crop.shape[1]} x {crop.shape[0]};"
            " search a smaller version of the map and scale the box"
        )


def crop_to_foreground(mask: NDArray[np.bool_]) -> tuple[int, int, NDArray[np.uint8]]:
    """Return left, top and the pixels, 0 or 1, of the foreground's rectangle; no pixels for an empty map."""
    pixels = np.ascontiguousarray(mask).view(np.uint8)
    if not pixels.size:
        return 0, 0, np.empty((0, 0), np.uint8)
    left, top, width, height = cv2.boundingRect(pixels)
    return left, top, np.ascontiguousarray(pixels[top : top + height, left : left + width])


def map_iou(box: Box, mask: NDArray[np.bool_]) -> float:
    """Return intersection over union of a box with the foreground of a map, (H, W) bool; 0 to 1."""
    inside = int(np.count_nonzero(mask[box.top : box.bottom, box.left : box.right]))
    union = box.area + int(np.count_nonzero(mask)) - inside
    return inside / union if union else 0.0


def _changes(crop: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the edges between rows that differ, with the first and the last edge."""
    differs = np.ones(len(crop) + 1, dtype=np.bool_)
    differs[1:-1] = (crop[1:] != crop[:-1]).any(axis=1)
    return np.flatnonzero(differs).astype(np.int64, copy=False)
