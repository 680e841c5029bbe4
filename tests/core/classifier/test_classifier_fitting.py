"""Fitting a network: the same seed shows it the same pictures, however they are fed."""

import keras
import numpy as np
import pytest
from models import draw_colors

from annot_core.classifier import fitting
from annot_core.classifier.fitting import fit, holdout_accuracy
from annot_core.classifier.holdout import Split
from annot_core.classifier.pictures import PictureStore
from annot_core.classifier.request import TrainingSettings
from annot_core.progress import EpochFinished

SIDE = 16
LABELS = np.repeat(np.arange(2), 6)
SPLIT = Split(np.array([0, 1, 2, 3, 6, 7, 8]), np.array([4, 5, 9, 10, 11]))


@pytest.fixture
def store(tmp_path):
    with PictureStore([image.path for image in draw_colors(tmp_path / "photos", 6).images], (SIDE, SIDE)) as built:
        yield built


@pytest.fixture(autouse=True)
def unchanged_pictures(monkeypatch):
    """Augmentation takes longer to compile than all the rest."""
    monkeypatch.setattr(fitting, "_augmentation", lambda seed: keras.layers.Identity())


def smallest():
    start = keras.initializers.GlorotUniform(seed=1)
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers, keras.layers.Dense(2, "softmax", True, start)])


def losses(store, seed=0):
    heard = []
    settings = TrainingSettings("small", 3, SIDE, 3, seed)
    model = smallest()
    assert fit(model, store, LABELS, SPLIT, settings, heard.append) == 3
    return [(one.loss, one.holdout_loss) for one in heard if isinstance(one, EpochFinished)]


@pytest.mark.slow
def test_a_seed_shows_the_same_pictures_however_they_are_fed(store, monkeypatch):
    streamed, again, other = losses(store), losses(store), losses(store, seed=1)
    assert streamed == again
    assert streamed != other
    # As on a backend that tf.data knows nothing of.
    monkeypatch.setattr(fitting, "_fed", lambda batches: batches)
    monkeypatch.setattr(fitting, "_shuffling", lambda batches: [])
    np.testing.assert_allclose(losses(store), streamed, rtol=1e-6)


def test_accuracy_is_the_share_of_pictures_held_out_that_are_known(store):
    def model(pictures, training):
        assert not training
        assert pictures.dtype == np.float32
        return np.tile([[0.4, 0.6]], (len(pictures), 1))

    assert holdout_accuracy(model, store, LABELS, SPLIT, batch_size=2) == pytest.approx(3 / 5)
