"""Painting a photo, its heat and its box into a grid of pixels; whatever is handed in stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from tui.frame.grid import Placement

Color = tuple[int, int, int]
Edge = Literal["left", "top", "right", "bottom"]
Grid = NDArray[np.uint8]

EDGES: tuple[Edge, ...] = ("left", "top", "right", "bottom")
BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

COLOR_WEIGHTS = np.array([0.3, 0.5, 0.2], dtype=np.float32)
"""How much red, green and blue count in the distance of two colors; they add up to 1."""

CRISP_ENLARGEMENT = 3.0
"""From here on, image pixels are shown as the squares that they are."""

CLEAR_DISTANCE = 100.0
"""Two colors at least this far apart, of 255, are told from each other at a glance."""

SMALLEST_OUTLINE_PX = 3
"""An outline has at least this side, so that it is a ring and not a speck."""

HEAT_OPACITY = 0.8
DIMMED = 0.35


def shrink(pixels: NDArray[np.uint8], placement: Placement, background: Color = BLACK) -> Grid:
    """Paint the view of an image into a grid, each grid pixel the mean of what it covers.

    Args:
        pixels: (H, W, 3) RGB, the whole upright image; in its own size, or decoded to a smaller one.
        placement: where the view lies.
        background: RGB of what is around the view.

    Returns:
        (2 rows, columns, 3) uint8.
    """
    grid = np.empty((*placement.grid_shape, 3), dtype=np.uint8)
    grid[:] = background
    _inside(grid, placement.shown)[:] = _sampled(pixels, placement, crisp=True)
    return grid


def with_heat(grid: Grid, heatmap: NDArray[np.floating], placement: Placement) -> Grid:
    """Return the grid with a heat map over the photo: the hotter, the brighter and the less of the photo.

    Args:
        grid: (2 rows, columns, 3) uint8, as `shrink` returns it.
        heatmap: (h, w) in [0, 1], over the whole image, on the map's own grid.
        placement: where the view lies.
    """
    heat = np.clip(_sampled(heatmap.astype(np.float32), placement), 0, 1)
    levels = np.rint(heat * 255).astype(np.uint8)
    glow = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1].astype(np.float32)
    painted = grid.copy()
    photo = _inside(painted, placement.shown)
    opacity = HEAT_OPACITY * heat[..., None]
    photo[:] = np.rint(photo * (1 - opacity) + glow * opacity).astype(np.uint8)
    return painted


def with_mask(grid: Grid, heatmap: NDArray[np.floating], cut: float, placement: Placement) -> Grid:
    """Return the grid with the binary map: the photo where there is enough heat, dark gray elsewhere.

    Args:
        grid: (2 rows, columns, 3) uint8, as `shrink` returns it.
        heatmap: (h, w) in [0, 1], over the whole image, on the map's own grid.
        cut: what is at least this hot belongs to the object.
        placement: where the view lies.
    """
    hot = _sampled(heatmap.astype(np.float32), placement) >= cut
    painted = grid.copy()
    photo = _inside(painted, placement.shown)
    gray = (photo @ np.array([0.3, 0.59, 0.11], dtype=np.float32) * DIMMED).astype(np.uint8)
    photo[:] = np.where(hot[..., None], photo, gray[..., None])
    return painted


def with_box(
    grid: Grid,
    placement: Placement,
    box: Box,
    color: Color,
    *,
    edge: Edge | None = None,
    edge_color: Color = WHITE,
) -> Grid:
    """Return the grid with the outline of a box, one grid pixel wide, on its outermost pixels.

    Where the photo beyond the line looks like the line, a dark line (a light one for a dark color) goes
    along it there, so that the outline is clear on any photo. Edges outside the view are left out.

    Args:
        grid: (2 rows, columns, 3) uint8.
        placement: where the view lies.
        box: in pixels of the upright image; it may lie partly or wholly outside the view.
        color: RGB of the outline.
        edge: the edge drawn in `edge_color` instead, if any.
        edge_color: RGB of that edge.
    """
    outline = outline_of(placement, box)
    painted = grid.copy()
    # The marked edge comes last, and has the corners.
    order = sorted(EDGES, key=lambda name: name == edge)
    colors = {name: edge_color if name == edge else color for name in EDGES}
    for name in order:
        _paint_companion(painted, grid, outline, name, placement.shown, colors[name])
    for name in order:
        _line(painted, outline, name, placement.shown)[:] = colors[name]
    return painted


def outline_of(placement: Placement, box: Box) -> Box:
    """Return the grid pixels that a box's outline goes around: those of the box, or more for a tiny one."""
    found = placement.to_grid(box)
    left, right = _at_least(found.left, found.right, placement.shown.left, placement.shown.right)
    top, bottom = _at_least(found.top, found.bottom, placement.shown.top, placement.shown.bottom)
    return Box(left, top, right, bottom)


def _at_least(low: int, high: int, first: int, last: int) -> tuple[int, int]:
    """Widen an interval to `SMALLEST_OUTLINE_PX`, within [first, last) if it was inside."""
    missing = min(SMALLEST_OUTLINE_PX, last - first) - (high - low)
    if missing <= 0:
        return low, high
    start = low - missing // 2
    if first <= low and high <= last:
        start = min(max(start, first), last - (high - low) - missing)
    return start, start + (high - low) + missing


def _line(grid: Grid, outline: Box, edge: Edge, shown: Box, *, shift: int = 0) -> Grid:
    """Return the pixels of one edge that are in view, (n, 3), moved outward by `shift`; a view of the grid."""
    if edge in ("left", "right"):
        x = outline.left if edge == "left" else outline.right - 1
        moved = x - shift if edge == "left" else x + shift
        seen = shown.left <= x < shown.right and 0 <= moved < grid.shape[1]
        top, bottom = max(outline.top, shown.top), min(outline.bottom, shown.bottom)
        return grid[top : max(top, bottom), moved] if seen else grid[:0, 0]
    y = outline.top if edge == "top" else outline.bottom - 1
    moved = y - shift if edge == "top" else y + shift
    seen = shown.top <= y < shown.bottom and 0 <= moved < grid.shape[0]
    left, right = max(outline.left, shown.left), min(outline.right, shown.right)
    return grid[moved, left : max(left, right)] if seen else grid[0, :0]


def _paint_companion(painted: Grid, grid: Grid, outline: Box, edge: Edge, shown: Box, color: Color) -> None:
    """Part one edge from a photo that looks like it: outside the box, or inside at the grid's border."""
    shift = 1 if len(_line(grid, outline, edge, shown, shift=1)) else -1
    beyond = _line(grid, outline, edge, shown, shift=shift)
    alike = distance(beyond, np.array(color)) < CLEAR_DISTANCE
    if alike.any():
        # A little longer than needed: dots would look like part of the photo.
        alike = np.convolve(alike, np.ones(5), mode="same") > 0 if len(alike) >= 5 else np.ones_like(alike)
        apart = max(BLACK, WHITE, key=lambda other: float(distance(np.array(other), np.array(color))))
        _line(painted, outline, edge, shown, shift=shift)[alike] = apart


def distance(one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return how far colors are apart, 0 to 255: (..., 3) and (..., 3) to (...) float32."""
    difference = one.astype(np.float32) - other.astype(np.float32)
    apart: NDArray[np.float32] = np.sqrt(difference**2 @ COLOR_WEIGHTS)
    return apart


def _inside(grid: Grid, box: Box) -> Grid:
    return grid[box.top : box.bottom, box.left : box.right]


def _sampled(source: NDArray[Any], placement: Placement, *, crisp: bool = False) -> NDArray[Any]:
    """Resample what covers the whole image, (h, w, ...), to the grid pixels that show the view."""
    x = _Axis(
        placement.view.left, placement.view.width, placement.image_size[0], source.shape[1], placement.shown.width
    )
    y = _Axis(
        placement.view.top, placement.view.height, placement.image_size[1], source.shape[0], placement.shown.height
    )
    if crisp and max(x.enlargement, y.enlargement) >= CRISP_ENLARGEMENT:
        return source[y.nearest()][:, x.nearest()]
    # Interpolation would read far from here, and only so many lines.
    covered = source[y.first : y.last, x.first : x.last]
    size = (x.target, y.target)
    if max(x.enlargement, y.enlargement) <= 1:
        return cv2.resize(covered, size, interpolation=cv2.INTER_AREA)
    back = np.array([[1 / x.enlargement, 0, x.offset], [0, 1 / y.enlargement, y.offset]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(covered, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


@dataclass(frozen=True, slots=True)
class _Axis:
    """How a view lies along one axis of a source that shows the whole image in `source` steps."""

    start: int
    length: int
    image: int
    source: int
    target: int

    @property
    def enlargement(self) -> float:
        """Grid pixels per step of the source."""
        return self.target * self.image / (self.length * self.source)

    @property
    def first(self) -> int:
        """The first step of the source that the view touches."""
        return self.start * self.source // self.image

    @property
    def last(self) -> int:
        """The first step behind those that the view touches."""
        return -(-(self.start + self.length) * self.source // self.image)

    @property
    def offset(self) -> float:
        """Where the middle of grid pixel 0 lies, in steps from the middle of step `first`."""
        return self.start * self.source / self.image + 0.5 / self.enlargement - 0.5 - self.first

    def nearest(self) -> NDArray[np.int64]:
        """Return the step of the source that holds the middle of each grid pixel."""
        middles = 2 * np.arange(self.target) + 1
        steps: NDArray[np.int64] = (
            (2 * self.start * self.target + middles * self.length) * self.source // (2 * self.target * self.image)
        )
        return steps
