"""The same maps with Keras on JAX, and no TensorFlow needed for them, nor for training."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from models import KINDS, draw_colors, pictures

from annot_core.cam import method_names
from annot_core.cam.heatmapper import Heatmapper, heatmaps

COMPARED = ("functional", "one_unit")
INDICES = np.array([0, 1, 1, 0])

WITHOUT_TENSORFLOW = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError("No module named 'tensorflow'", name=name)

sys.meta_path.insert(0, Missing())
"""

MAPS = """
import numpy as np
from models import KINDS, pictures
from annot_core.cam import method_names
from annot_core.cam.heatmapper import Heatmapper, heatmaps
import keras

assert keras.backend.backend() == "jax"
for name in ("normalization", "doubly_nested", "own_code"):
    model = KINDS[name]()
    heat = Heatmapper(model, "fused").heat(pictures(model), np.array([0, 1, 1, 0]))
    own = np.asarray(model(pictures(model)))[np.arange(4), [0, 1, 1, 0]]
    assert np.allclose(heat.probabilities, own, atol=1e-5), name
found = {}
for name in sys.argv[2].split():
    model = KINDS[name]()
    for method in method_names():
        found[f"{name} {method}"] = heatmaps(model, pictures(model), [0, 1, 1, 0], method)
model = KINDS["functional"]()
found["augmented"] = Heatmapper(model, "fused", augmented=True).heat(pictures(model), [0, 1, 1, 0]).maps
np.savez(sys.argv[1], **found)
assert "tensorflow" not in sys.modules
print("done")
"""

TRAINING = """
from pathlib import Path
from annot_core.classifier.kept import keep
from annot_core.classifier.request import TrainingSettings
from annot_core.classifier.runtime import gpu_count, start_keras
from annot_core.classifier import training
from annot_core.dataset import list_dataset

start_keras()
import keras

assert keras.backend.backend() == "jax"
assert gpu_count() == 0

def smallest(name, class_count, *, seed):
    # The real ones take longer to compile than all the rest.
    layers = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((None, None, 3)), *layers, keras.layers.Dense(class_count, "softmax")])

training.build_backbone = smallest
heard = []
settings = TrainingSettings("small", 1, 16, 4)
trained = training.train(list_dataset(Path(sys.argv[1])).images, settings, listener=heard.append)
assert trained.epochs_run == 1
classifier = keep(Path(sys.argv[2]), trained, settings)
assert classifier.classes == trained.classes
assert "tensorflow" not in sys.modules
print("done")
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="Keras' other backend, jax, is not installed"),
]


def on_jax(script, *arguments):
    """Run a program with Keras on JAX, where TensorFlow cannot be imported."""
    here = Path(__file__).parents[1]
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1]), *(path for path in sys.path if path)]),
    }
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW + script, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "done", done.stderr[-3000:]


def test_heat_maps_on_jax_are_those_of_tensorflow(tmp_path, uncompiled):
    on_jax(MAPS, tmp_path / "maps.npz", " ".join(COMPARED))
    model = KINDS["functional"]()
    expected = {"augmented": Heatmapper(model, "fused", augmented=True).heat(pictures(model), INDICES).maps}
    for name in COMPARED:
        model = KINDS[name]()
        for method in method_names():
            expected[f"{name} {method}"] = heatmaps(model, pictures(model), INDICES, method)
    found = np.load(tmp_path / "maps.npz")
    assert set(found) == set(expected)
    for key, maps in expected.items():
        assert maps.any(), key
        np.testing.assert_allclose(found[key], maps, atol=1e-4, err_msg=key)


def test_training_needs_no_tensorflow_where_keras_runs_on_jax(tmp_path):
    draw_colors(tmp_path / "photos", 6)
    (tmp_path / "kept").mkdir()
    on_jax(TRAINING, tmp_path / "photos", tmp_path / "kept")
