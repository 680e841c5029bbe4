"""Kitty's graphics protocol: what is sent, chunk by chunk."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from tui.frame.kitty import CHUNK_BYTES, delete, encode

CODE = re.compile(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")


def sent(text: str) -> list[tuple[dict[str, str], str]]:
    assert CODE.sub("", text) == ""
    return [(dict(pair.split("=") for pair in control.split(",")), data) for control, data in CODE.findall(text)]


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)


def test_chunks_make_up_the_picture_in_its_palette(noise: np.ndarray) -> None:
    data = "".join(data for _, data in sent(encode(noise, 40, 15, 7)))
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert (image.format, image.mode) == ("PNG", "P")
    expected = Image.fromarray(noise).quantize(64, dither=Image.Dither.NONE).convert("RGB")
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.asarray(expected))


def test_no_chunk_is_too_long_and_all_but_the_last_promise_more(noise: np.ndarray) -> None:
    chunks = sent(encode(noise, 40, 15, 7))
    assert len(chunks) > 2
    assert [control["m"] for control, _ in chunks] == ["1"] * (len(chunks) - 1) + ["0"]
    assert {len(data) for _, data in chunks[:-1]} == {CHUNK_BYTES}
    assert 0 < len(chunks[-1][1]) <= CHUNK_BYTES


def test_picture_is_placed_in_its_cells_without_moving_the_cursor_or_being_answered(noise: np.ndarray) -> None:
    first, *others = (control for control, _ in sent(encode(noise, 40, 15, 7)))
    expected = {"a": "T", "f": "100", "i": "7", "c": "40", "r": "15", "C": "1", "q": "2"}
    assert expected.items() <= first.items()
    assert all(set(control) == {"m"} for control in others)


def test_small_picture_is_one_chunk() -> None:
    ((control, _),) = sent(encode(np.zeros((4, 4, 3), np.uint8), 2, 1, 1))
    assert control["m"] == "0"


def test_delete_names_the_picture_and_frees_it() -> None:
    ((control, data),) = sent(delete(7))
    assert (control, data) == ({"a": "d", "d": "I", "i": "7", "q": "2"}, "")
