"""The sums that the searches see a map through."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.geometry import Box
from annot_core.search.masses import Edges, Rated, map_iou, measure

MASKS = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(lambda mask: mask.any())


def naive_iou(box, mask):
    inside = np.zeros_like(mask)
    inside[box.top : box.bottom, box.left : box.right] = True
    return (inside & mask).sum() / (inside | mask).sum()


@given(MASKS, st.data())
def test_rated_boxes_hold_what_counting_finds(mask, data):
    masses = measure(mask)
    top, bottom = sorted(data.draw(st.lists(st.integers(0, len(masses.ys) - 1), min_size=2, max_size=2, unique=True)))
    left, right = sorted(data.draw(st.lists(st.integers(0, len(masses.xs) - 1), min_size=2, max_size=2, unique=True)))
    rated = masses.rate(Edges(top, left, bottom, right))
    box = masses.box(rated.edges)
    assert rated.iou == naive_iou(box, mask) == map_iou(box, mask)
    assert masses.edges(box) == rated.edges


@given(MASKS)
def test_edges_frame_the_foreground_and_lie_where_rows_change(mask):
    masses = measure(mask)
    rows = np.flatnonzero(mask.any(axis=1))
    changes = [y for y in range(rows[0] + 1, rows[-1] + 1) if (mask[y] != mask[y - 1]).any()]
    assert masses.ys.tolist() == [rows[0], *changes, rows[-1] + 1]
    assert masses.total == mask.sum()


@given(MASKS)
def test_no_box_as_good_as_the_floor_is_out_of_reach(mask):
    masses = measure(mask)
    floor = masses.rate(masses.whole)
    reach = masses.reach(floor)
    for top, bottom in zip(*np.triu_indices(len(masses.ys), 1), strict=True):
        for left, right in zip(*np.triu_indices(len(masses.xs), 1), strict=True):
            if not floor.beats(masses.rate(Edges(int(top), int(left), int(bottom), int(right)))):
                assert top <= reach.last_top
                assert left <= reach.last_left
                assert bottom >= reach.first_bottom
                assert right >= reach.first_right


@pytest.mark.parametrize("shape", [(4, 5), (0, 5), (0, 0)], ids=str)
def test_a_map_without_foreground_has_no_sums(shape):
    assert measure(np.zeros(shape, dtype=bool)) is None


def test_map_iou_without_foreground_is_zero():
    assert map_iou(Box(0, 0, 2, 2), np.zeros((3, 3), dtype=bool)) == 0.0
    assert map_iou(Box(1, 1, 1, 1), np.zeros((3, 3), dtype=bool)) == 0.0


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Rated(3, 4, Edges(5, 5, 6, 6)), Rated(2, 3, Edges(0, 0, 1, 1))),
        (Rated(4, 6, Edges(5, 5, 6, 6)), Rated(2, 3, Edges(0, 0, 1, 1))),
        (Rated(2, 3, Edges(0, 5, 9, 9)), Rated(2, 3, Edges(1, 0, 2, 1))),
        (Rated(2, 3, Edges(0, 0, 9, 9)), Rated(2, 3, Edges(0, 1, 2, 2))),
        (Rated(2, 3, Edges(0, 0, 2, 9)), Rated(2, 3, Edges(0, 0, 3, 4))),
        (Rated(2, 3, Edges(0, 0, 2, 3)), Rated(2, 3, Edges(0, 0, 2, 4))),
    ],
    ids=["iou", "foreground", "top", "left", "bottom", "right"],
)
def test_better_is_iou_then_foreground_then_place(better, worse):
    assert better.beats(worse)
    assert not worse.beats(better)
    assert not better.beats(better)
