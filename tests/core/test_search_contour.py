"""The rectangle of the largest component."""

import numpy as np
import pytest

from annot_core.search.contour import ContourSearch


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
