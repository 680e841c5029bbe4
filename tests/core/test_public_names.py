from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest

import annot_core as ac


def test_names_are_sorted_and_there_once() -> None:
    assert ac.__all__ == sorted(set(ac.__all__))


def test_every_public_name_is_there() -> None:
    assert [name for name in ac.__all__ if getattr(ac, name).__module__.split(".")[0] != "annot_core"] == []


def test_every_name_with_a_home_is_public() -> None:
    assert sorted(name for names in ac._HOMES.values() for name in names) == ac.__all__


def test_names_of_the_records_are_all_public() -> None:
    records = importlib.import_module("annot_core.records")
    own = [name for name, value in inspect.getmembers(records, inspect.isclass) if value.__module__ == records.__name__]
    assert set(own) <= set(ac.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'annotat'"):
        ac.annotat  # noqa: B018


def test_names_are_offered_for_completion() -> None:
    assert set(ac.__all__) <= set(dir(ac))


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, annot_core; print(*(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded).isdisjoint({"numpy", "cv2", "PIL", "tensorflow", "keras", "click", "rich", "textual"})


def test_find_box_is_as_promised() -> None:
    found = ac.find_box(np.pad(np.ones((3, 4), bool), 2), search="exact")
    assert found == ac.Found(ac.Box(2, 2, 6, 5), 1.0, found.evaluations if found else 0)
    assert ac.find_box(np.zeros((4, 4), bool)) is None


def test_heatmaps_are_as_promised(tone_model: Path) -> None:
    import keras

    model = keras.models.load_model(tone_model)
    pictures = np.full((2, 32, 32, 3), 128, np.uint8)
    pictures[0, 8:16, 8:16], pictures[1, 8:16, 8:16] = 255, 0
    maps = ac.heatmaps(model, pictures, [0, 1], method="gradcam")
    assert (maps.dtype, maps.shape, maps.max()) == (np.float32, (2, 16, 16), 1.0)
    assert (maps[:, 4:8, 4:8] > 0.9).all()
    assert maps.sum() == pytest.approx(maps[:, 4:8, 4:8].sum())


def test_annotate_takes_the_options_of_the_command_line() -> None:
    from tui.cli import main

    review = main.commands["review"]
    options = {option.name for option in review.params if isinstance(option, click.Option)}
    training = {"backbone", "epochs", "image_size", "batch_size", "seed"}
    terminal = {"quality", "colors", "graphics"}
    assert options - {"strict", "help"} - training - terminal <= set(inspect.signature(ac.annotate).parameters)
    assert training == set(inspect.signature(ac.TrainingSettings).parameters)
