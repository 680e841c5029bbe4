"""Pictures without any color: shades made of characters, and boxes made of lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from tui.frame.grid import Placement
from tui.frame.paint import Edge, Grid, outline_of

# Each character with the share of its upper and its lower half that has the foreground's color.
_INKS = {
    " ": (0.0, 0.0),
    "░": (0.25, 0.25),
    "▒": (0.5, 0.5),
    "▓": (0.75, 0.75),
    "█": (1.0, 1.0),
    "▀": (1.0, 0.0),
    "▄": (0.0, 1.0),
}
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_GAMMA = 1.6
"""Between what a screen does (2.2) and what leaves the dark half of a photo more than one shade."""

_STRETCHED = (0.02, 0.98)
"""What of a picture's brightness, from the darkest share to the brightest, is stretched over all shades."""

_LEAST_RANGE = 0.3
_DITHER = np.array([[-0.375, 0.125], [0.375, -0.125]], dtype=np.float32) * 0.2
"""From cell to cell, a share of the step between two shades: flat parts show the ones between."""

_ACROSS, _DOWN, _CORNERS = "━", "┃", "┏┓┗┛"
_MARKED_ACROSS, _MARKED_DOWN = "═", "║"


def shade(grid: Grid, *, light_background: bool = False) -> NDArray[np.int32]:
    """Return the characters that come nearest to a grid's brightness.

    Args:
        grid: (2 rows, columns, 3) uint8.
        light_background: the terminal writes dark on light; otherwise light on dark.

    Returns:
        (rows, columns) int32 code points.
    """
    wanted = (grid / np.float32(255)) ** np.float32(_GAMMA) @ _LUMINANCE
    low, high = np.quantile(wanted, _STRETCHED)
    wanted = (wanted - low) / max(float(high - low), _LEAST_RANGE)
    if light_background:
        wanted = 1 - wanted
    upper, lower = wanted[::2], wanted[1::2]
    rows, columns = upper.shape
    dither = np.tile(_DITHER, (-(-rows // 2), -(-columns // 2)))[:rows, :columns]
    upper, lower = upper + dither, lower + dither
    glyphs = np.array([ord(glyph) for glyph in _INKS], dtype=np.int32)
    inks = np.array(list(_INKS.values()), dtype=np.float32)
    off = (upper[..., None] - inks[:, 0]) ** 2 + (lower[..., None] - inks[:, 1]) ** 2
    shades: NDArray[np.int32] = glyphs[off.argmin(axis=-1)]
    return shades


def lined(glyphs: NDArray[np.int32], placement: Placement, box: Box, *, edge: Edge | None = None) -> NDArray[np.int32]:
    """Return characters with the outline of a box drawn in lines.

    Args:
        glyphs: (rows, columns) int32 code points, as `shade` returns them.
        placement: where the view lies.
        box: in pixels of the upright image; edges outside the view are left out.
        edge: the edge that is drawn double, if any.
    """
    outline, shown = outline_of(placement, box), placement.shown
    left, top, right, bottom = outline.left, outline.top // 2, outline.right - 1, (outline.bottom - 1) // 2
    # The cells in view, as far as edges may run in them.
    columns = range(shown.left, shown.right)
    rows = range(shown.top // 2, -(-shown.bottom // 2))
    across = slice(max(left, columns.start), max(0, min(right + 1, columns.stop)))
    down = slice(max(top, rows.start), max(0, min(bottom + 1, rows.stop)))
    drawn = glyphs.copy()
    for name, y in (("top", top), ("bottom", bottom)):
        if y in rows:
            drawn[y, across] = ord(_MARKED_ACROSS if name == edge else _ACROSS)
    for name, x in (("left", left), ("right", right)):
        if x in columns:
            drawn[down, x] = ord(_MARKED_DOWN if name == edge else _DOWN)
    corners = [(y, x) for y in (top, bottom) for x in (left, right)]
    for corner, (y, x) in zip(_CORNERS, corners, strict=True):
        if y in rows and x in columns:
            drawn[y, x] = ord(corner)
    return drawn
