"""What a run was asked for, checked before anything is touched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from annot_core.cam import method_names
from annot_core.classifier.request import ClassifierRequest, TrainingSettings
from annot_core.dataset import check_output, default_output
from annot_core.errors import UsageError
from annot_core.limits import MAX_PIXELS
from annot_core.recipes import DEFAULT_RECIPE, Recipe, find_recipe
from annot_core.search import search_names
from annot_core.thresholds import Threshold, parse_threshold


@dataclass(frozen=True, slots=True)
class Plan:
    """Where images come from and boxes go to, which classifier, which recipe.

    `batch_size` is the number of images worked on at once; None: as many as the engine likes.
    """

    root: Path
    output: Path
    request: ClassifierRequest
    recipe: Recipe
    background: tuple[str, ...]
    max_pixels: int
    batch_size: int | None


def plan_run(
    dataset: str | Path,
    output: str | Path | None = None,
    *,
    model: str | Path | None = None,
    classes: str | Path | None = None,
    trust_model: bool = False,
    recipe: str = DEFAULT_RECIPE,
    cam: str | None = None,
    threshold: Threshold | None = None,
    search: str | None = None,
    max_iter: int | None = None,
    background: Collection[str] = (),
    training: TrainingSettings | None = None,
    max_pixels: int = MAX_PIXELS,
    batch_size: int | None = None,
) -> Plan:
    """Check what a run was asked for; the arguments are those of `annotate`.

    Raises:
        UsageError: an option is not usable, or the output lies inside the data set.
    """
    request = _request(model, classes, trust_model, training or TrainingSettings())
    chosen = _recipe(recipe, cam, threshold, search, max_iter, request.training.seed)
    root = Path(dataset)
    target = default_output(root) if output is None else Path(output)
    check_output(root, target)
    return Plan(root, target, request, chosen, tuple(background), max_pixels, batch_size)


def _request(
    model: str | Path | None, classes: str | Path | None, trust_model: bool, training: TrainingSettings
) -> ClassifierRequest:
    if model is None and (classes is not None or trust_model):
        raise UsageError(
            "expected a model for --classes and --trust-model to speak of, found none; name it with --model, "
            "or leave them out: the classes of a classifier that is trained here are the folders"
        )
    return ClassifierRequest(
        None if model is None else Path(model), None if classes is None else Path(classes), trust_model, training
    )


def _recipe(
    name: str,
    cam: str | None,
    threshold: Threshold | None,
    search: str | None,
    max_iter: int | None,
    seed: int,
) -> Recipe:
    named = find_recipe(name)
    # Asked now, since the rooms that would refuse a wrong name come after minutes of training.
    for kind, given, known in (("heat map method", cam, method_names()), ("box search", search, search_names())):
        if given is not None and given not in known:
            raise UsageError(f"expected a {kind} out of {', '.join(known)}, found {given!r}")
    if max_iter is not None and max_iter < 0:
        raise UsageError(f"expected max_iter to be 0 or more steps, found {max_iter}")
    return replace(
        named,
        cam=cam or named.cam,
        threshold=named.threshold if threshold is None else parse_threshold(str(threshold)),
        search=search or named.search,
        max_iter=named.max_iter if max_iter is None else max_iter,
        seed=seed,
    )
