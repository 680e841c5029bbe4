"""Pictures in real pixels: erased cells with one drawing over them, and nothing written on it."""

import base64
import io
import re

import numpy as np
import pyte
import pytest
from PIL import Image

from tui.frame.pixel_frames import COARSENESS, PixelFrame, grid_area, kitty_frame, sixel_frame

AREA = (4, 3)
CELL_PX = (10, 20)


def grid() -> np.ndarray:
    columns, rows = grid_area(AREA, CELL_PX)
    drawn = np.zeros((2 * rows, columns, 3), np.uint8)
    drawn[:, columns // 2 :] = (0, 0, 255)
    return drawn


def test_the_grid_has_the_pixels_of_the_area():
    assert grid().shape == (3 * 20 // COARSENESS, 4 * 10 // COARSENESS, 3)


def test_an_area_smaller_than_a_pixel_has_one():
    assert grid_area((1, 1), (1, 1)) == (1, 1)


def test_sixel_is_as_large_as_the_area():
    assert '"1;1;40;60' in sixel_frame(grid(), AREA).drawing


def test_kitty_scales_its_picture_to_the_area():
    drawing = kitty_frame(grid(), AREA).drawing
    assert "c=4,r=3," in drawing
    data = "".join(re.findall(r"\x1b_G[^;]*;([^\x1b]*)\x1b", drawing))
    picture = Image.open(io.BytesIO(base64.standard_b64decode(data))).convert("RGB")
    assert picture.size == (20, 30)
    assert picture.getpixel((19, 0)) == (0, 0, 255)


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_erase_what_was_there_and_end_behind_it(rows: int):
    frame = PixelFrame(4, rows, "")
    screen = pyte.Screen(8, rows)
    stream = pyte.Stream(screen)
    for y in range(rows):
        stream.feed(f"\x1b[{y + 1};1Hxxxxxxxx")
    for y in range(rows):
        stream.feed(f"\x1b[{y + 1};2H{frame.row(y)}|")
        assert screen.display[y] == "x    |xx"


def test_the_drawing_comes_last_and_begins_in_the_first_row():
    frame = PixelFrame(4, 3, "#")
    screen = pyte.Screen(8, 3)
    stream = pyte.Stream(screen)
    for y in range(3):
        stream.feed(f"\x1b[{y + 1};2H{frame.row(y)}")
        assert ("#" in screen.display[0]) == (y == 2)
    assert screen.display[0] == " #      "
    assert (screen.cursor.x, screen.cursor.y) == (5, 2)


def test_a_part_leaves_the_picture_as_it_is():
    assert PixelFrame(4, 3, "#").part(2, 1, 3) == "\x1b[2C"
    assert PixelFrame(4, 3, "#").part(2, 1, 1) == ""


def test_its_bytes_are_those_of_its_rows():
    frame = PixelFrame(4, 3, "#" * 100)
    assert frame.size_bytes == sum(len(frame.row(y)) for y in range(3)) > 100
