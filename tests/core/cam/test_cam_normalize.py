"""Maps are brought to [0, 1] without dividing by nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from annot_core.cam.normalize import peak_normalized, range_normalized

VALUES = st.floats(0, 2.0**100, width=32) | st.sampled_from([float("nan"), float("inf")])
MAPS = arrays(np.float32, (2, 3, 4), elements=VALUES)
both = pytest.mark.parametrize("normalized", [peak_normalized, range_normalized], ids=["peak", "range"])


def normalize(function, *maps):
    return np.asarray(function(ops.convert_to_tensor(np.stack(maps).astype(np.float32))))


@both
@given(maps=MAPS)
def test_what_comes_out_is_zero_or_has_a_maximum_of_one(normalized, maps):
    for one in normalize(normalized, *maps):
        assert np.isfinite(one).all()
        assert one.min() >= 0
        assert not one.any() or one.max() == pytest.approx(1, abs=1e-6)


@both
@pytest.mark.parametrize("value", [0.0, 1e-30, 0.1, 3.0, 1e30], ids=str)
def test_a_flat_map_gives_zeros(normalized, value):
    assert not normalize(normalized, np.full((3, 3), value)).any()


@both
def test_rounding_is_no_map(normalized):
    """The maps of an even picture differ by the last bits of a long sum."""
    flat = np.full((4, 4), 0.1, np.float32)
    flat[1:3, 1:3] = np.nextafter(np.nextafter(np.float32(0.1), 1, dtype=np.float32), 1, dtype=np.float32)
    assert flat.min() < flat.max()
    assert not normalize(normalized, flat).any()


def test_the_peak_is_divided_by_and_the_minimum_stays():
    np.testing.assert_allclose(normalize(peak_normalized, [[1, 2], [3, 4]])[0], [[0.25, 0.5], [0.75, 1]])


def test_the_range_is_stretched_from_its_minimum():
    np.testing.assert_allclose(normalize(range_normalized, [[-1, 0], [1, 3]])[0], [[0, 0.25], [0.5, 1]])


@both
def test_what_is_not_finite_counts_as_nothing(normalized):
    np.testing.assert_allclose(normalize(normalized, [[np.nan, 1], [np.inf, 2]])[0], [[0, 0.5], [0, 1]])


@both
def test_each_map_is_normalized_on_its_own(normalized):
    one, other = [[0, 1], [2, 4]], [[0, 10], [0, 5]]
    together = normalize(normalized, one, other)
    np.testing.assert_array_equal(together[0], normalize(normalized, one)[0])
    np.testing.assert_array_equal(together[1], normalize(normalized, other)[0])
