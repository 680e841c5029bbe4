"""The box at another threshold, at once: found again in the stored heat map, without any network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from annot_core.box_pool import working_map
from annot_core.candidates import BoxRule, find_own
from annot_core.records import Candidate
from annot_core.search import search_names
from annot_core.session import ImageResult, Session

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""What `+` and `-` step through: 0.05 to 0.95."""

MOST_BOXES = 4096
MOST_MAPS = 32

_SLOW_SEARCH = "bayes"  # it needs GPyOpt, which must not be loaded here
_INSTEAD = "exact"  # finds what `bayes` looks for

Value = TypeVar("Value")


def stepped(threshold: float, by: int) -> float:
    """Return the next of `THRESHOLDS` above (`by` > 0) or below; the last one there where there is none."""
    if by > 0:
        return min((each for each in THRESHOLDS if each > threshold), default=THRESHOLDS[-1])
    return max((each for each in THRESHOLDS if each < threshold), default=THRESHOLDS[0])


class Rethresholder:
    """Finds boxes at other thresholds, by the search that made the proposals, and remembers them.

    Where that was `bayes` the search is `exact`. Used from one thread.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._searches: dict[str, str] = {}
        self._boxes: _Recent[Candidate | None] = _Recent(MOST_BOXES)
        self._maps: _Recent[NDArray[np.float32]] = _Recent(MOST_MAPS)

    def candidate(self, result: ImageResult, threshold: float) -> Candidate | None:
        """Return the box of an image at a threshold.

        At the threshold that it was proposed with this is the proposed box itself.

        Args:
            result: the image.
            threshold: a share of the heat map's maximum, above 0 and below 1.

        Returns:
            The box in pixels of the upright image; None where there is no heat map, or no heat in it.
        """
        if result.candidates and result.candidates[0].threshold == threshold:
            return result.candidates[0]
        return self._boxes.get((*_identity(result), threshold), lambda: self._find(result, threshold))

    def heat(self, result: ImageResult) -> NDArray[np.float32]:
        """Return an image's heat as boxes are searched in it, (H, W) float32 in [0, 1], not to be written to.

        It has the image's shape, shrunk to `box_pool.WORKING_SIDE_PX`; (0, 0) where there is no heat map.
        """
        return self._maps.get(_identity(result), lambda: self._read(result))

    def _find(self, result: ImageResult, threshold: float) -> Candidate | None:
        heat = self.heat(result)
        if not heat.size or result.image_size is None:
            return None
        return find_own(heat, result.image_size, BoxRule(self._search(result), threshold))

    def _read(self, result: ImageResult) -> NDArray[np.float32]:
        grid = self._session.heatmap(result.source)
        if not grid.size or result.image_size is None:
            heat = np.zeros((0, 0), dtype=np.float32)
        else:
            heat = working_map(grid.astype(np.float32), result.image_size)
        heat.flags.writeable = False
        return heat

    def _search(self, result: ImageResult) -> str:
        producer = result.producer or ""
        if producer not in self._searches:
            described = self._session.describe_producer(producer).get("description", {})
            recipe = described.get("recipe")
            name = recipe.get("search") if isinstance(recipe, dict) else None
            known = name if name in search_names() else BoxRule().search
            self._searches[producer] = _INSTEAD if known == _SLOW_SEARCH else known
        return self._searches[producer]


def _identity(result: ImageResult) -> tuple[Hashable, ...]:
    """What makes a heat map the one that it is: the image, its bytes, and what looked at them."""
    return (result.source, result.content, result.producer)


class _Recent(Generic[Value]):
    """Values that were made before, as many as are worth keeping, those used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[tuple[Hashable, ...], Value] = OrderedDict()

    def get(self, key: tuple[Hashable, ...], make: Callable[[], Value]) -> Value:
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make()
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value
