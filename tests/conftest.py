"""What several rooms' tests share: quiet libraries, the real data, and a small data set with its classifier."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from pathlib import Path

# Before anything can import TensorFlow, which reads it once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from drawn_folders import draw_dataset
from hypothesis import settings

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1 << 1, 1 << 2
REAL_DATA = Path(__file__).parents[2] / "shared" / "data"

# Examples are not timed: a busy machine is no defect. In CI they are the same each time.
settings.register_profile("autoannot", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("autoannot")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if REAL_DATA.is_dir():
        return
    skip = pytest.mark.skip(reason=f"the real images are not there: expected them in {REAL_DATA}")
    for item in items:
        if item.get_closest_marker("realdata"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real data sets; tests that take it are marked `realdata`."""
    return REAL_DATA


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A labelled folder with two images of each of two classes."""
    return draw_dataset(tmp_path / "photos")


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let heat maps be computed step by step: compiling a small network takes longer than using it."""
    monkeypatch.setattr("annot_core.cam.heatmapper.compiled", lambda function: function)


@pytest.fixture
def heeding_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C reach this test and what it starts: what a script runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def bound_by_permissions() -> Iterator[None]:
    """Let permissions hold for this test's files: root, whom they do not bind, gives up that power meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "capset"):
        pytest.skip("root cannot give up its powers here")
    # Linux' capget(2): a header (version, process), and twice 32 bits of effective, permitted, inheritable powers.
    header, powers = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, powers) == 0
    before = powers[0]
    powers[0] = before & ~(CAP_DAC_OVERRIDE | CAP_DAC_READ_SEARCH)
    assert libc.capset(header, powers) == 0
    yield
    powers[0] = before
    assert libc.capset(header, powers) == 0


@pytest.fixture(scope="session")
def tone_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Keras classifier, weighted by hand, that tells a bright patch (class 0) from a dark one (class 1).

    Its feature maps are how much brighter, and how much darker, than gray a place is.
    """
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(2, 1, activation="relu", name="tones"),
            layers.AveragePooling2D(2),
            layers.Conv2D(2, 1, use_bias=False, name="features"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax", use_bias=False, name="classes"),
        ]
    )
    tones = np.array([[1, -1]] * 3, np.float32) / 3
    model.get_layer("tones").set_weights([tones.reshape(1, 1, 3, 2), np.array([-0.55, 0.45], np.float32)])
    model.get_layer("features").set_weights([np.eye(2, dtype=np.float32).reshape(1, 1, 2, 2)])
    model.get_layer("classes").set_weights([20 * np.eye(2, dtype=np.float32)])
    path = tmp_path_factory.mktemp("model") / "tones.keras"
    model.save(path)
    return path
