"""Pictures in kitty's graphics protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol/)."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLORS = 64
CHUNK_BYTES = 4096
"""The most that one escape code may carry; all but the last have to be multiples of 4."""

_START, _END = "\x1b_G", "\x1b\\"
# No answers: they would arrive among the keys.
_QUIET = "q=2"
_PLACEMENT = "p=1"


def encode(pixels: NDArray[np.uint8], columns: int, rows: int, image_id: int, colors: int = COLORS) -> str:
    """Return a picture as the text that draws it at the cursor, which stays where it is.

    Args:
        pixels: (H, W, 3) uint8 RGB, H and W at least 1.
        columns: width of the picture in cells.
        rows: height of the picture in cells.
        image_id: its number, above 0; the picture that had it before is replaced.
        colors: the size of the picture's palette, 2 to 256.
    """
    data = base64.standard_b64encode(_png(pixels, colors)).decode()
    chunks = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    controls = f"a=T,f=100,t=d,i={image_id},{_PLACEMENT},c={columns},r={rows},C=1,{_QUIET},"
    texts = []
    for number, chunk in enumerate(chunks):
        more = int(number < len(chunks) - 1)
        texts.append(f"{_START}{'' if number else controls}m={more};{chunk}{_END}")
    return "".join(texts)


def delete(image_id: int) -> str:
    """Return the text that takes a picture off the screen and out of the terminal's memory."""
    return f"{_START}a=d,d=I,i={image_id},{_QUIET}{_END}"


def _png(pixels: NDArray[np.uint8], colors: int) -> bytes:
    image = Image.fromarray(pixels).quantize(colors, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, format="png", optimize=False)
    return file.getvalue()
