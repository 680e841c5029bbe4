"""The same maps with Keras on JAX, where that is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import numpy as np
from models import KINDS, color_detector, pictures, scene
from annot_core.cam import method_names
from annot_core.cam.heatmapper import Heatmapper, heatmaps
import keras

assert keras.backend.backend() == "jax"
for name in ("functional", "doubly_nested", "one_unit", "softmax_operation", "normalization", "own_code", "flattened"):
    model = KINDS[name]()
    images, indices = pictures(model), np.array([0, 1, 1, 0])
    heat = Heatmapper(model, "fused", augmented=name == "doubly_nested").heat(images, indices)
    assert heat.maps.dtype == np.float32 and len(heat.maps) == 4, name
    assert np.isfinite(heat.maps).all() and 0 <= heat.maps.min() and heat.maps.max() <= 1, name
    answers = np.asarray(model(images))
    if answers.shape[1] == 1:
        answers = np.hstack([1 - answers, answers])
    own = answers[np.arange(4), indices]
    assert name == "doubly_nested" or np.allclose(heat.probabilities, own, atol=1e-5), name
for method in method_names():
    (heat,) = heatmaps(color_detector(), scene(red=(8, 4))[None], [1], method)
    cell = 32 // len(heat)
    assert heat[8 // cell : 16 // cell, 4 // cell : 12 // cell].min() > 0.7, method
    assert heat.sum() * cell**2 < 100, method
print("same")
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="Keras' other backend, jax, is not installed")
def test_heat_maps_work_on_jax(tmp_path):
    here = Path(__file__).parent
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])]),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "same", done.stderr[-3000:]
