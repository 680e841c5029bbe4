"""Batches of pictures for training, decoded by our own decoder.

This module imports Keras when it is imported: only training does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from annot_core.errors import ImageError
from annot_core.imaging import read_image, resize

CACHE_BYTES = 2_000_000_000
"""Decoded pictures are kept in memory while all of them fit into this many bytes."""


class PictureStore:
    """Pictures of one size by index, decoded when they are first asked for and kept while they fit."""

    def __init__(self, paths: Sequence[Path], size: tuple[int, int]) -> None:
        self._paths = paths
        self._size = size
        keep = len(paths) * size[0] * size[1] * 3 <= CACHE_BYTES
        self._kept: dict[int, NDArray[np.uint8]] | None = {} if keep else None

    def __len__(self) -> int:
        return len(self._paths)

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Return one picture, (height, width, 3) uint8.

        Raises:
            ImageError: the file cannot be read.
        """
        if self._kept is not None and index in self._kept:
            return self._kept[index]
        picture = resize(read_image(self._paths[index], fit=self._size).pixels, self._size)
        if self._kept is not None:
            self._kept[index] = picture
        return picture

    def readable(self, index: int) -> bool:
        """Tell whether a picture can be had."""
        try:
            self.picture(index)
        except ImageError:
            return False
        return True


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of (pictures float32 0 to 255, one-hot labels, weights), reshuffled each epoch if asked.

    The last batch is filled up from the beginning with pictures of weight 0, so that every batch has one
    shape and the network is traced once.
    """

    def __init__(
        self,
        store: PictureStore,
        indices: NDArray[np.int64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float32],
        *,
        batch_size: int,
        generator: np.random.Generator | None,
    ) -> None:
        super().__init__()
        self._store = store
        self._order = indices.copy()
        self._labels = labels
        self._weights = weights
        self._batch_size = batch_size
        self._generator = generator
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch_size)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        chosen = np.arange(number * self._batch_size, (number + 1) * self._batch_size)
        rows = self._order[chosen % len(self._order)]
        labels = self._labels[rows]
        pictures = np.stack([self._store.picture(int(row)) for row in rows]).astype(np.float32)
        one_hot = np.eye(len(self._weights), dtype=np.float32)[labels]
        return pictures, one_hot, np.where(chosen < len(self._order), self._weights[labels], np.float32(0))

    @property
    def dilution(self) -> float:
        """How many times too small Keras' mean loss is: it divides by the pictures of weight 0 as well."""
        counted = float(self._weights[self._labels[self._order]].sum())
        return len(self) * self._batch_size / counted

    def on_epoch_end(self) -> None:
        """Shuffle, where there is a generator."""
        if self._generator is not None:
            self._generator.shuffle(self._order)
