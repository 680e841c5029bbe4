"""Sixel: what a decoder makes of it is the picture."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from tui.frame.sixel import encode

TOKEN = re.compile(r"#(?P<color>\d+)(?:;2;(?P<rgb>\d+;\d+;\d+))?|(?:!(?P<count>\d+))?(?P<sixel>[?-~])|(?P<move>[$-])")
HEAD = re.compile(r'\x1bP0;1q"1;1;(\d+);(\d+)')


def decode(text: str) -> np.ndarray:
    """Draw what the text says, each pixel's percents of red, green and blue; -1 where nothing is drawn."""
    head = HEAD.match(text)
    width, height = int(head[1]), int(head[2])
    drawn = np.full((height, width, 3), -1)
    palette: dict[str, list[int]] = {}
    x, top, color = 0, 0, ""
    place = head.end()
    while text[place:] != "\x1b\\":
        token = TOKEN.match(text, place)
        place = token.end()
        if token["rgb"]:
            palette[token["color"]] = [int(each) for each in token["rgb"].split(";")]
        elif token["color"]:
            color = token["color"]
        elif token["move"]:
            x, top = 0, top + (6 if token["move"] == "-" else 0)
        else:
            count = int(token["count"] or 1)
            for row in range(6):
                if ord(token["sixel"]) - 63 >> row & 1:
                    assert x + count <= width
                    drawn[top + row, x : x + count] = palette[color]
            x += count
    return drawn


shapes = st.tuples(st.integers(1, 20), st.integers(1, 30))
few_colors = shapes.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 3))).map(
    lambda chosen: np.array([(0, 0, 0), (255, 255, 255), (255, 0, 51), (51, 102, 153)], np.uint8)[chosen]
)


@given(few_colors)
def test_picture_of_few_colors_is_drawn_exactly(pixels: np.ndarray) -> None:
    np.testing.assert_array_equal(decode(encode(pixels)) * 255, pixels.astype(int) * 100)


@pytest.mark.parametrize("colors", [2, 64, 256])
def test_picture_is_drawn_in_its_palette(colors: int) -> None:
    y, x = np.mgrid[0:50, 0:70]
    pixels = np.stack([x * 3, y * 5, 255 - x * 2 - y], axis=-1).astype(np.uint8)
    expected = np.asarray(Image.fromarray(pixels).quantize(colors, dither=Image.Dither.NONE).convert("RGB"))
    drawn = decode(encode(pixels, colors))
    np.testing.assert_allclose(drawn * 2.55, expected, atol=1.3)
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) <= colors


def test_equal_sixels_are_counted_and_the_empty_end_is_left_out() -> None:
    pixels = np.zeros((6, 100, 3), np.uint8)
    pixels[:, :40] = 255
    drawn = encode(pixels).removesuffix("\x1b\\").split("#")[-2:]
    assert {color[1:].rstrip("$") for color in drawn} == {"!40~", "!40?!60~"}


@pytest.mark.parametrize("colors", [0, 1, 257])
def test_impossible_palette_is_refused(colors: int) -> None:
    with pytest.raises(ValueError, match=f"expected 2 to 256 colors, got {colors}"):
        encode(np.zeros((6, 6, 3), np.uint8), colors)
