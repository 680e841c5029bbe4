"""How pictures are drawn in this terminal, once all wishes and facts are weighed."""

from __future__ import annotations

from dataclasses import dataclass

from tui.frame.depth import ColorDepth
from tui.terminal.capabilities import Capabilities, Graphics


@dataclass(frozen=True, slots=True)
class Display:
    """How pictures are drawn.

    `quality` is the name of a level in `tui.frame.quality.LEVELS`; None: as the line allows. `cell_size` is
    (width, height) in pixels, None where it is unknown. `measures` tells whether an answer of the terminal says
    anything about the line: in a multiplexer it does not.
    """

    depth: ColorDepth
    graphics: Graphics = Graphics.HALFBLOCK
    quality: str | None = None
    cell_size: tuple[int, int] | None = None
    measures: bool = True

    @property
    def pixel_aspect(self) -> float:
        """Width of a half-block pixel over its height; 1 for cells twice as high as wide."""
        if self.cell_size is None:
            return 1.0
        width, height = self.cell_size
        return width / (height / 2)


def display_for(
    capabilities: Capabilities, quality: str | None, told_cell_size: tuple[int, int] | None = None
) -> Display:
    """Return how pictures are drawn in a terminal.

    Args:
        capabilities: what it can do. Real pixels need to be told a cell's size; without, half-blocks are drawn.
        quality: as in `Display`.
        told_cell_size: what the system says where the terminal did not.
    """
    cell_size = capabilities.cell_size or told_cell_size
    return Display(
        depth=capabilities.colors,
        graphics=capabilities.graphics if cell_size is not None else Graphics.HALFBLOCK,
        quality=quality,
        cell_size=cell_size,
        measures=not capabilities.multiplexer,
    )
