"""Batches of pictures for training.

This module imports Keras when it is imported: only training does.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.pictures import PictureStore


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of (pictures uint8, one-hot labels, weights), reshuffled each epoch if asked.

    The last batch is filled up from the beginning with pictures of weight 0, so that every batch has one
    shape and the network is traced once. Pictures stay bytes until they are where the network is: a quarter of
    the transfer. Keras takes these as they are on any backend; `streamed` makes them ahead on TensorFlow.
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
        one_hot = np.eye(len(self._weights), dtype=np.float32)[labels]
        weights = np.where(chosen < len(self._order), self._weights[labels], np.float32(0))
        return self._store.pictures(rows), one_hot, weights

    @property
    def dilution(self) -> float:
        """How many times too small Keras' mean loss is: it divides by the pictures of weight 0 as well."""
        counted = float(self._weights[self._labels[self._order]].sum())
        return len(self) * self._batch_size / counted

    def on_epoch_end(self) -> None:
        """Shuffle, where there is a generator."""
        if self._generator is not None:
            self._order = self._generator.permutation(self._order)


def streamed(batches: Batches) -> Any:
    """Return batches as a `tf.data.Dataset` that makes the next ones while the network works on one.

    Every pass over it is one epoch, in the order that the batches have when the pass begins; whoever wants another
    order next time calls their `on_epoch_end` in between, which Keras does for a `PyDataset` alone.
    """
    import tensorflow as tf

    shapes = [part.shape for part in batches[0]]

    def made(number: Any) -> tuple[Any, ...]:
        parts = tf.numpy_function(lambda which: batches[int(which)], [number], (tf.uint8, tf.float32, tf.float32))
        for part, shape in zip(parts, shapes, strict=True):
            part.set_shape(shape)
        return tuple(parts)

    numbers = tf.data.Dataset.range(len(batches))
    return numbers.map(made, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)
