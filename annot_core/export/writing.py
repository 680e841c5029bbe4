"""Writing files so that a killed run leaves neither a half file nor a stray one.

A file is written under `.autoannot/partial/` and renamed to its place, which is atomic within a file
system. What each producer (a format, or the files that all formats share) has written is listed in
`.autoannot/written/<producer>.txt`, so that a later export can remove what no longer belongs, and
nothing that somebody else put there.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self, TypeVar

from annot_core.errors import ExportError
from annot_core.naming import file_key

_STATE: Final = ".autoannot"
_BATCH: Final = 32

T = TypeVar("T")
R = TypeVar("R")


class Writing:
    """One producer's export into a folder, as a context.

    Entering removes what a killed run left half done. Leaving without an error removes the files of
    this producer's earlier exports that were not written again; leaving with one keeps everything.
    Threads may share it.
    """

    def __init__(self, folder: Path, producer: str, planned: Iterable[str]) -> None:
        """Prepare to write.

        Args:
            folder: the output folder; made if it is missing.
            producer: who writes; each producer keeps its own list of files.
            planned: every path that may be written, relative to the folder with forward slashes. They
                are listed on disk before the first is written, so that a killed run's are known.
        """
        self._folder = folder
        self._partial = folder / _STATE / "partial"
        self._list_path = f"{_STATE}/written/{producer}.txt"
        self._planned = frozenset(planned)
        self._before: frozenset[str] = frozenset()
        self._written: set[str] = set()
        self._numbers = itertools.count()

    @property
    def files(self) -> int:
        """How many files have been written so far, or were found with the right bytes."""
        return len(self._written)

    def __enter__(self) -> Self:
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
            for leftover in self._partial.iterdir():
                leftover.unlink()
            for parent in {path.rpartition("/")[0] for path in (self._list_path, *self._planned)}:
                (self._folder / parent).mkdir(parents=True, exist_ok=True)
            self._before = frozenset(_read_list(self._folder / self._list_path))
        except OSError as error:
            raise _cannot_write(self._folder, error) from error
        self._keep_list(self._before | self._planned)
        return self

    def write(self, path: str, data: bytes) -> None:
        """Put `data` at a planned path, unless the very bytes are there already.

        Raises:
            ExportError: the file could not be written; what was there before is whole.
        """
        if path not in self._planned:
            raise ValueError(f"expected one of the planned paths, got {path!r}")
        self._replace(path, data)
        self._written.add(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        # Where case does not count, an old name may be the very file that was written under a new one.
        written = {file_key(path) for path in self._written}
        try:
            for path in self._before - self._written:
                if file_key(path) not in written:
                    (self._folder / path).unlink(missing_ok=True)
            self._keep_list(self._written)
            self._partial.rmdir()
        except OSError as trouble:
            raise _cannot_write(self._folder, trouble) from trouble

    def _keep_list(self, paths: Iterable[str]) -> None:
        """Write down which files are this producer's."""
        self._replace(self._list_path, "".join(f"{path}\n" for path in sorted(paths)).encode())

    def _replace(self, path: str, data: bytes) -> None:
        """Write a file in one step, whatever happens meanwhile."""
        target = self._folder / path
        partial = self._partial / f"{os.getpid()}-{next(self._numbers)}"
        try:
            if _holds(target, data):
                return
            try:
                partial.write_bytes(data)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot_write(target, error) from error


def in_order(work: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Yield `work(item)` for each item, in the order of the items, worked on by `workers` threads.

    Only a batch of items is under way at a time, so a million of them take no more memory than a few.
    """
    waiting = iter(items)
    with ThreadPoolExecutor(workers, thread_name_prefix="export") as pool:
        while batch := list(itertools.islice(waiting, _BATCH * workers)):
            yield from pool.map(work, batch)


def _holds(path: Path, data: bytes) -> bool:
    """Tell whether a plain file of exactly these bytes is there."""
    if not path.is_file() or path.stat().st_size != len(data):
        return False
    return path.read_bytes() == data


def _read_list(path: Path) -> Iterator[str]:
    """Yield the listed paths, but none that leads out of the output folder or into our own state."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        parts = PurePosixPath(line).parts
        if parts and parts[0] not in ("/", _STATE) and ".." not in parts:
            yield line


def _cannot_write(path: Path, error: OSError) -> ExportError:
    """Return the error for a file or folder that the system would not let us write."""
    shown = os.fsencode(path).decode(errors="replace")
    reason = error.strerror or error
    return ExportError(f"cannot write {shown}: {reason}. Check permissions and free space, then run it again.")
