"""Placing a view in an area of cells, and going between image and grid."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annot_core.geometry import Box
from tui.frame.grid import Placement, place, zoomed_view

sizes = st.tuples(st.integers(1, 3000), st.integers(1, 3000))
areas = st.tuples(st.integers(1, 300), st.integers(1, 100))
aspects = st.sampled_from([0.8, 1.0, 1.2])


@st.composite
def boxes_inside(draw: st.DrawFn, width: int, height: int) -> Box:
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height)))


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    size = draw(sizes)
    view = draw(st.none() | boxes_inside(*size))
    return place(size, draw(areas), view, draw(aspects))


@pytest.mark.parametrize(
    ("size", "area", "shown"),
    [
        ((200, 200), (80, 22), Box(18, 0, 62, 44)),
        ((400, 100), (80, 22), Box(0, 12, 80, 32)),
        ((8, 4), (80, 22), Box(0, 2, 80, 42)),
        ((10000, 1), (80, 22), Box(0, 20, 80, 21)),
    ],
    ids=["square", "wide", "small", "a line"],
)
def test_picture_is_as_large_as_fits_and_in_the_middle(
    size: tuple[int, int], area: tuple[int, int], shown: Box
) -> None:
    assert place(size, area).shown == shown


def test_cells_that_are_not_twice_as_high_as_wide_keep_the_shape_of_the_picture() -> None:
    assert place((100, 100), (80, 20), pixel_aspect=0.8).shown == Box(15, 0, 65, 40)


@given(placements())
def test_view_lies_inside_its_grid(placement: Placement) -> None:
    height, width = placement.grid_shape
    assert placement.shown.fits(width, height)
    assert placement.shown.top % 2 == 0


@given(sizes, areas, aspects)
def test_picture_fills_the_area_along_one_axis_and_keeps_its_shape(
    size: tuple[int, int], area: tuple[int, int], aspect: float
) -> None:
    shown = place(size, area, pixel_aspect=aspect).shown
    wide, high = area[0] * aspect / size[0], 2 * area[1] / size[1]
    scale = min(wide, high)
    assert shown.width == pytest.approx(max(1, size[0] * scale / aspect), abs=0.51)
    assert shown.height == pytest.approx(max(1, size[1] * scale), abs=0.51)
    assert shown.width == area[0] or shown.height == 2 * area[1]


@given(placements())
def test_view_is_carried_to_what_shows_it(placement: Placement) -> None:
    assert placement.to_grid(placement.view) == placement.shown
    assert placement.to_image(placement.shown) == placement.view


@given(placements(), st.data())
def test_boxes_come_back_from_the_finer_side(placement: Placement, data: st.DataObject) -> None:
    shown, view = placement.shown, placement.view
    if view.width >= shown.width and view.height >= shown.height:
        box = data.draw(boxes_inside(shown.width, shown.height))
        moved = Box(box.left + shown.left, box.top + shown.top, box.right + shown.left, box.bottom + shown.top)
        assert placement.to_grid(placement.to_image(moved)) == moved
    if view.width <= shown.width and view.height <= shown.height:
        box = data.draw(boxes_inside(view.width, view.height))
        moved = Box(box.left + view.left, box.top + view.top, box.right + view.left, box.bottom + view.top)
        assert placement.to_image(placement.to_grid(moved)) == moved


@given(placements(), st.data())
def test_carried_box_has_an_area_and_stays_inside(placement: Placement, data: st.DataObject) -> None:
    box = data.draw(boxes_inside(*placement.image_size))
    assume(box.intersection(placement.view) == box)
    carried = placement.to_grid(box)
    assert carried.area > 0
    assert carried.intersection(placement.shown) == carried


@given(sizes, areas, aspects, st.floats(0, 1), st.data())
def test_zoomed_view_holds_the_box_and_lies_inside_the_image(
    size: tuple[int, int], area: tuple[int, int], aspect: float, margin: float, data: st.DataObject
) -> None:
    box = data.draw(boxes_inside(*size))
    view = zoomed_view(box, size, area, margin, aspect)
    assert view.fits(*size)
    assert view.intersection(box) == box


def test_zoomed_view_has_the_shape_of_the_area_and_room_around_the_box() -> None:
    assert zoomed_view(Box(400, 300, 500, 340), (1000, 800), (100, 40), margin=0.25) == Box(375, 260, 525, 380)


def test_zoomed_view_is_moved_where_the_image_ends() -> None:
    assert zoomed_view(Box(0, 0, 100, 40), (1000, 800), (100, 40), margin=0.25) == Box(0, 0, 150, 120)


@pytest.mark.parametrize(
    ("area", "view", "message"),
    [
        ((0, 10), None, "at least 1 x 1 cells, got 0 x 10"),
        ((10, 10), Box(0, 0, 65, 10), "inside an image of 64 x 48 pixels"),
        ((10, 10), Box(5, 5, 5, 10), "inside an image of 64 x 48 pixels"),
    ],
    ids=["no area", "outside", "empty"],
)
def test_what_cannot_be_placed_is_refused(area: tuple[int, int], view: Box | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        place((64, 48), area, view)
