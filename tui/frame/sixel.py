"""Pictures as Sixel, the raster graphics of DEC's terminals (VT330/VT340 Programmer Reference, chapter 14)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BAND_PX = 6
MOST_COLORS = 256

_START, _END = "\x1bP0;1q", "\x1b\\"
_FIRST_CHARACTER = 63
_SHORTEST_RUN = 4
"""From here on `!`, a count and the character are no longer than the characters themselves."""


def encode(pixels: NDArray[np.uint8], colors: int = 64) -> str:
    """Return a picture as the text that draws it at the cursor.

    Args:
        pixels: (H, W, 3) uint8 RGB, H and W at least 1.
        colors: the size of the picture's palette, 2 to 256.

    Raises:
        ValueError: `colors` is out of range.
    """
    if not 2 <= colors <= MOST_COLORS:
        raise ValueError(f"expected 2 to {MOST_COLORS} colors, got {colors}")
    image = Image.fromarray(pixels).quantize(colors, dither=Image.Dither.NONE)
    indices = np.asarray(image)
    height, width = indices.shape
    used = np.unique(indices)
    palette = np.array(image.getpalette(), dtype=np.float64).reshape(-1, 3)
    percents = np.rint(palette * (100 / 255)).astype(int).tolist()
    registers = (f"#{index};2;{';'.join(map(str, percents[index]))}" for index in used.tolist())
    bands = (_band(indices[top : top + BAND_PX]) for top in range(0, height, BAND_PX))
    return f'{_START}"1;1;{width};{height}{"".join(registers)}{"-".join(bands)}{_END}'


def _band(indices: NDArray[np.uint8]) -> str:
    """Return six lines of pixels (or fewer), color by color over each other."""
    colors = np.unique(indices)
    rows = np.arange(len(indices), dtype=np.uint8)[:, None]
    sixels = [((indices == color).astype(np.uint8) << rows).sum(axis=0, dtype=np.uint8) for color in colors]
    return "$".join(f"#{color}{_runs(line)}" for color, line in zip(colors.tolist(), sixels, strict=True))


def _runs(sixels: NDArray[np.uint8]) -> str:
    """Return one color's sixels, with repeats counted and nothing said of what is empty at the end."""
    starts = np.flatnonzero(np.diff(sixels, prepend=np.uint8(255 - sixels[0])))
    counts = np.diff(starts, append=len(sixels)).tolist()
    values = sixels[starts].tolist()
    if values[-1] == 0:
        values, counts = values[:-1], counts[:-1]
    pieces = []
    for value, count in zip(values, counts, strict=True):
        character = chr(_FIRST_CHARACTER + value)
        pieces.append(f"!{count}{character}" if count >= _SHORTEST_RUN else character * count)
    return "".join(pieces)
