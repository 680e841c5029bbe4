"""Colors as a terminal is told them: 24 bits, the 256 of xterm, the 16 of ANSI, or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tui.frame.depth import ColorDepth as ColorDepth
from tui.frame.paint import Color, Grid
from tui.frame.palettes import ANSI_MIXED, XTERM, XTERM_FIXED, pack, unpack

DEFAULT = -1
"""The code of the terminal's own foreground or background."""

Codes = NDArray[np.int32]


_PALETTES = {ColorDepth.PALETTE_256: XTERM_FIXED, ColorDepth.ANSI_16: ANSI_MIXED}


def encode_colors(grid: Grid, depth: ColorDepth) -> Codes:
    """Return the code of each pixel's color in the given depth.

    Colors that a palette has are given exactly; others are mixed from neighbouring pixels.

    Args:
        grid: (H, W, 3) uint8.
        depth: any but `NONE`.

    Returns:
        (H, W) int32: 0xRRGGBB for truecolor, else the index in the palette.
    """
    if depth is ColorDepth.TRUECOLOR:
        return pack(grid)
    return _PALETTES[depth].codes(grid)


def as_shown(grid: Grid, depth: ColorDepth) -> Grid:
    """Return a grid in the colors that a depth, any but `NONE`, shows it in; doing so twice changes nothing."""
    return grid if depth is ColorDepth.TRUECOLOR else unpack(encode_colors(grid, depth))


def decode_color(code: int, depth: ColorDepth) -> Color | None:
    """Return the RGB of a code, for 16 colors as xterm shows it; None for the terminal's own color."""
    if code == DEFAULT:
        return None
    if depth is ColorDepth.TRUECOLOR:
        return code >> 16, code >> 8 & 255, code & 255
    return XTERM[code]


def sgr(code: int, depth: ColorDepth, *, background: bool) -> str:
    """Return the parameters that select a color (ECMA-48 SGR, and xterm's 38 and 48 for more than 16)."""
    return selector(depth, background=background)(code)


@cache
def selector(depth: ColorDepth, *, background: bool) -> Callable[[int], str]:
    """Return `sgr` for one depth and ground, fast enough for every cell."""
    ground = 48 if background else 38
    if depth is ColorDepth.TRUECOLOR:
        # Pictures have ever new colors: putting them together is faster than keeping them.
        levels = [str(level) for level in range(256)]

        def said(code: int) -> str:
            if code == DEFAULT:
                return str(ground + 1)
            return f"{ground};2;{levels[code >> 16]};{levels[code >> 8 & 255]};{levels[code & 255]}"

        return said
    if depth is ColorDepth.PALETTE_256:
        codes = {code: f"{ground};5;{code}" for code in range(256)}
    else:
        codes = {code: str(ground - 8 + code if code < 8 else ground + 52 + code - 8) for code in range(16)}
    codes[DEFAULT] = str(ground + 1)
    return codes.__getitem__
