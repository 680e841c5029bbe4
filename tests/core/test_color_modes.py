"""Color modes that few files have; the usual ones are tested as files, in `test_imaging`."""

import struct

import numpy as np
import pytest
from PIL import Image

from annot_core.color_modes import as_rgb


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L"])
@pytest.mark.parametrize("level", [0, 128, 257, 32_768, 65_535])
def test_16_bits_are_scaled_not_clipped(mode, level):
    image = Image.frombytes(mode, (2, 1), struct.pack(">H" if mode == "I;16B" else "<H", level) * 2)
    gray = np.asarray(as_rgb(image))
    assert np.unique(gray).tolist() == [round(level / 257)]


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "PA", "La", "RGBa", "RGBX"])
def test_modes_that_no_common_file_holds_are_converted(mode):
    source = Image.new("RGBA" if mode.endswith("a") or mode == "PA" else "RGB", (4, 4), (255, 0, 0))
    if mode == "La":
        source = source.convert("LA")
    image = source.convert("P").convert("PA") if mode == "PA" else source.convert(mode)
    expected = (76, 76, 76) if mode == "La" else (255, 0, 0)
    found = np.asarray(as_rgb(image))[0, 0].astype(int)
    assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-100.0, 0.0, 100.0], [0, 128, 255]),
        ([0.0, 500.0, 1000.0], [0, 128, 255]),
        ([-3.0, -3.0, -3.0], [0, 0, 0]),
        ([0.0, float("inf"), 1.0], [0, 0, 255]),
    ],
    ids=["negative", "large", "flat", "infinite"],
)
def test_floats_outside_the_usual_ranges_go_from_their_minimum_to_their_maximum(values, expected):
    image = Image.fromarray(np.array([values], np.float32))
    assert np.asarray(as_rgb(image))[0, :, 0].tolist() == expected


def test_an_integer_image_beyond_16_bits_goes_from_its_minimum_to_its_maximum():
    image = Image.fromarray(np.array([[-1_000_000, 0, 1_000_000]], np.int32))
    assert np.asarray(as_rgb(image))[0, :, 0].tolist() == [0, 128, 255]
