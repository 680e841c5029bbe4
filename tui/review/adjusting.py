"""Mending a box from the keyboard: moving it, its size, and its edges."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Self

from annot_core.evaluation import centered_box
from annot_core.geometry import Box

STEPS_PX = (1, 5, 20)
DEFAULT_STEP_PX = 5


class Edge(enum.StrEnum):
    """One side of a box, named as the field of `Box` that it is."""

    LEFT = "left"
    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"

    @property
    def is_upright(self) -> bool:
        """Whether it moves to the left and right, and not up and down."""
        return self in (Edge.LEFT, Edge.RIGHT)


_CYCLE: tuple[Edge | None, ...] = (None, *Edge)


@dataclass(frozen=True, slots=True)
class Adjuster:
    """A box while it is mended, in pixels of the upright image; every action returns a new one.

    The box always lies inside the image and has at least one pixel.

    Attributes:
        box: as it is now.
        image_size: (width, height) in pixels.
        initial: the box to go back to.
        edge: the active edge; None for the whole box.
        step_px: how far one action goes, one of `STEPS_PX`.
    """

    box: Box
    image_size: tuple[int, int]
    initial: Box
    edge: Edge | None = None
    step_px: int = DEFAULT_STEP_PX

    @classmethod
    def start(cls, box: Box | None, image_size: tuple[int, int]) -> Self:
        """Begin with a box, or with one in the middle of 80 % of the sides where there is none.

        Args:
            box: what is to be mended; the nearest box inside the image is taken.
            image_size: (width, height) in pixels, both at least 1.
        """
        first = (centered_box(image_size) if box is None else box).clamped(*image_size)
        return cls(first, image_size, first)

    @property
    def is_changed(self) -> bool:
        """Whether the box is another one than at the start."""
        return self.box != self.initial

    def moved(self, dx: int, dy: int) -> Self:
        """Move the box by steps, `dx` to the right and `dy` down, keeping its size, as far as the image goes.

        With an active edge that one is moved, along its one axis, up to a pixel before the opposite one.
        """
        if self.edge is not None:
            return self._edge_moved(self.edge, dx, dy)
        width, height = self.image_size
        box = self.box
        right = min(max(dx * self.step_px, -box.left), width - box.right)
        down = min(max(dy * self.step_px, -box.top), height - box.bottom)
        return replace(self, box=Box(box.left + right, box.top + down, box.right + right, box.bottom + down))

    def resized(self, dx: int, dy: int) -> Self:
        """Move the right edge by `dx` steps to the right and the bottom one by `dy` down; or the active edge."""
        if self.edge is not None:
            return self._edge_moved(self.edge, dx, dy)
        return self._edge_moved(Edge.RIGHT, dx, 0)._edge_moved(Edge.BOTTOM, 0, dy)

    def next_edge(self) -> Self:
        """Make the next edge active: left, top, right, bottom, then the whole box again."""
        return self._edge_chosen(+1)

    def previous_edge(self) -> Self:
        """Make the edge before active; the other way round than `next_edge`."""
        return self._edge_chosen(-1)

    def coarser(self) -> Self:
        """Take the next larger step, if there is one."""
        return replace(self, step_px=min((step for step in STEPS_PX if step > self.step_px), default=self.step_px))

    def finer(self) -> Self:
        """Take the next smaller step, if there is one."""
        return replace(self, step_px=max((step for step in STEPS_PX if step < self.step_px), default=self.step_px))

    def reset(self) -> Self:
        """Go back to the box of the start; edge and step stay."""
        return replace(self, box=self.initial)

    def _edge_moved(self, edge: Edge, dx: int, dy: int) -> Self:
        low, high = self._bounds(edge)
        moved = getattr(self.box, edge) + (dx if edge.is_upright else dy) * self.step_px
        return replace(self, box=self.box._replace(**{edge: min(max(moved, low), high)}))

    def _bounds(self, edge: Edge) -> tuple[int, int]:
        box, (width, height) = self.box, self.image_size
        return {
            Edge.LEFT: (0, box.right - 1),
            Edge.TOP: (0, box.bottom - 1),
            Edge.RIGHT: (box.left + 1, width),
            Edge.BOTTOM: (box.top + 1, height),
        }[edge]

    def _edge_chosen(self, by: int) -> Self:
        return replace(self, edge=_CYCLE[(_CYCLE.index(self.edge) + by) % len(_CYCLE)])
