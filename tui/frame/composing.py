"""A grid and the boxes on it as one frame, in whatever colors there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annot_core.geometry import Box
from tui.frame.colors import ColorDepth, as_shown
from tui.frame.grid import Placement
from tui.frame.halfblocks import Frame, encode, plain_frame
from tui.frame.paint import WHITE, Color, Edge, Grid, with_box
from tui.frame.shades import lined


@dataclass(frozen=True, slots=True)
class Outline:
    """A box to draw, in pixels of the upright image, with the edge that is being moved, if any."""

    box: Box
    color: Color
    edge: Edge | None = None
    edge_color: Color = WHITE


def compose(
    grid: Grid,
    placement: Placement,
    outlines: Sequence[Outline] = (),
    depth: ColorDepth = ColorDepth.TRUECOLOR,
    *,
    light_background: bool = False,
) -> Frame:
    """Return the frame of a grid with boxes on it, the last one on top; without colors they are lines.

    Args:
        grid: (2 rows, columns, 3) uint8, already made cheap (`quantize`): boxes stay as they are.
        placement: where the view lies.
        outlines: the boxes.
        depth: the colors to show it in.
        light_background: whether the terminal writes dark on light.
    """
    if depth is ColorDepth.NONE:
        glyphs = encode(grid, depth, light_background=light_background).glyphs
        for one in outlines:
            glyphs = lined(glyphs, placement, one.box, edge=one.edge)
        return plain_frame(glyphs)
    # An outline is told from the photo by the colors that the photo gets.
    grid = as_shown(grid, depth)
    for one in outlines:
        grid = with_box(grid, placement, one.box, one.color, edge=one.edge, edge_color=one.edge_color)
    return encode(grid, depth)
