"""All files of a data set's folder, listed once, and its images found by whatever they are called by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from annot_core.file_kinds import IMAGE_ENDINGS, ending


class FileListing:
    """The files below a folder, by their paths relative to it with forward slashes, sorted.

    Hidden files and folders are left out. Links are followed, but not back to where they come from.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = tuple(sorted(_walk(str(root), "", frozenset())))
        self.images = tuple(path for path in self.paths if ending(path) in IMAGE_ENDINGS)
        self._known = frozenset(self.paths)
        self._by_stem: dict[str, list[str]] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_last_stem: dict[str, list[str]] = {}
        for path in self.images:
            self._by_stem.setdefault(without_ending(path), []).append(path)
            name = path.rpartition("/")[2]
            self._by_name.setdefault(name, []).append(path)
            self._by_last_stem.setdefault(without_ending(name), []).append(path)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def ending_in(self, *endings: str) -> tuple[str, ...]:
        """Return the files with one of these endings, given in lower case."""
        return tuple(path for path in self.paths if ending(path) in endings)

    def images_called(self, stem: str) -> list[str]:
        """Return the images whose path without its ending is `stem`."""
        return self._by_stem.get(stem, [])

    def image_anywhere(self, name: str) -> str | None:
        """Return the only image that has this file name, whatever folder it is in; None if there are more."""
        return _only(self._by_name.get(name))

    def image_with_stem_anywhere(self, stem: str) -> str | None:
        """Return the only image with this file name without its ending; None if there are more."""
        return _only(self._by_last_stem.get(stem))


def without_ending(path: str) -> str:
    """Return a path without the ending of its last part; one that begins with its only dot has none."""
    head, slash, name = path.rpartition("/")
    return head + slash + (name.rpartition(".")[0] or name)


def _only(found: list[str] | None) -> str | None:
    return found[0] if found is not None and len(found) == 1 else None


def _walk(folder: str, prefix: str, ancestors: frozenset[tuple[int, int]]) -> Iterator[str]:
    """Yield the paths of all files; a folder that cannot be listed has none."""
    try:
        status = os.stat(folder)  # noqa: PTH116 - takes names that Path would refuse
        here = (status.st_dev, status.st_ino)
        if here in ancestors:
            return
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except OSError:
        return
    for entry in entries:
        if _is_folder(entry):
            yield from _walk(entry.path, f"{prefix}{entry.name}/", ancestors | {here})
        else:
            yield prefix + entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself: whoever opens it will say so.
        return False
