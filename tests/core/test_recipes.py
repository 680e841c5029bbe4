from __future__ import annotations

from pathlib import Path

import pytest
from drawn_folders import PATCH

import annot_core as ac
from annot_core.errors import UsageError
from annot_core.recipes import DEFAULT_RECIPE, RECIPES, Recipe, find_recipe, recipe_names

pytestmark = pytest.mark.usefixtures("uncompiled")


def test_original_is_the_published_tool() -> None:
    assert find_recipe("original") == Recipe("gradcam", 0.3, "bayes", augmented=False, max_iter=10)


def test_default_looks_at_each_picture_once() -> None:
    assert not find_recipe(DEFAULT_RECIPE).augmented


def test_thorough_is_the_default_with_augmentation() -> None:
    default, thorough = find_recipe(DEFAULT_RECIPE), find_recipe("thorough")
    assert thorough.augmented
    assert (thorough.cam, thorough.search) == (default.cam, default.search)


def test_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="expected a recipe out of original, balanced, thorough, found 'best'"):
        find_recipe("best")


@pytest.mark.parametrize("name", recipe_names())
def test_recipe_finds_a_plain_patch(dataset: Path, tone_model: Path, tmp_path: Path, name: str) -> None:
    result = ac.annotate(dataset, tmp_path / "out", model=tone_model, recipe=name)
    assert result.boxes == 4
    with ac.Session.load(tmp_path / "out") as session:
        boxes = {result.image_id: result.box for result in session.results()}
    for image_id in ("bright-0", "dark-0"):
        box = boxes[image_id]
        assert box is not None
        assert box.iou(PATCH) > 0.6


@pytest.mark.parametrize("name", recipe_names())
def test_recipe_names_what_exists(name: str) -> None:
    from annot_core.cam import method_names
    from annot_core.search import search_names

    assert RECIPES[name].cam in method_names()
    assert RECIPES[name].search in search_names()
