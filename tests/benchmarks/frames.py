"""Bytes of a frame at 100 x 40 cells, and of moving a box by one cell; they depend on no machine.

Findings: 47 kB at the quality called fine, 138 kB without any loss, and 1.2 kB for moving a box.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from annot_core.geometry import Box
from annot_core.imaging import read_image
from tests.benchmarks.figures import Figure
from tui.frame.colors import ColorDepth
from tui.frame.composing import Outline, compose
from tui.frame.grid import place
from tui.frame.paint import shrink
from tui.frame.quality import LEVELS

AREA = (100, 40)
CELL_PX = 40
"""A cell of a photo 4000 pixels wide. One step of the keys is less, and then most often shows in no cell."""
MOST_FRAME_KB, MOST_NUDGE_KB = 70.0, 4.0
GREEN = (0, 255, 0)


def measure_frames(photos: Sequence[Path]) -> list[Figure]:
    """Measure photos at every quality, and nudges of a box at the one called fine."""
    figures = []
    for level in LEVELS:
        sizes = [_frame(photo, level.name, _box(0)).size_bytes / 1000 for photo in photos]
        most = MOST_FRAME_KB if level.name == "fine" else None
        figures.append(Figure(f"frame at 100 x 40, {level.name}", statistics.median(sizes), "kB", most))
    nudges = []
    for photo in photos:
        before, after = (_frame(photo, "fine", _box(shift)) for shift in (0, CELL_PX))
        spans = after.changes_from(before)
        nudges.append(sum(len(after.part(span.y, span.x0, span.x1).encode()) for span in spans) / 1000)
    return [*figures, Figure("nudge of a box", max(nudges), "kB", MOST_NUDGE_KB)]


def _box(shift: int) -> Box:
    return Box(800 + shift, 600, 2000 + shift, 1500)


def _frame(photo: Path, level_name: str, box: Box):  # type: ignore[no-untyped-def]
    level = next(level for level in LEVELS if level.name == level_name)
    pixels = read_image(photo).pixels
    placement = place((pixels.shape[1], pixels.shape[0]), AREA)
    grid = level.reduce(shrink(pixels, placement), placement.shown)
    return compose(grid, placement, (Outline(box, GREEN),), ColorDepth.TRUECOLOR)
