"""The rectangle of the largest component."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.search.contour import ContourSearch, largest_component, largest_components


def draw(*rows):
    return np.array([[cell == "#" for cell in row] for row in rows])


@pytest.mark.parametrize(
    ("mask", "box"),
    [
        (draw("##...", "##..#", "....#"), (0, 0, 2, 2)),
        (draw("#...", ".#..", "..#.", "...."), (0, 0, 3, 3)),
        (draw("...#", "...#", "#...", "#..."), (3, 0, 4, 2)),
        (draw("#..#", "#..#"), (0, 0, 1, 2)),
        (draw("....#", ".#..#", ".#...", "....."), (4, 0, 5, 2)),
        (draw(".##", "#..", "#..", "..#", ".##"), (0, 0, 3, 3)),
    ],
    ids=["largest", "corners touch", "tie: top", "tie: left", "tie: top before left", "bent"],
)
def test_rectangle_of_the_largest_component(mask, box):
    found = ContourSearch().find(mask)
    assert found.box == box
    assert found.evaluations == 1


def test_larger_by_pixels_not_by_rectangle():
    mask = draw("#......###", ".#.....###", "..#....###", "...#......", "....#.....")
    assert ContourSearch().find(mask).box == (7, 0, 10, 3)


STACKS = arrays(np.bool_, st.tuples(st.integers(0, 6), st.integers(1, 7), st.integers(1, 7)))


@given(STACKS)
def test_many_maps_at_once_give_what_each_gives_alone(masks):
    together = largest_components(masks)
    assert together.shape == (len(masks), 4)
    for mask, edges in zip(masks, together.tolist(), strict=True):
        assert tuple(edges) == (largest_component(mask) or (0, 0, 0, 0))


def test_more_maps_than_are_labelled_together():
    masks = np.zeros((70, 40, 40), dtype=np.bool_)
    for number, mask in enumerate(masks):
        mask[3, : 1 + number % 40] = True
    expected = [[0, 3, 1 + number % 40, 4] for number in range(70)]
    assert largest_components(masks).tolist() == expected


def test_a_map_with_more_components_than_narrow_labels_count():
    mask = np.zeros((640, 640), dtype=np.bool_)
    mask[::2, ::2] = True
    mask[639, 600:604] = True
    assert largest_component(mask) == (600, 638, 605, 640)
