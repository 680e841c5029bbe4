"""Writing an export so that it is there as a whole or not at all, and no stray file stays.

All files of an export are first written under `.autoannot/partial/`; only once every one of them is
there are they renamed to their places, which is atomic for each file within a file system and takes
no room. So a full disk leaves the export before as it was. What each producer (a format, or the files
that all formats share) has written is listed in `.autoannot/written/<producer>.txt`, so that a later
export can remove what no longer belongs, and nothing that somebody else put there.

A list of a million paths in memory takes as much as all the rest, so lists are files, and what was
written is remembered as hashes.
"""

from __future__ import annotations

import bisect
import contextlib
import filecmp
import os
import shutil
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Final, Self

from annot_core.errors import ExportError
from annot_core.naming import file_key

_STATE: Final = ".autoannot"
_PARTIAL: Final = f"{_STATE}/partial"
_FILES, _LISTS, _SPOOL = "files", "lists", "spool"


class Staging:
    """One export's changes to a folder, as a context: all of them are made when it ends, or none.

    Entering removes what a killed run left half done. Leaving without an error puts the files in their
    places and removes those of the same producers' earlier exports that were not written again; leaving
    with one removes what was prepared.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare to write into the output folder, which is made if it is missing."""
        self.folder = folder
        self._partial = folder / _PARTIAL
        self._writings: list[Writing] = []

    def __enter__(self) -> Self:
        with troubles_of(self.folder):
            if self._partial.exists():
                shutil.rmtree(self._partial)
            for name in (_FILES, _LISTS):
                (self._partial / name).mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with troubles_of(self.folder), contextlib.ExitStack() as lists:
                for writing in self._writings:
                    lists.callback(writing.close)
            if kind is None:
                with troubles_of(self.folder):
                    self._commit()
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)

    def producer(self, name: str, state: str = "") -> Writing:
        """Return what a producer writes its files with.

        Args:
            name: who writes; each producer keeps its own list of files.
            state: what the files are made from, in a word; `kept_state` tells it later.
        """
        with troubles_of(self.folder):
            writing = Writing(self, name, state, self._partial / _LISTS / f"{name}.txt")
        self._writings.append(writing)
        return writing

    @property
    def spool(self) -> Path:
        """A place for a file of the caller's own that is gone once the block ends."""
        return self._partial / _SPOOL

    def prepared(self, path: str) -> Path:
        """Return where a file is that is to lie at `path`, relative to the folder, until the block ends."""
        return self._partial / _FILES / path

    def found(self, path: str) -> Path:
        """Return where the file for `path` can be read now: prepared, or in its place already."""
        prepared = self.prepared(path)
        return prepared if prepared.exists() else self.folder / path

    def _commit(self) -> None:
        """Put all files in their places, then remove what no longer belongs."""
        for writing in self._writings:
            # The last that takes room; from here on there are only renames.
            writing.join_lists()
        for writing in self._writings:
            # Both are ours from now on, so that whoever comes after a killed run knows all of them.
            writing.list_old_and_new()
        files = self._partial / _FILES
        for folder, _, names in os.walk(files):
            target = self.folder / Path(folder).relative_to(files)
            target.mkdir(parents=True, exist_ok=True)
            for name in names:
                (Path(folder) / name).replace(target / name)
        for writing in self._writings:
            writing.remove_old()
            writing.list_new()


class Writing:
    """The files of one producer in an export; made by `Staging.producer`. Threads may share it."""

    def __init__(self, staging: Staging, producer: str, state: str, new_list: Path) -> None:
        """Use `Staging.producer`."""
        self._staging = staging
        self._producer = producer
        self._new_list = new_list
        self._joined = new_list.with_suffix(".joined")
        self._listing: IO[bytes] = new_list.open("wb")
        self._listing.write(_state_line(state))
        self._hashes = array("q")
        self._made = {""}
        self._lock = threading.Lock()

    @property
    def files(self) -> int:
        """How many files have been written so far, or were found with the right bytes."""
        return len(self._hashes)

    def write(self, path: str, data: bytes) -> None:
        """Have `data` at a path, relative to the folder with forward slashes.

        Raises:
            ExportError: the file could not be written; what was there before is whole.
        """
        target = self._staging.folder / path
        with troubles_of(target):
            if not _holds(target, data):
                self._prepare(path).write_bytes(data)
            self._remember(path)

    @contextlib.contextmanager
    def file(self, path: str) -> Iterator[IO[bytes]]:
        """Give a stream for a file that is too large to be in memory.

        Raises:
            ExportError: the file could not be written; what was there before is whole.
        """
        target = self._staging.folder / path
        with troubles_of(target):
            prepared = self._prepare(path)
            with prepared.open("wb") as stream:
                yield stream
            if target.is_file() and filecmp.cmp(prepared, target, shallow=False):
                prepared.unlink()
            self._remember(path)

    def link(self, path: str, of: str) -> None:
        """Have the bytes of `of`, a file of this export or one with an absolute path, at a second path too.

        It is a hard link, which takes no room, where the file system has them, and else a copy.

        Raises:
            ExportError: the file could not be written; what was there before is whole.
        """
        source, target = self._staging.found(of), self._staging.folder / path
        with troubles_of(target):
            if not (target.exists() and source.samefile(target)):
                self._link_or_copy(source, target, path)
            self._remember(path)

    def close(self) -> None:
        """Write nothing more; closing twice does no harm."""
        self._listing.close()

    def join_lists(self) -> None:
        """Prepare the list of these files and of those of the export before."""
        kept = _list_path(self._staging.folder, self._producer)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with self._joined.open("wb") as file:
            # A run that is killed from here on leaves files of no state that could be named.
            file.write(_state_line(""))
            for part in (kept, self._new_list):
                if part.is_file():
                    with part.open("rb") as lines:
                        shutil.copyfileobj(lines, file)

    def list_old_and_new(self) -> None:
        """Put the list of these files and of those of the export before in its place."""
        self._joined.replace(_list_path(self._staging.folder, self._producer))

    def list_new(self) -> None:
        """Put the list of these files alone in its place, which takes no room."""
        self._new_list.replace(_list_path(self._staging.folder, self._producer))

    def remove_old(self) -> None:
        """Remove the files that are listed but were not written this time."""
        # Where case does not count, an old name may be the very file that was written under a new one.
        written = array("q", sorted(self._hashes))
        for path in written_files(self._staging.folder, self._producer):
            number = hash(file_key(path))
            place = bisect.bisect_left(written, number)
            if place == len(written) or written[place] != number:
                (self._staging.folder / path).unlink(missing_ok=True)

    def _prepare(self, path: str) -> Path:
        """Return where to write a file, with its folder made."""
        prepared = self._staging.prepared(path)
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            prepared.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(parent)
        return prepared

    def _link_or_copy(self, source: Path, target: Path, path: str) -> None:
        prepared = self._prepare(path)
        try:
            prepared.hardlink_to(source)
        except OSError:
            # Whatever the reason, a copy serves as well; one that cannot be made tells its own.
            if not (target.is_file() and filecmp.cmp(source, target, shallow=False)):
                shutil.copyfile(source, prepared)

    def _remember(self, path: str) -> None:
        number = hash(file_key(path))
        with self._lock:
            self._hashes.append(number)
            self._listing.write(f"{path}\n".encode())


def written_files(folder: Path, producer: str) -> Iterator[str]:
    """Yield the paths that a producer's exports wrote, relative to the folder.

    None is given that leads out of the output folder or into our own state, whatever the list says.
    """
    path = _list_path(folder, producer)
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            listed = line.removesuffix("\n")
            parts = PurePosixPath(listed).parts
            if parts and parts[0] not in ("/", _STATE) and ".." not in parts:
                yield listed


def kept_state(folder: Path, producer: str) -> str | None:
    """Return the state that a producer's files were made from; None where it has none there."""
    if next(written_files(folder, producer), None) is None:
        return None
    with _list_path(folder, producer).open(encoding="utf-8", errors="replace") as lines:
        mark, _, state = lines.readline().strip().partition(" ")
    return state if mark == f"{_STATE}/state" else ""


def _state_line(state: str) -> bytes:
    """Return the first line of a list; it is no path that could be written."""
    return f"{_STATE}/state {state}\n".encode()


def _list_path(folder: Path, producer: str) -> Path:
    return folder / _STATE / "written" / f"{producer}.txt"


def _holds(path: Path, data: bytes) -> bool:
    """Tell whether a plain file of exactly these bytes is there."""
    if not path.is_file() or path.stat().st_size != len(data):
        return False
    return path.read_bytes() == data


@contextlib.contextmanager
def troubles_of(path: Path) -> Iterator[None]:
    """As a context, turn what the system says about a file or folder into an `ExportError`."""
    try:
        yield
    except OSError as error:
        shown = os.fsencode(path).decode(errors="replace")
        reason = error.strerror or error
        raise ExportError(
            f"cannot write {shown}: {reason}. Check permissions and free space, then run it again."
        ) from error
