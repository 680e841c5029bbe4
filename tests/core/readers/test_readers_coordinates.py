"""Boxes come back as they were written, in whatever convention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.geometry import Box
from annot_core.readers import Convention, ReadObject
from annot_core.readers.coordinates import Numbers, around, edges, nearest_box

MOST_PX = 65_000


@st.composite
def boxes_in_images(draw: st.DrawFn) -> tuple[Box, tuple[int, int]]:
    width, height = draw(st.integers(1, MOST_PX)), draw(st.integers(1, MOST_PX))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))), (width, height)


def shares(box: Box, size: tuple[int, int]) -> Numbers:
    width, height = size
    return (
        (box.left + box.right) / 2 / width,
        (box.top + box.bottom) / 2 / height,
        box.width / width,
        box.height / height,
    )


@given(boxes_in_images(), st.integers(6, 17))
def test_shares_give_back_the_box_that_was_written(given_box: tuple[Box, tuple[int, int]], decimals: int) -> None:
    box, size = given_box
    written = tuple(float(f"{share:.{decimals}f}") for share in shares(box, size))

    assert ReadObject("cat", written, Convention.YOLO).box(size) == box  # type: ignore[arg-type]


@given(boxes_in_images())
def test_voc_gives_back_the_box_that_was_written(given_box: tuple[Box, tuple[int, int]]) -> None:
    box, size = given_box

    written = (box.left + 1.0, box.top + 1.0, float(box.right), float(box.bottom))

    assert ReadObject("cat", written, Convention.VOC).box(size) == box


@given(boxes_in_images(), st.floats(-0.4, 0.4))
def test_coco_gives_back_the_box_that_is_nearest(given_box: tuple[Box, tuple[int, int]], off: float) -> None:
    box, size = given_box

    written = (box.left + off, box.top + off, float(box.width), float(box.height))

    assert ReadObject("cat", written, Convention.COCO).box(size) == box


def test_halves_go_up_everywhere() -> None:
    assert nearest_box((0.5, 1.5, 2.5, 3.5)) == Box(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("numbers", "box"),
    [
        pytest.param((-5.0, -5.0, 10.0, 10.0), Box(0, 0, 10, 10), id="begins outside"),
        pytest.param((30.0, 20.0, 99.0, 99.0), Box(29, 19, 40, 30), id="ends outside"),
        pytest.param((0.0, 0.0, 9.0, 9.0), Box(0, 0, 9, 9), id="counts from 0"),
        pytest.param((5.0, 5.0, 5.0, 5.0), Box(4, 4, 5, 5), id="one pixel"),
        pytest.param((41.0, 1.0, 50.0, 9.0), None, id="to the right"),
        pytest.param((-9.0, 1.0, 0.0, 9.0), None, id="to the left"),
        pytest.param((9.0, 1.0, 5.0, 9.0), None, id="inverted"),
        pytest.param((1e300, 1e300, 1.1e300, 1.1e300), None, id="far away"),
    ],
)
def test_a_box_is_cut_off_at_the_border(numbers: Numbers, box: Box | None) -> None:
    assert ReadObject("cat", numbers, Convention.VOC).box((40, 30)) == box


def test_edges_are_as_exact_as_they_were_stated() -> None:
    assert edges((1.25, 2.0, 9.5, 8.0), Convention.VOC, (1, 1)) == (0.25, 1.0, 9.5, 8.0)
    assert edges((1.25, 2.0, 9.5, 8.0), Convention.COCO, (1, 1)) == (1.25, 2.0, 10.75, 10.0)
    assert edges((0.5, 0.5, 0.25, 0.5), Convention.YOLO, (40, 20)) == (15.0, 5.0, 25.0, 15.0)


@pytest.mark.parametrize("convention", [Convention.COCO, Convention.YOLO])
def test_a_polygon_has_the_box_around_it(convention: Convention) -> None:
    points = [0.2, 0.5, 0.6, 0.1, 0.4, 0.9]

    assert edges(around(points, convention), convention, (1, 1)) == pytest.approx((0.2, 0.1, 0.6, 0.9))
