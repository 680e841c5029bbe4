"""From a binary map to the box that fits it best: one file a search, and the registry of them.

Importing this package, and listing the searches, imports none of them and not even numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from annot_core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from annot_core.records import Found

__all__ = ["SEARCHES", "BoxSearch", "create_search", "find_box", "search_names"]


class BoxSearch(Protocol):
    """What every search can do."""

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return a box that fits the foreground of `mask`, (H, W) bool, or None for an empty map.

        The box lies inside the map, `Found.score` is its IoU with the map, `mask` stays as it is,
        and the same map always gives the same answer.
        """
        ...


SEARCHES: dict[str, str] = {
    "exact": "annot_core.search.exact:ExactSearch",
    "ascent": "annot_core.search.ascent:AscentSearch",
    "bayes": "annot_core.search.bayes:BayesSearch",
    "contour": "annot_core.search.contour:ContourSearch",
    "ensemble": "annot_core.search.ensemble:EnsembleSearch",
}
"""Where each search lives, `module:Class` by name. A class is called with those of the keyword
arguments `max_iter` and `seed` that its constructor names."""


def search_names() -> tuple[str, ...]:
    """Return the names of all searches, in the order in which they are offered."""
    return tuple(SEARCHES)


def create_search(name: str, *, max_iter: int = 10, seed: int = 0) -> BoxSearch:
    """Return the search called `name`, which is imported only now.

    `max_iter` is the number of steps, and `seed` the start of the random numbers, of a search that
    has such things (`bayes`); the others need neither.

    Raises:
        UsageError: there is no such search, or `max_iter` is negative.
    """
    import importlib
    import inspect

    if name not in SEARCHES:
        raise UsageError(f"expected a box search among {', '.join(SEARCHES)}; found {name!r}")
    if max_iter < 0:
        raise UsageError(f"expected max_iter to be 0 or more steps, found {max_iter}")
    module, _, attribute = SEARCHES[name].partition(":")
    implementation = getattr(importlib.import_module(module), attribute)
    accepted = inspect.signature(implementation).parameters
    options = {"max_iter": max_iter, "seed": seed}
    search: BoxSearch = implementation(**{key: value for key, value in options.items() if key in accepted})
    return search


def find_box(
    mask: ArrayLike | Sequence[Sequence[bool]], search: str = "exact", *, max_iter: int = 10, seed: int = 0
) -> Found | None:
    """Return the box that fits the foreground of a binary map best, or None where there is none.

    `mask` is (H, W), of numbers or booleans; everything but 0 is foreground. `search` is one of
    `search_names()`; `exact` finds the box of largest IoU with the map. `max_iter` and `seed` are
    those of `create_search`. The result's `box` is in pixels of the map, its `score` the IoU of box
    and map, 0 to 1.

    Raises:
        ValueError: `mask` has not two axes, is not of numbers, or has NaN in it.
        UsageError: there is no such search, or `max_iter` is negative.
    """
    return create_search(search, max_iter=max_iter, seed=seed).find(_as_mask(mask))


def _as_mask(values: ArrayLike) -> NDArray[np.bool_]:
    """Return (H, W) bool of what a caller calls a map, or say what is wrong with it."""
    import numpy as np

    array = np.asarray(values)
    if array.ndim != 2:
        raise ValueError(f"expected a binary map of shape (height, width), found shape {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"expected a binary map of booleans or numbers, found values of type {array.dtype}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError("expected a binary map without NaN; replace NaN by 0 where there is no foreground")
    mask: NDArray[np.bool_] = array != 0
    return mask
