"""Named settings of the whole way from heat map to box."""

from __future__ import annotations

from dataclasses import dataclass

from annot_core.errors import UsageError
from annot_core.thresholds import DEFAULT_THRESHOLD, Threshold


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which heat map, which threshold, which search.

    `scale` is how much larger than in training the pictures are shown to a network that takes any size:
    the heat map then has more cells. `augmented` averages the heat map over the mirror image and a larger
    scale. `max_iter` is the number of steps that `bayes` takes after its five seeded boxes. `seed` starts
    its random numbers.
    """

    cam: str
    threshold: Threshold
    search: str
    augmented: bool
    scale: float = 1.0
    max_iter: int = 10
    seed: int = 0


DEFAULT_RECIPE = "balanced"

RECIPES: dict[str, Recipe] = {
    "original": Recipe("gradcam", DEFAULT_THRESHOLD, "bayes", augmented=False),
    "balanced": Recipe("salient", DEFAULT_THRESHOLD, "ensemble", augmented=False, scale=1.5),
    "thorough": Recipe("salient", DEFAULT_THRESHOLD, "ensemble", augmented=True, scale=1.5),
}


def recipe_names() -> tuple[str, ...]:
    """Return the names of all recipes, quickest to best."""
    return tuple(RECIPES)


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises:
        UsageError: there is no such recipe.
    """
    if name not in RECIPES:
        raise UsageError(f"expected a recipe out of {', '.join(RECIPES)}, found {name!r}")
    return RECIPES[name]
