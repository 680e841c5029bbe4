"""Heat map to binary map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.binarize import RELATIVE_SHARE, binarize
from annot_core.errors import UsageError
from annot_core.thresholds import parse_threshold

MAPS = arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 8)), elements=st.floats(0, 1, width=32))
HOT = MAPS.filter(lambda heat: heat.max() > 1e-3)
RULES = [0.3, "otsu", "relative"]
every_rule = pytest.mark.parametrize("rule", RULES)


@every_rule
@given(heat=MAPS)
def test_the_map_has_the_shape_of_the_heat_and_leaves_it_alone(rule, heat):
    before = heat.tobytes()
    mask = binarize(heat, rule)
    assert mask.shape == heat.shape
    assert mask.dtype == np.bool_
    assert heat.tobytes() == before


@every_rule
@given(heat=HOT)
def test_the_hottest_cell_is_in_and_no_colder_cell_than_one_that_is_out(rule, heat):
    mask = binarize(heat, rule)
    assert mask[np.unravel_index(heat.argmax(), heat.shape)]
    assert mask.all() or heat[mask].min() > heat[~mask].max()


@given(HOT, st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_a_higher_threshold_keeps_less(heat, one, other):
    low, high = sorted((one, other))
    assert not (binarize(heat, high) & ~binarize(heat, low)).any()


@every_rule
@given(heat=HOT, power=st.integers(-6, 6))
def test_the_scale_of_the_heat_does_not_matter(rule, heat, power):
    np.testing.assert_array_equal(binarize(heat * np.float32(2.0**power), rule), binarize(heat, rule))


@every_rule
@pytest.mark.parametrize("shape", [(3, 4), (0, 4), (1, 1)], ids=str)
def test_no_heat_gives_an_empty_map(rule, shape):
    assert not binarize(np.zeros(shape, np.float32), rule).any()


def test_a_share_is_of_the_maximum_and_belongs_to_the_hot_side():
    heat = np.array([[0.0, 0.5, 0.99, 1.0, 2.0]], np.float32)
    assert binarize(heat, 0.5).tolist() == [[False, False, False, True, True]]
    assert binarize(heat).tolist() == [[False, False, True, True, True]]


def test_otsu_parts_two_heaps():
    heat = np.array([[0.1, 0.12, 0.08, 0.7, 0.8, 1.0]], np.float32)
    assert binarize(heat, "otsu").tolist() == [[False, False, False, True, True, True]]


def test_the_relative_rule_goes_by_the_mean():
    heat = np.array([[0.0, 0.2, 0.4, 1.0]], np.float32)
    assert heat.mean() * RELATIVE_SHARE == pytest.approx(0.3)
    assert binarize(heat, "relative").tolist() == [[False, False, True, True]]


@pytest.mark.parametrize(
    ("text", "threshold"), [("0.3", 0.3), (".5", 0.5), ("1e-2", 0.01), ("otsu", "otsu"), ("relative", "relative")]
)
def test_a_threshold_is_read_as_people_write_it(text, threshold):
    assert parse_threshold(text) == threshold


@pytest.mark.parametrize("text", ["0", "1", "-0.1", "1.5", "nan", "inf", "", "Otsu", "30%"])
def test_what_is_no_threshold_is_refused(text):
    with pytest.raises(UsageError, match=r"expected a threshold between 0 and 1 .*, `otsu` or `relative`, found "):
        parse_threshold(text)
