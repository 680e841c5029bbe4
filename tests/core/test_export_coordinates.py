from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annot_core.export.coordinates import from_one_based, from_zero_based, one_based
from annot_core.geometry import Box

BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    *(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500), st.integers(1, 500)),
)


def test_the_whole_image_is_1_to_its_size() -> None:
    assert one_based(Box(0, 0, 640, 480)) == (1, 1, 640, 480)


def test_a_single_pixel_has_equal_corners() -> None:
    assert one_based(Box(4, 7, 5, 8)) == (5, 8, 5, 8)


@given(BOXES)
def test_voc_and_back_shifts_nothing(box: Box) -> None:
    assert from_one_based(*one_based(box)) == box


def test_pixels_counted_from_0_include_the_last_one() -> None:
    assert from_zero_based(0, 10, 63, 58) == Box(0, 10, 64, 59)
