"""The pictures that training looks at again and again: decoded once, by several threads, and kept.

They are decoded by our own decoder, since images lie.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from annot_core.errors import ImageError
from annot_core.imaging import read_image, resize

MEMORY_BYTES = 2_000_000_000
"""Pictures are kept in memory while all of them fit into this many bytes."""
DISK_SHARE = 0.5
"""The part of what is free on a disk that pictures may take where memory is too small."""
MOST_READERS = 8


class PictureStore:
    """Pictures of one size by index: in memory while all fit, else in a file without a name, else decoded each time.

    The file is gone with the process, however that ends.
    """

    def __init__(self, paths: Sequence[Path], size: tuple[int, int], *, folder: Path | None = None) -> None:
        """Decode all pictures.

        Args:
            paths: the image files.
            size: (width, height) that each is brought to, in pixels.
            folder: where the file may be made; None: the system's folder for such files.
        """
        self._paths = paths
        self._size = size
        self._pool = ThreadPoolExecutor(min(MOST_READERS, os.cpu_count() or 1), thread_name_prefix="picture")
        self._kept = _room((len(paths), size[1], size[0], 3), folder)
        self._readable = np.fromiter(self._pool.map(self._try, range(len(paths))), np.bool_, len(paths))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def readable(self) -> NDArray[np.int64]:
        """The indices of the pictures that can be had, (n,) int64, ascending."""
        return np.flatnonzero(self._readable)

    def pictures(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return some pictures, (n, height, width, 3) uint8; black where there is none. For any thread."""
        if self._kept is not None:
            return np.asarray(self._kept[indices])
        return np.stack(list(self._pool.map(self._decode_or_black, indices)))

    def _try(self, index: int) -> bool:
        """Decode one picture, keep it where there is room, and tell whether it could be had."""
        try:
            picture = self._decode(index)
        except ImageError:
            return False
        if self._kept is not None:
            self._kept[index] = picture
        return True

    def _decode(self, index: int) -> NDArray[np.uint8]:
        return resize(read_image(self._paths[index], fit=self._size).pixels, self._size)

    def _decode_or_black(self, index: int) -> NDArray[np.uint8]:
        try:
            return self._decode(index)
        except ImageError:
            # It could be read when training began; one image that went since does not end hours of work.
            return np.zeros((self._size[1], self._size[0], 3), np.uint8)


def _room(shape: tuple[int, ...], folder: Path | None) -> NDArray[np.uint8] | None:
    """Black pictures in memory, else in a file, else None: nowhere is room for all."""
    size_bytes = math.prod(shape)
    if size_bytes <= MEMORY_BYTES:
        return np.zeros(shape, np.uint8)
    place = folder or Path(tempfile.gettempdir())
    try:
        if size_bytes > DISK_SHARE * shutil.disk_usage(place).free:
            return None
        with tempfile.TemporaryFile(dir=place) as file:
            # A disk that is full later would end the process without a word.
            _reserve(file.fileno(), size_bytes)
            return np.memmap(file, np.uint8, "r+", shape=shape)
    except OSError:
        return None


def _reserve(descriptor: int, size_bytes: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size_bytes)
    else:
        os.ftruncate(descriptor, size_bytes)
