from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.export.coordinates import (
    cornered,
    from_one_based,
    from_zero_based,
    normalized,
    one_based,
)
from annot_core.geometry import Box

BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    *(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500), st.integers(1, 500)),
)


def from_shares(x: float, y: float, width: float, height: float, size: tuple[int, int]) -> Box:
    """Read a box as readers of YOLO do: centers and sizes, as shares of the sides, on the nearest pixels."""
    edges = (
        (x - width / 2) * size[0],
        (y - height / 2) * size[1],
        (x + width / 2) * size[0],
        (y + height / 2) * size[1],
    )
    return Box(*map(round, edges))


def test_the_whole_image_is_1_to_its_size() -> None:
    assert one_based(Box(0, 0, 640, 480)) == (1, 1, 640, 480)


def test_a_single_pixel_has_equal_corners() -> None:
    assert one_based(Box(4, 7, 5, 8)) == (5, 8, 5, 8)


@given(BOXES)
def test_voc_and_back_shifts_nothing(box: Box) -> None:
    assert from_one_based(*one_based(box)) == box


def test_pixels_counted_from_0_include_the_last_one() -> None:
    assert from_zero_based(0, 10, 63, 58) == Box(0, 10, 64, 59)


SIDES = st.integers(1, 65_500)


@given(SIDES, SIDES, st.data())
@pytest.mark.parametrize("number", [float, np.float32], ids=["64 bits", "32 bits"])
def test_shares_as_they_are_written_give_back_the_very_pixels(
    number: type, width: int, height: int, data: st.DataObject
) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height)))

    written = [f"{share:.10f}" for share in normalized(box, (width, height))]

    assert all(0 <= float(text) <= 1 for text in written)
    assert from_shares(*(number(text) for text in written), (width, height)) == box


def test_the_whole_image_is_in_its_own_middle() -> None:
    assert normalized(Box(0, 0, 640, 480), (640, 480)) == (0.5, 0.5, 1, 1)


@given(BOXES)
def test_a_corner_and_a_size_give_back_the_box(box: Box) -> None:
    x, y, width, height = cornered(box)
    assert Box(x, y, x + width, y + height) == box
