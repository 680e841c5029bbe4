"""Batches of pictures for training."""

import keras
import numpy as np
import pytest
from models import draw_colors

from annot_core.classifier import batches as batches_module
from annot_core.classifier.batches import Batches, PictureStore
from annot_core.errors import ImageError


@pytest.fixture
def store(tmp_path):
    return PictureStore([image.path for image in draw_colors(tmp_path / "photos", 4).images], (16, 12))


LABELS = np.repeat(np.arange(2), 4)
WEIGHTS = np.array([0.5, 1.5], np.float32)


def batches(store, indices, generator=None, size=3):
    return Batches(store, np.array(indices), LABELS, WEIGHTS, batch_size=size, generator=generator)


def test_a_batch_is_pictures_labels_and_weights(store):
    pictures, labels, weights = batches(store, [0, 4, 5])[0]
    assert pictures.shape == (3, 12, 16, 3)
    assert pictures.dtype == np.float32
    assert pictures.max() == 255
    np.testing.assert_array_equal(pictures[1], store.picture(4))
    assert labels.tolist() == [[1, 0], [0, 1], [0, 1]]
    assert weights.tolist() == [0.5, 1.5, 1.5]


@pytest.mark.parametrize(("count", "size"), [(4, 3), (8, 3), (1, 3), (3, 3), (2, 8)], ids=str)
def test_every_picture_counts_once_and_every_batch_has_one_shape(count, size, store):
    made = batches(store, range(count), size=size)
    parts = [made[number] for number in range(len(made))]
    assert {part[0].shape for part in parts} == {(size, 12, 16, 3)}
    weights = np.concatenate([part[2] for part in parts])
    assert weights[:count].tolist() == WEIGHTS[LABELS[:count]].tolist()
    assert not weights[count:].any()


def test_a_generator_shuffles_every_epoch_and_leaves_the_indices_alone(store):
    indices = np.arange(8)
    made = Batches(store, indices, LABELS, WEIGHTS, batch_size=8, generator=np.random.default_rng(0))
    first = made[0][0]
    made.on_epoch_end()
    assert not np.array_equal(first, made[0][0])
    np.testing.assert_array_equal(np.sort(first.sum(axis=(1, 2, 3))), np.sort(made[0][0].sum(axis=(1, 2, 3))))
    assert indices.tolist() == list(range(8))


def test_without_a_generator_the_order_stays(store):
    made = batches(store, [3, 1, 7])
    made.on_epoch_end()
    np.testing.assert_array_equal(made[0][0][2], store.picture(7))


@pytest.mark.parametrize(("limit", "decodings"), [(10**9, 1), (10, 3)], ids=["kept", "too large to keep"])
def test_pictures_are_kept_while_they_fit(limit, decodings, tmp_path, monkeypatch):
    monkeypatch.setattr(batches_module, "CACHE_BYTES", limit)
    count = []
    real = batches_module.read_image
    monkeypatch.setattr(
        batches_module, "read_image", lambda *args, **options: count.append(1) or real(*args, **options)
    )
    store = PictureStore([image.path for image in draw_colors(tmp_path / "photos", 1).images], (16, 12))
    pictures = [store.picture(1) for _ in range(3)]
    assert len(count) == decodings
    np.testing.assert_array_equal(pictures[0], pictures[2])


def test_a_picture_that_cannot_be_read_is_told_apart(tmp_path):
    dataset = draw_colors(tmp_path / "photos", 1)
    dataset.images[0].path.write_bytes(b"")
    store = PictureStore([image.path for image in dataset.images], (16, 12))
    assert [store.readable(index) for index in range(len(store))] == [False, True]
    with pytest.raises(ImageError):
        store.picture(0)


@pytest.mark.parametrize(("count", "size"), [(4, 3), (1, 8), (8, 4)], ids=str)
def test_dilution_brings_keras_loss_to_the_weighted_mean(count, size, store):
    made = batches(store, range(count), size=size)
    layers = [keras.layers.Rescaling(1 / 2550), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((12, 16, 3)), *layers])
    model.compile(loss="categorical_crossentropy")
    loss = model.evaluate(made, verbose=0)
    pictures = np.stack([store.picture(index) for index in range(count)]).astype(np.float32)
    chances = np.asarray(model(pictures))[np.arange(count), LABELS[:count]]
    weights = WEIGHTS[LABELS[:count]]
    assert loss * made.dilution == pytest.approx(np.average(-np.log(chances), weights=weights), rel=1e-4)
