"""Pictures made ready for the terminal: decoded, shrunk and quantized in threads, and kept for a while."""

from __future__ import annotations

import enum
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from annot_core.binarize import binarize
from annot_core.geometry import Box
from annot_core.imaging import read_image, resize
from annot_core.limits import MAX_PIXELS
from annot_core.thresholds import DEFAULT_THRESHOLD, Threshold
from tui.frame.grid import Placement, place
from tui.frame.paint import Grid, shrink, with_heat, with_mask
from tui.frame.quality import Level

BASES_KEPT = 64
DECODED_KEPT = 24

Key = TypeVar("Key")
Value = TypeVar("Value")


class Mode(enum.StrEnum):
    """What the picture shows."""

    PHOTO = "photo"
    HEAT = "heat map"
    MASK = "binary map"

    @property
    def following(self) -> Mode:
        """The mode that comes next."""
        modes = list(Mode)
        return modes[(modes.index(self) + 1) % len(modes)]


@dataclass(frozen=True, slots=True)
class PictureKey:
    """Everything that a picture without its box depends on.

    `area` is (columns, rows) in cells; `view` is the part of the image that is shown, None for all of it.
    `threshold` counts only for the binary map.
    """

    source: str
    content: str
    image_size: tuple[int, int]
    area: tuple[int, int]
    level: Level
    view: Box | None = None
    mode: Mode = Mode.PHOTO
    threshold: Threshold = DEFAULT_THRESHOLD
    pixel_aspect: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """A picture without its box: `grid` is (2 rows, columns, 3) uint8. `is_stale` if the file has changed."""

    placement: Placement
    grid: Grid
    is_stale: bool


class Kept(Generic[Key, Value]):
    """A mapping that forgets what was used least lately; for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return a value that is still there, and count that as a use."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)


class PictureMaker:
    """Makes pictures; its methods may be called from several threads."""

    def __init__(
        self, root: Path, heatmap_of: Callable[[str], NDArray[np.float16]], *, max_pixels: int = MAX_PIXELS
    ) -> None:
        """Prepare.

        Args:
            root: the data set's root.
            heatmap_of: gives the stored heat map of a source, (h, w) in [0, 1]; (0, 0) where there is none.
            max_pixels: images with more pixels are not decoded.
        """
        self._root = root
        self._heatmap_of = heatmap_of
        self._max_pixels = max_pixels
        self._bases: Kept[PictureKey, Base] = Kept(BASES_KEPT)
        self._decoded: Kept[tuple[str, str, tuple[int, int]], tuple[NDArray[np.uint8], bool]] = Kept(DECODED_KEPT)

    def kept(self, key: PictureKey) -> Base | None:
        """Return a picture that was made before, if it is still there."""
        return self._bases.get(key)

    def make(self, key: PictureKey) -> Base:
        """Return a picture, made now unless it is still there.

        Raises:
            ImageError: the file cannot be read.
        """
        base = self._bases.get(key)
        if base is None:
            base = self._made(key)
            self._bases.put(key, base)
        return base

    def _made(self, key: PictureKey) -> Base:
        placement = place(key.image_size, key.area, key.view, key.pixel_aspect)
        pixels, is_stale = self._pixels(key, placement)
        grid = shrink(pixels, placement)
        if key.mode is not Mode.PHOTO:
            grid = self._with_map(grid, key, placement)
        return Base(placement, key.level.reduce(grid, placement.shown), is_stale)

    def _pixels(self, key: PictureKey, placement: Placement) -> tuple[NDArray[np.uint8], bool]:
        """The whole image as finely as the placement shows its view, and whether its file has changed."""
        view, shown = placement.view, placement.shown
        scale = min(1.0, max(shown.width / view.width, shown.height / view.height))
        fit = tuple(max(1, math.ceil(side * scale)) for side in key.image_size)
        wanted = (key.source, key.content, (fit[0], fit[1]))
        found = self._decoded.get(wanted)
        if found is None:
            decoded = read_image(self._root / key.source, fit=wanted[2], max_pixels=self._max_pixels)
            # Kept as small as they are shown, so that no dozen of large photos fills the memory.
            found = resize(decoded.pixels, wanted[2]), decoded.content != key.content
            self._decoded.put(wanted, found)
        return found

    def _with_map(self, grid: Grid, key: PictureKey, placement: Placement) -> Grid:
        heatmap = self._heatmap_of(key.source).astype(np.float32)
        if not heatmap.size:
            return grid
        if key.mode is Mode.HEAT:
            return with_heat(grid, heatmap, placement)
        hot = heatmap[binarize(heatmap, key.threshold)]
        return with_mask(grid, heatmap, float(hot.min()) if hot.size else math.inf, placement)
