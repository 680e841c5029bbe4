"""The box found by Bayesian optimization with GPyOpt, the way of the tool this one follows.

GPyOpt models the IoU as a Gaussian process over the four edges of the box and tries, step by step,
the box with the largest expected improvement (Jones, Schonlau and Welch, "Efficient global
optimization of expensive black-box functions", Journal of Global Optimization 13, 1998). Four
things make it work within 15 boxes: each edge moves only where the box keeps enough foreground, the
first five boxes are sensible ones, improvement is expected of pixel boxes not tried before, and the
process starts from what the sums of rows and of columns let expect, so that it only has to learn
where that is wrong.

GPyOpt is archived, draws from numpy's global random state, warns, and takes seconds to import, with
pyplot in tow. All of that stays inside this file. As the global random state and the warning
filters belong to the process, two searches must not run in two threads at once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from annot_core.records import Found
from annot_core.search.contour import largest_component
from annot_core.search.masses import Edges, Masses, measure
from annot_core.search.trials import Grid, Points, Tried

DESIGN_SIZE = 5
"""Boxes that are tried before the first step."""

# Shares of the foreground cut off in the boxes of the first design. One is the largest component's
# rectangle, and the rest is drawn evenly from the boxes that can be better than these.
_CUTS = (0.03, 0.06, 0.10)

_FIT_ITERATIONS = 40

# The Gaussian process starts from variance 1, and IoUs differ from what is expected by about an eighth.
_SCALE = 8.0


class BayesSearch:
    """Finds a good box in few tries: five to begin with, then one in each of `max_iter` steps."""

    def __init__(self, *, max_iter: int = 10, seed: int = 0) -> None:
        self._max_iter = max_iter
        self._seed = seed

    def find(self, mask: NDArray[np.bool_]) -> Found | None:
        """Return the best box that was tried on `mask`, (H, W) bool, or None for an empty map.

        `evaluations` is at most `DESIGN_SIZE` + `max_iter`; less where a perfect box turns up early,
        or where there are no more boxes to try.
        """
        masses, component = measure(mask), largest_component(mask)
        if masses is None or component is None:
            return None
        rng = np.random.default_rng(self._seed)
        tried = Tried(masses)
        for edges in (masses.edges(component), *(_trimmed(masses, share) for share in _CUTS)):
            tried.rate(edges)
        grid = Grid(masses, tried.best)
        while len(tried) < DESIGN_SIZE and not tried.is_perfect:
            unseen = tried.unseen(grid.candidates(rng, ()))
            if not len(unseen):
                break
            tried.rate(Edges(*rng.choice(unseen).tolist()))
        if self._max_iter and not tried.is_perfect:
            _optimize(tried, grid, self._max_iter, rng)
        return Found(masses.box(tried.best.edges), tried.best.iou, len(tried))


def _trimmed(masses: Masses, share: float) -> Edges:
    """Return the foreground's rectangle with `share` of the foreground cut off, a quarter at each side."""
    above, before = masses.sums[:, -1], masses.sums[-1]
    cut = masses.total * share / 4
    top, left = (int(np.searchsorted(held, cut, side="right")) - 1 for held in (above, before))
    bottom, right = (int(np.searchsorted(held, masses.total - cut)) for held in (above, before))
    return Edges(top, left, max(bottom, top + 1), max(right, left + 1))


class _NothingLeftError(Exception):
    """There is no box that is worth a try."""


class _PixelOptimizer:
    """Picks the untried box of largest expected improvement; stands in for GPyOpt's own optimizers.

    Those move through the continuous cube and come back to boxes that were tried before.
    """

    context_manager: Any = None  # GPyOpt sets it

    def __init__(self, tried: Tried, grid: Grid, rng: np.random.Generator) -> None:
        self._tried, self._grid, self._rng = tried, grid, rng

    def optimize(
        self, f: Callable[[Points], Points], f_df: object = None, duplicate_manager: object = None
    ) -> tuple[Points, Points]:
        """Return the point, (1, 4), where the negated acquisition `f` is smallest, and its value there."""
        if self._tried.is_perfect:
            raise _NothingLeftError
        leaders = sorted(self._tried.rated, key=lambda rated: -rated.iou)[:3]
        centers = [rated.edges for rated in leaders]
        for _ in range(2):  # the second time around the most promising box of the first
            boxes = self._tried.unseen(self._grid.candidates(self._rng, centers))
            if not len(boxes):
                raise _NothingLeftError
            points = self._grid.points(boxes)
            values = np.nan_to_num(f(points), nan=np.inf)
            first = int(np.argmin(values))
            centers = [Edges(*boxes[first].tolist())]
        return points[[first]], values[[first]]


def _optimize(tried: Tried, grid: Grid, max_iter: int, rng: np.random.Generator) -> None:
    """Let GPyOpt try up to `max_iter` more boxes."""

    def cost(points: Points) -> Points:
        return np.array([[-_SCALE * tried.rate(Edges(*box)).iou] for box in grid.boxes(points).tolist()])

    def expected_cost(points: Points) -> Points:
        return -_SCALE * grid.expected_iou(grid.boxes(points))[:, None]

    with _quiet(), _own_random_state(rng), threadpool_limits(limits=1, user_api="blas"):
        gpyopt = _import_gpyopt()
        start = grid.points(np.array([rated.edges for rated in tried.rated], dtype=np.int64))
        costs = np.array([[-_SCALE * rated.iou] for rated in tried.rated])
        space = gpyopt.Design_space([{"name": edge, "type": "continuous", "domain": (0, 1)} for edge in Edges._fields])
        model = gpyopt.models.GPModel(
            exact_feval=True,
            optimize_restarts=1,
            max_iters=_FIT_ITERATIONS,
            verbose=False,
            ARD=False,
            mean_function=_known_function(expected_cost),
        )
        acquisition = gpyopt.acquisitions.AcquisitionEI(model, space, _PixelOptimizer(tried, grid, rng), jitter=0.0)
        optimization = gpyopt.methods.ModularBayesianOptimization(
            model,
            space,
            gpyopt.core.task.SingleObjective(cost),
            acquisition,
            gpyopt.core.evaluators.Sequential(acquisition),
            X_init=start,
            Y_init=costs,
            normalize_Y=False,  # the expected cost is in these units
        )
        try:
            # With eps below 0 it does not stop where two boxes in a row lie close together.
            optimization.run_optimization(max_iter=max_iter, eps=-1, save_models_parameters=False)
        except (_NothingLeftError, np.linalg.LinAlgError):
            pass  # what was tried so far counts
        except AttributeError as error:
            # GPyOpt looks for LinAlgError in np.linalg.linalg, which numpy 2 no longer has, and
            # trips over that while it handles whatever went wrong.
            if not isinstance(error.__context__, np.linalg.LinAlgError):
                raise


def _known_function(values: Callable[[Points], Points]) -> Any:
    """Return (N, 4) -> (N, 1) as a GPy mapping that has nothing to fit."""
    mapping: Any = importlib.import_module("GPy").core.Mapping

    class Known(mapping):  # type: ignore[misc]
        def f(self, points: Points) -> Points:
            return values(np.asarray(points))

        def update_gradients(self, gradient: Points, points: Points) -> None:
            pass

        def gradients_X(self, gradient: Points, points: Points) -> Points:  # noqa: N802
            return np.zeros_like(points)

    return Known(len(Edges._fields), 1, name="expected_cost")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep deprecations of GPyOpt, GPy and paramz, and their rounding troubles, from the caller."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _own_random_state(rng: np.random.Generator) -> Iterator[None]:
    """Seed numpy's global random numbers, from which GPyOpt draws, and put them back afterward."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _import_gpyopt() -> ModuleType:
    """Import GPyOpt, and matplotlib with it: for no display, unless the caller has it loaded already."""
    name = "MPLBACKEND"
    before = os.environ.get(name)
    if "matplotlib" not in sys.modules:
        os.environ[name] = "Agg"
    try:
        return importlib.import_module("GPyOpt")
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
