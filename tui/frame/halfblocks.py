"""A grid of pixels as rows of half blocks: every cell's foreground is one pixel, its background the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.frame.colors import DEFAULT, Codes, ColorDepth, decode_color, encode_colors, selector
from tui.frame.paint import Color, Grid
from tui.frame.shades import shade

SPACE, UPPER, LOWER = ord(" "), ord("▀"), ord("▄")
FULL_BYTES = len("█".encode())
RESET = "\x1b[m"

# About what things cost, in bytes, to weigh a gap between two spans against jumping over it.
_MOVE_COST = len("\x1b[12;34H") + len(RESET)
_COLOR_COST = {ColorDepth.TRUECOLOR: 17, ColorDepth.PALETTE_256: 9, ColorDepth.ANSI_16: 3, ColorDepth.NONE: 3}


class Span(NamedTuple):
    """The cells x0 to x1 - 1 of row y."""

    y: int
    x0: int
    x1: int


class Segment(NamedTuple):
    """Cells in a row with the same colors; None is the terminal's own color."""

    text: str
    foreground: Color | None
    background: Color | None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture in cells.

    A cell of one color is a space without a foreground, every other one an upper half block, so cells that
    look the same are the same; the text may say it in other ways. The arrays must not be written to.

    Attributes:
        depth: what the color codes mean.
        glyphs: (rows, columns) int32, the cells' code points, each one column wide.
        foreground: (rows, columns) int32 color codes.
        background: (rows, columns) int32 color codes.
    """

    depth: ColorDepth
    glyphs: NDArray[np.int32]
    foreground: Codes
    background: Codes
    _texts: dict[int, str] = field(default_factory=dict, init=False, repr=False)
    _runs: list[list[list[int]]] = field(default_factory=list, init=False, repr=False)
    _fresh: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fresh = np.ones(self.glyphs.shape, dtype=np.bool_)
        fresh[:, 1:] = False
        for values in (self.glyphs, self.foreground, self.background):
            fresh[:, 1:] |= values[:, 1:] != values[:, :-1]
        object.__setattr__(self, "_fresh", fresh)

    @property
    def columns(self) -> int:
        """Width in cells."""
        return int(self.glyphs.shape[1])

    @property
    def rows(self) -> int:
        """Height in cells."""
        return int(self.glyphs.shape[0])

    @property
    def size_bytes(self) -> int:
        """The bytes of all rows' texts."""
        return sum(len(self.row(y).encode()) for y in range(self.rows))

    def row(self, y: int) -> str:
        """Return row `y` as text with escape codes, which starts from and ends with the default colors."""
        if y not in self._texts:
            if not self._runs:
                self._runs.extend(self._runs_in(slice(None), slice(None)))
            self._texts[y] = _text(self._runs[y], self.depth)
        return self._texts[y]

    def part(self, y: int, x0: int, x1: int) -> str:
        """Return the cells x0 to x1 - 1 of row `y` as such a text."""
        (runs,) = self._runs_in(slice(y, y + 1), slice(x0, x1))
        return _text(runs, self.depth)

    def _runs_in(self, ys: slice, xs: slice) -> list[list[list[int]]]:
        """Return glyph, foreground, background and count of the runs of equal cells in each row."""
        fresh = self._fresh[ys, xs].copy()
        fresh[:, :1] = True
        starts = fresh.ravel().nonzero()[0]
        counts = np.diff(starts, append=fresh.size)
        cells = (values[ys, xs][fresh] for values in (self.glyphs, self.foreground, self.background))
        runs: list[list[int]] = np.stack([*cells, counts], axis=1).tolist()
        firsts = np.searchsorted(starts, np.arange(len(fresh) + 1) * fresh.shape[1]).tolist()
        return [runs[first:last] for first, last in itertools.pairwise(firsts)]

    def segments(self, y: int) -> tuple[Segment, ...]:
        """Return row `y` as runs of equal colors."""
        segments: list[Segment] = []
        glyphs, inks, papers = (values[y].tolist() for values in (self.glyphs, self.foreground, self.background))
        start = 0
        for x in range(1, self.columns + 1):
            if x == self.columns or (inks[x], papers[x]) != (inks[start], papers[start]):
                text = "".join(map(chr, glyphs[start:x]))
                colors = (decode_color(code, self.depth) for code in (inks[start], papers[start]))
                segments.append(Segment(text, *colors))
                start = x
        return tuple(segments)

    def changes_from(self, other: Frame | None) -> tuple[Span, ...]:
        """Return the cells that show something else than `other` does, in reading order.

        Spans of a row are joined where the cells between cost less than another cursor move. All rows
        are returned where there is no other frame, or one of another size or depth.
        """
        if other is None or other.glyphs.shape != self.glyphs.shape or other.depth is not self.depth:
            return tuple(Span(y, 0, self.columns) for y in range(self.rows))
        changed = (
            (self.glyphs != other.glyphs)
            | (self.foreground != other.foreground)
            | (self.background != other.background)
        )
        spans: list[Span] = []
        costs = self._running_costs()
        color_cost = _COLOR_COST[self.depth]
        for y in np.flatnonzero(changed.any(axis=1)).tolist():
            inside = np.diff(changed[y].astype(np.int8), prepend=0, append=0)
            starts, ends = np.flatnonzero(inside == 1), np.flatnonzero(inside == -1)
            # Jumping costs the move and both colors anew; going on costs every cell up to the next start's.
            going_on = costs[y, starts[1:] + 1] - costs[y, ends[:-1]]
            apart = np.flatnonzero(going_on > _MOVE_COST + 2 * color_cost)
            firsts = np.concatenate([starts[:1], starts[1:][apart]]).tolist()
            lasts = np.concatenate([ends[:-1][apart], ends[-1:]]).tolist()
            spans += [Span(y, x0, x1) for x0, x1 in zip(firsts, lasts, strict=True)]
        return tuple(spans)

    def _running_costs(self) -> NDArray[np.int64]:
        """Return about how many bytes the cells left of each place cost, (rows, columns + 1)."""
        color_cost = _COLOR_COST[self.depth]
        costs = np.zeros((self.rows, self.columns + 1), dtype=np.int64)
        costs[:, 1:] = np.where(self.glyphs < 0x80, 1, 3)
        for codes in (self.foreground, self.background):
            costs[:, 2:] += color_cost * (codes[:, 1:] != codes[:, :-1])
        return costs.cumsum(axis=1)


def encode(grid: Grid, depth: ColorDepth = ColorDepth.TRUECOLOR, *, light_background: bool = False) -> Frame:
    """Return the frame that shows a grid.

    Args:
        grid: (2 rows, columns, 3) uint8.
        depth: the colors to show it in; truecolor shows every pixel exactly, `NONE` takes shades.
        light_background: whether the terminal writes dark on light, which shades have to know.

    Raises:
        ValueError: the grid has an odd height.
    """
    if len(grid) % 2:
        raise ValueError(f"expected a grid of two lines a row of cells, got {len(grid)} lines")
    if depth is ColorDepth.NONE:
        return plain_frame(shade(grid, light_background=light_background))
    codes = encode_colors(grid, depth)
    upper, lower = codes[::2], codes[1::2]
    plain = upper == lower
    glyphs = np.where(plain, np.int32(SPACE), np.int32(UPPER))
    return Frame(depth, glyphs, np.where(plain, np.int32(DEFAULT), upper), lower.copy())


def plain_frame(glyphs: NDArray[np.int32]) -> Frame:
    """Return the frame that shows characters, (rows, columns) int32 code points, without any color."""
    colors = np.full(glyphs.shape, DEFAULT, dtype=np.int32)
    return Frame(ColorDepth.NONE, glyphs, colors, colors)


def _text(runs: Iterable[Sequence[int]], depth: ColorDepth) -> str:
    """Write runs of equal cells, each with as few bytes as the colors already set allow.

    Args:
        runs: glyph, foreground, background, and the number of cells.
        depth: what the color codes mean.
    """
    ink_of, paper_of = selector(depth, background=False), selector(depth, background=True)
    most_filled = _COLOR_COST[depth] // (FULL_BYTES - 1)
    pieces: list[str] = []
    ink = paper = DEFAULT
    for glyph, upper, lower, count in runs:
        if glyph == SPACE:
            if lower == paper:
                pieces.append(" " * count)
            elif lower == ink != DEFAULT and count <= most_filled:
                # A foreground of the right color can fill the cells, and spares setting the background.
                pieces.append("█" * count)
            else:
                pieces.append(f"\x1b[{paper_of(lower)}m{' ' * count}")
                paper = lower
            continue
        if glyph == UPPER and (lower == ink) + (upper == paper) > (upper == ink) + (lower == paper):
            glyph, upper, lower = LOWER, lower, upper
        text = chr(glyph) * count
        if upper != ink and lower != paper:
            text = f"\x1b[{ink_of(upper)};{paper_of(lower)}m{text}"
        elif upper != ink:
            text = f"\x1b[{ink_of(upper)}m{text}"
        elif lower != paper:
            text = f"\x1b[{paper_of(lower)}m{text}"
        pieces.append(text)
        ink, paper = upper, lower
    if (ink, paper) != (DEFAULT, DEFAULT):
        pieces.append(RESET)
    return "".join(pieces)
