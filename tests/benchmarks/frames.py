"""Bytes of a frame at 100 x 40 cells, and of moving a box by one cell; they depend on no machine.

Findings: 47 kB at the quality called fine, 138 kB without any loss, and 1.2 kB for moving a box.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from annot_core.imaging import read_image
from tests.benchmarks.figures import Figure
from tui.frame.colors import ColorDepth
from tui.frame.composing import Outline, compose
from tui.frame.grid import place
from tui.frame.halfblocks import Frame
from tui.frame.paint import shrink
from tui.frame.quality import LEVELS, Level

AREA = (100, 40)
CELL_PX = 40
"""A cell of a photo 4000 pixels wide. One step of the keys is less, and then most often shows in no cell."""
MOST_FRAME_KB, MOST_NUDGE_KB = 70.0, 4.0
GREEN = (0, 255, 0)
FINE = next(level for level in LEVELS if level.name == "fine")


def measure_frames(photos: Sequence[Path]) -> list[Figure]:
    """Measure photos at every quality, and nudges of a box at the one called fine."""
    sizes: dict[str, list[float]] = {level.name: [] for level in LEVELS}
    nudges = []
    for photo in photos:
        pixels = read_image(photo).pixels
        for level in LEVELS:
            sizes[level.name].append(_frame(pixels, level, _box(0)).size_bytes / 1000)
        before, after = (_frame(pixels, FINE, _box(shift)) for shift in (0, CELL_PX))
        spans = after.changes_from(before)
        nudges.append(sum(len(after.part(span.y, span.x0, span.x1).encode()) for span in spans) / 1000)
    figures = [
        Figure(f"frame at 100 x 40, {name}", statistics.median(kb), "kB", MOST_FRAME_KB if name == FINE.name else None)
        for name, kb in sizes.items()
    ]
    return [*figures, Figure("nudge of a box", max(nudges), "kB", MOST_NUDGE_KB)]


def _box(shift: int) -> Box:
    return Box(800 + shift, 600, 2000 + shift, 1500)


def _frame(pixels: NDArray[np.uint8], level: Level, box: Box) -> Frame:
    placement = place((pixels.shape[1], pixels.shape[0]), AREA)
    grid = level.reduce(shrink(pixels, placement), placement.shown)
    return compose(grid, placement, (Outline(box, GREEN),), ColorDepth.TRUECOLOR)
