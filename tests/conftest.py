"""What several rooms' tests share: quiet libraries, the real data, and a small data set with its classifier."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything can import TensorFlow, which reads it once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"
COLORS = {"blue": (30, 40, 220), "red": (220, 40, 30)}

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


def draw_patch(path: Path, color: str, *, size: tuple[int, int] = (64, 48), shift: int = 0) -> Path:
    """Draw a patch of a class's color on gray, 24 x 20 pixels at (8 + shift, 10); the ending says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", size, (128, 128, 128))
    left = 8 + shift
    ImageDraw.Draw(picture).rectangle((left, 10, left + 23, 29), fill=COLORS[color])
    picture.save(path, quality=95)
    return path


def draw_dataset(root: Path, each: int = 2) -> Path:
    """Draw a labelled folder with `each` images of a red and of a blue patch."""
    for color in COLORS:
        for number in range(each):
            draw_patch(root / color / f"{color}-{number}.jpg", color, shift=(5 * number) % 30)
    return root


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A labelled folder with two images of each of two classes."""
    return draw_dataset(tmp_path / "photos")


@pytest.fixture(scope="session")
def color_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Keras classifier, weighted by hand, that tells a blue patch (class 0) from a red one (class 1).

    Its feature maps are how much bluer, and how much redder, than the other two colors a place is.
    """
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(2, 1, activation="relu", use_bias=False, name="tones"),
            layers.AveragePooling2D(2),
            layers.Conv2D(2, 1, use_bias=False, name="features"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax", use_bias=False, name="classes"),
        ]
    )
    tones = np.array([[-0.5, 1], [-0.5, -0.5], [1, -0.5]], np.float32)
    model.get_layer("tones").set_weights([tones.reshape(1, 1, 3, 2)])
    model.get_layer("features").set_weights([np.eye(2, dtype=np.float32).reshape(1, 1, 2, 2)])
    model.get_layer("classes").set_weights([20 * np.eye(2, dtype=np.float32)])
    path = tmp_path_factory.mktemp("model") / "colors.keras"
    model.save(path)
    return path
