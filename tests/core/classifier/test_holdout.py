"""Which images train, and which are held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.classifier.holdout import class_weights, split_stratified

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(lambda labels: np.array(labels, np.int64))
SHARES = st.floats(0, 1)


@given(LABELS, SHARES, st.integers(0, 9))
def test_every_image_is_on_one_side(labels, share, seed):
    split = split_stratified(labels, share, np.random.default_rng(seed))
    assert sorted([*split.training, *split.holdout]) == list(range(len(labels)))
    assert split.training.dtype == split.holdout.dtype == np.int64


@given(LABELS, SHARES, st.integers(0, 9))
def test_every_class_trains_and_one_of_two_images_is_held_out(labels, share, seed):
    split = split_stratified(labels, share, np.random.default_rng(seed))
    assert set(labels[split.training]) == set(labels)
    assert set(labels[split.holdout]) == {label for label in labels if np.sum(labels == label) > 1}


@pytest.mark.parametrize(("share", "held"), [(0.2, 10), (0.5, 25), (0.0, 1), (1.0, 49)], ids=str)
def test_the_share_holds_for_each_class(share, held):
    labels = np.repeat(np.arange(3), 50)
    split = split_stratified(labels, share, np.random.default_rng(0))
    assert np.bincount(labels[split.holdout]).tolist() == [held] * 3


def test_the_generator_alone_decides():
    labels = np.repeat(np.arange(3), 20)
    one, same, other = (split_stratified(labels, 0.2, np.random.default_rng(seed)).holdout for seed in (1, 1, 2))
    assert one.tolist() == same.tolist() != other.tolist()


def test_no_images_split_into_none():
    split = split_stratified(np.zeros(0, np.int64), 0.2, np.random.default_rng(0))
    assert len(split.training) == len(split.holdout) == 0


@given(LABELS)
def test_weights_make_the_classes_even_and_the_mean_one(labels):
    weights = class_weights(labels, 6)
    assert weights.dtype == np.float32
    assert weights.shape == (6,)
    assert weights[labels].mean() == pytest.approx(1, rel=1e-5)
    totals = np.bincount(labels, weights=weights[labels], minlength=6)
    present = np.bincount(labels, minlength=6) > 0
    np.testing.assert_allclose(totals[present], totals[present][0], rtol=1e-5)
    assert not weights[~present].any()
