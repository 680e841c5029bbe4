"""Batches of pictures for training."""

import keras
import numpy as np
import pytest
from models import draw_colors

from annot_core.classifier.batches import Batches, streamed
from annot_core.classifier.pictures import PictureStore


@pytest.fixture
def store(tmp_path):
    with PictureStore([image.path for image in draw_colors(tmp_path / "photos", 4).images], (16, 12)) as built:
        yield built


LABELS = np.repeat(np.arange(2), 4)
WEIGHTS = np.array([0.5, 1.5], np.float32)


def batches(store, indices, generator=None, size=3):
    return Batches(store, np.array(indices), LABELS, WEIGHTS, batch_size=size, generator=generator)


def test_a_batch_is_pictures_labels_and_weights(store):
    pictures, labels, weights = batches(store, [0, 4, 5])[0]
    assert pictures.shape == (3, 12, 16, 3)
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures, store.pictures(np.array([0, 4, 5])))
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
    np.testing.assert_array_equal(made[0][0][2], store.pictures(np.array([7]))[0])


def parts(source):
    """All that comes out of batches in one pass, as numpy."""
    made = source if not isinstance(source, Batches) else [source[number] for number in range(len(source))]
    return [tuple(np.asarray(part) for part in batch) for batch in made]


def assert_same(one, other):
    assert len(one) == len(other)
    for first, second in zip(one, other, strict=True):
        for mine, yours in zip(first, second, strict=True):
            assert (mine.dtype, mine.shape) == (yours.dtype, yours.shape)
            np.testing.assert_array_equal(mine, yours)


def test_streamed_batches_are_the_same_in_every_epoch(store):
    here, ahead = (batches(store, range(7), np.random.default_rng(5)) for _ in range(2))
    stream = streamed(ahead)
    epochs = []
    for _ in range(3):
        assert_same(parts(stream), parts(here))
        epochs.append(parts(here))
        here.on_epoch_end()
        ahead.on_epoch_end()
    assert not np.array_equal(epochs[0][0][0], epochs[1][0][0])


def test_a_second_pass_in_one_epoch_changes_nothing(store):
    """Keras looks at a batch before the first epoch, to know what it is like."""
    stream = streamed(batches(store, range(7), np.random.default_rng(5)))
    assert_same(parts(stream), parts(stream))


def test_the_network_is_told_one_shape(store):
    stream = streamed(batches(store, range(7)))
    assert [tuple(spec.shape) for spec in stream.element_spec] == [(3, 12, 16, 3), (3, 2), (3,)]
    assert int(stream.cardinality()) == 3


@pytest.mark.parametrize(("count", "size"), [(4, 3), (1, 8), (8, 4)], ids=str)
def test_dilution_brings_keras_loss_to_the_weighted_mean(count, size, store):
    made = batches(store, range(count), size=size)
    layers = [keras.layers.Rescaling(1 / 2550), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((12, 16, 3)), *layers])
    model.compile(loss="categorical_crossentropy")
    loss = model.evaluate(streamed(made), verbose=0)
    assert loss == pytest.approx(model.evaluate(made, verbose=0), rel=1e-6)
    pictures = store.pictures(np.arange(count)).astype(np.float32)
    chances = np.asarray(model(pictures))[np.arange(count), LABELS[:count]]
    weights = WEIGHTS[LABELS[:count]]
    assert loss * made.dilution == pytest.approx(np.average(-np.log(chances), weights=weights), rel=1e-4)
