"""Starting Keras: quietly, without taking all of a GPU's memory."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator

from annot_core.errors import ModelError


@functools.cache
def start_keras() -> None:
    """Import Keras once, with its backend set up for long runs on shared machines.

    TensorFlow and JAX would otherwise take all or three quarters of a GPU's memory at once, and leave nothing to
    another program on it. What a person has set in the environment stays.

    Raises:
        ModelError: Keras or its backend cannot be imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    try:
        import keras
    except ImportError as error:
        raise ModelError(f"expected Keras and TensorFlow to be installed, found: {error}") from error
    if keras.backend.backend() == "tensorflow":
        _grow_memory()


def gpu_count() -> int:
    """Return how many GPUs the running backend sees."""
    import keras

    try:
        return len(keras.distribution.list_devices("gpu"))
    except (RuntimeError, NotImplementedError):
        # JAX knows no such kind of device where there is none; other backends list none.
        return 0


def _grow_memory() -> None:
    """Have TensorFlow take memory of every GPU as it needs it."""
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(device, True)
        except RuntimeError:
            # The devices are already in use by the program that called us, with its own setting.
            return


@contextlib.contextmanager
def precision_here() -> Iterator[None]:
    """Let layers that are made in the block compute in half precision where there is a GPU to gain by it."""
    import keras

    before = keras.config.dtype_policy()
    if gpu_count():
        keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
