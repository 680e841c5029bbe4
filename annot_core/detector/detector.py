"""A trained detector in use."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annot_core.detector.decoding import Detection, decode, detections
from annot_core.detector.grid import Grid, lay_grid
from annot_core.detector.request import DEFAULT_MIN_SCORE

if TYPE_CHECKING:
    import keras

_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Detector:
    """A network with what it takes to read its outputs.

    `anchors` is (6, 2) float32, as shares of the picture; `picture_side` is in pixels.
    """

    network: keras.Model
    classes: tuple[str, ...]
    anchors: NDArray[np.float32]
    picture_side: int

    @functools.cached_property
    def grid(self) -> Grid:
        """The places that the network's outputs stand for."""
        return lay_grid(self.picture_side, self.anchors)

    def outputs(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the network says of pictures (N, side, side, 3) uint8: (N, P, 5 + classes) float32."""
        parts = [
            np.asarray(self.network(pictures[start : start + _AT_ONCE].astype(np.float32), training=False))
            for start in range(0, len(pictures), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.grid), 5 + len(self.classes)), np.float32)

    def detect(
        self,
        pictures: NDArray[np.uint8],
        image_sizes: Sequence[tuple[int, int]],
        min_score: float = DEFAULT_MIN_SCORE,
    ) -> list[tuple[Detection, ...]]:
        """Return what is found in each picture, best score first.

        Args:
            pictures: (N, side, side, 3) uint8, images brought to the network's square.
            image_sizes: (width, height) of each upright image, in whose pixels the boxes are.
            min_score: boxes with less are left out, 0 to 1.
        """
        return self.read(self.outputs(pictures), image_sizes, min_score)

    def read(
        self, outputs: NDArray[np.float32], image_sizes: Sequence[tuple[int, int]], min_score: float
    ) -> list[tuple[Detection, ...]]:
        """Return the boxes that outputs (N, P, 5 + classes) tell; the rest is as in `detect`."""
        return [
            detections(decode(one, self.grid), size, min_score) for one, size in zip(outputs, image_sizes, strict=True)
        ]
