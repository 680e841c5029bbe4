"""Showing any color with the few of a palette: mixed from neighbouring pixels where no single one comes near.

The nearest color of xterm's palette turns dark browns gray and cream pink. Two of its colors on a checkerboard
come closer; of the pairs that do, the ones of little contrast are taken, which the eye sees as one color, and
which cost few bytes. Sixteen colors need four in a square of 2 x 2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tui.frame.paint import COLOR_WEIGHTS, Color, Grid

# What xterm shows for its first 16 codes. Themes change them, so only a depth of 16 uses these.
ANSI: tuple[Color, ...] = (
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
_CUBE_STEPS = (0, 95, 135, 175, 215, 255)
_CUBE = tuple((red, green, blue) for red in _CUBE_STEPS for green in _CUBE_STEPS for blue in _CUBE_STEPS)
_GRAYS = tuple((level, level, level) for level in range(8, 239, 10))
XTERM: tuple[Color, ...] = (*ANSI, *_CUBE, *_GRAYS)


@dataclass(frozen=True, slots=True)
class Palette:
    """Some codes of xterm's colors, and how others are mixed from them.

    Attributes:
        first: the first code that is used.
        last: the code behind the last one.
        pattern: which part of a mix, from dark to light, the pixels of a tile take.
        near: the parts of a mix are among this many nearest colors.
        contrast: how much the variance of a mix counts against how far its mean is off; chosen on photos.
        steps: how many values of each channel are told apart.
        vividness: how much colors are driven away from gray first, where few colors would leave only gray.
    """

    first: int
    last: int
    pattern: tuple[tuple[int, ...], ...]
    near: int
    contrast: float
    steps: int
    vividness: float = 1.0

    def codes(self, grid: Grid) -> NDArray[np.int32]:
        """Return the code for each pixel, (H, W, 3) uint8 to (H, W) int32; the palette's colors are kept."""
        height, width, _ = grid.shape
        pattern = np.array(self.pattern)
        tiles = (-(-height // pattern.shape[0]), -(-width // pattern.shape[1]))
        steps = np.rint(grid * np.float32((self.steps - 1) / 255)).astype(np.int32)
        keys = (steps[..., 0] * self.steps + steps[..., 1]) * self.steps + steps[..., 2]
        codes = _mixes(self)[np.tile(pattern, tiles)[:height, :width], keys]
        packed = pack(grid)
        known, their_codes = _known(self)
        places = np.minimum(np.searchsorted(known, packed), len(known) - 1)
        kept: NDArray[np.int32] = np.where(known[places] == packed, their_codes[places], codes)
        return kept


# The first 16 are left out: their colors are the theme's.
XTERM_FIXED = Palette(first=16, last=256, pattern=((0, 1), (1, 0)), near=10, contrast=0.15, steps=24)
ANSI_MIXED = Palette(first=0, last=16, pattern=((0, 2), (3, 1)), near=8, contrast=0.08, steps=16, vividness=1.8)


def unpack(codes: NDArray[np.int32]) -> Grid:
    """Return the colors of codes of the 256: (...) int32 to (..., 3) uint8."""
    return np.array(XTERM, dtype=np.uint8)[codes]


def pack(colors: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return colors as 0xRRGGBB: (..., 3) uint8 to (...) int32."""
    wide = colors.astype(np.int32)
    packed: NDArray[np.int32] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return packed


@cache
def _known(palette: Palette) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the palette's own colors, packed and in order, and their codes."""
    colors = np.array(XTERM[palette.first : palette.last], dtype=np.uint8)
    packed, firsts = np.unique(pack(colors), return_index=True)
    return packed, (firsts + palette.first).astype(np.int32)


@cache
def _mixes(palette: Palette) -> NDArray[np.int32]:
    """Return the codes that mix each color best, from dark to light: (parts, steps**3)."""
    weights = np.sqrt(COLOR_WEIGHTS)
    colors = np.array(XTERM[palette.first : palette.last], dtype=np.float32) * weights
    levels = np.linspace(0, 255, palette.steps, dtype=np.float32)
    wanted = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    gray = (wanted @ COLOR_WEIGHTS)[:, None]
    vivid = np.clip(gray + (wanted - gray) * palette.vividness, 0, 255)
    pieces = np.array_split(
        (vivid * weights).astype(np.float32), palette.steps
    )  # each small enough for a processor's cache
    mixes = np.concatenate([_best_mixes(piece, colors, palette) for piece in pieces], axis=1)
    light = (colors * weights).sum(axis=1)[mixes]
    codes = np.take_along_axis(mixes, np.argsort(light, axis=0, kind="stable"), axis=0) + palette.first
    return codes.astype(np.int32)


def _best_mixes(wanted: NDArray[np.float32], colors: NDArray[np.float32], palette: Palette) -> NDArray[np.int64]:
    """Return which of `colors`, (K, 3), mix each wanted one best: (N, 3) to (parts, N)."""
    apart = (colors**2).sum(axis=1) - 2 * wanted @ colors.T
    near = np.argpartition(apart, palette.near, axis=1)[:, : palette.near].T
    at = colors[near].transpose(0, 2, 1)
    parts = 1 + max(map(max, palette.pattern))
    best = np.full(len(wanted), np.inf, dtype=np.float32)
    mixes = np.zeros((parts, len(wanted)), dtype=np.int64)
    for chosen in map(list, itertools.combinations_with_replacement(range(palette.near), parts)):
        mean = at[chosen].mean(axis=0)
        cost = ((mean - wanted.T) ** 2).sum(axis=0)
        cost += palette.contrast / parts * ((at[chosen] - mean) ** 2).sum(axis=(0, 1))
        better = cost < best
        best[better] = cost[better]
        mixes[:, better] = near[chosen][:, better]
    return mixes
