"""Frames with boxes, in every depth of color: the boxes are there, and nudging one costs little."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from photo_like import SIZE, photo_like
from terminal_screen import characters_of, pixels_of, screen_for, send, text_of_rows, text_of_spans

from annot_core.geometry import Box
from annot_core.imaging import read_image
from tui.frame.colors import ColorDepth
from tui.frame.composing import Outline, compose
from tui.frame.grid import Placement, place
from tui.frame.halfblocks import Frame
from tui.frame.paint import Grid, shrink, with_box
from tui.frame.quantize import sticky

GREEN, YELLOW, WHITE = (0, 255, 0), (255, 255, 0), (255, 255, 255)
AREA = (100, 40)
TAU = 12

MOST_BYTES = 70_000
MOST_NUDGE_BYTES = 4_000

Photo = tuple[Grid, Placement, Box]


def generated() -> list[Photo]:
    box = Box(200, 140, 420, 330)
    return [(shrink(photo_like(seed), place(SIZE, AREA)), place(SIZE, AREA), box) for seed in range(4)]


@pytest.fixture(scope="module")
def real(realdata: Path) -> list[Photo]:
    """Every tenth photo with its first true box."""
    folder = realdata / "raccoon_kangaroo"
    boxes: dict[str, Box] = {}
    with (folder / "boxes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            boxes.setdefault(row["file"], Box(*(int(row[edge]) for edge in ("xmin", "ymin", "xmax", "ymax"))))
    photos = []
    for name in sorted(boxes)[::10]:
        image = read_image(folder / "images" / name)
        placement = place(image.size, AREA)
        photos.append((shrink(image.pixels, placement), placement, boxes[name].clamped(*image.size)))
    return photos


def frames_bytes(photos: Iterable[Photo]) -> list[int]:
    return [compose(sticky(grid, TAU), placement, [Outline(box, GREEN)]).size_bytes for grid, placement, box in photos]


def nudges_bytes(photo: Photo, edges: tuple[int, int, int, int]) -> list[int]:
    """Return what it takes to move some of a box's edges by a grid pixel, there and back, across and down."""
    grid, placement, box = photo
    grid = sticky(grid, TAU)
    on_grid = placement.to_grid(box)
    costs = []
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        steps = (dx * edges[0], dy * edges[1], dx * edges[2], dy * edges[3])
        if not any(steps):
            continue
        moved = placement.to_image(Box(*(edge + step for edge, step in zip(on_grid, steps, strict=True))))
        before, after = (compose(grid, placement, [Outline(each, YELLOW, "left")]) for each in (box, moved))
        costs.append(len(text_of_spans(after, after.changes_from(before)).encode()))
    return costs


def test_photo_like_frames_are_within_the_budget() -> None:
    assert np.mean(frames_bytes(generated())) <= MOST_BYTES


def test_nudging_a_box_on_a_photo_like_picture_is_within_the_budget() -> None:
    for photo in generated():
        assert max(nudges_bytes(photo, (1, 1, 1, 1))) <= MOST_NUDGE_BYTES


@pytest.mark.realdata
def test_frames_of_real_photos_are_within_the_budget(real: list[Photo]) -> None:
    assert np.mean(frames_bytes(real)) <= MOST_BYTES


@pytest.mark.realdata
def test_nudging_boxes_on_real_photos_is_within_the_budget(real: list[Photo]) -> None:
    assert np.mean([nudges_bytes(photo, (1, 1, 1, 1)) for photo in real]) <= MOST_NUDGE_BYTES


@pytest.mark.realdata
def test_nudging_one_edge_is_within_the_budget_on_every_real_photo(real: list[Photo]) -> None:
    for photo in real:
        assert max(nudges_bytes(photo, (1, 0, 0, 0)) + nudges_bytes(photo, (0, 0, 0, 1))) <= MOST_NUDGE_BYTES


@pytest.fixture
def photo() -> Photo:
    return generated()[0]


def received(frame: Frame) -> np.ndarray:
    screen = screen_for(frame)
    send(screen, text_of_rows(frame))
    return pixels_of(screen)


def test_truecolor_frame_is_the_grid_with_its_boxes_one_over_the_other(photo: Photo) -> None:
    grid, placement, box = photo
    other = Box(box.left + 30, box.top + 30, box.right + 30, box.bottom + 30)
    frame = compose(grid, placement, [Outline(other, WHITE), Outline(box, YELLOW, "top", GREEN)])
    painted = with_box(grid, placement, other, WHITE)
    painted = with_box(painted, placement, box, YELLOW, edge="top", edge_color=GREEN)
    np.testing.assert_array_equal(received(frame), painted)


def test_256_colors_have_the_box_in_its_own_colors(photo: Photo) -> None:
    grid, placement, box = photo
    pixels = received(compose(grid, placement, [Outline(box, YELLOW, "left")], ColorDepth.PALETTE_256))
    left, top, right, bottom = placement.to_grid(box)
    assert (pixels[top:bottom, left] == WHITE).all()
    assert (pixels[top:bottom, right - 1] == YELLOW).all()
    assert (pixels[top, left + 1 : right] == YELLOW).all()
    assert (pixels[bottom - 1, left + 1 : right] == YELLOW).all()


def test_16_colors_have_the_box_in_its_own_colors(photo: Photo) -> None:
    grid, placement, box = photo
    frame = compose(grid, placement, [Outline(box, YELLOW, "left")], ColorDepth.ANSI_16)
    left, top, right, bottom = placement.to_grid(box)
    bright_white, bright_yellow = 15, 11
    rows = slice(top // 2 + 1, bottom // 2)
    assert (frame.background[rows, left] == bright_white).all()
    assert (frame.background[rows, right - 1] == bright_yellow).all()


def test_without_colors_the_box_is_there_in_lines(photo: Photo) -> None:
    grid, placement, box = photo
    frame = compose(grid, placement, [Outline(box, YELLOW, "left")], ColorDepth.NONE)
    screen = screen_for(frame)
    send(screen, text_of_rows(frame))
    left, top, right, bottom = placement.to_grid(box)
    lines = characters_of(screen)
    across = "━" * (right - left - 2)
    assert lines[top // 2][left:right] == f"┏{across}┓"
    assert lines[(bottom - 1) // 2][left:right] == f"┗{across}┛"
    assert {line[left] + line[right - 1] for line in lines[top // 2 + 1 : (bottom - 1) // 2]} == {"║┃"}
    assert "\x1b" not in "".join(map(frame.row, range(frame.rows)))


@pytest.mark.parametrize("depth", ColorDepth)
def test_box_changes_no_cell_but_its_own_and_those_beside(photo: Photo, depth: ColorDepth) -> None:
    grid, placement, box = photo
    plain, boxed = compose(grid, placement, (), depth), compose(grid, placement, [Outline(box, GREEN)], depth)
    left, top, right, bottom = placement.to_grid(box)
    spans = boxed.changes_from(plain)
    assert spans
    for y, x0, x1 in spans:
        assert (top - 1) // 2 <= y <= bottom // 2
        assert left - 1 <= x0 < x1 <= right + 1
