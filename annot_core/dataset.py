"""A folder of labelled images, `DATASET/<class>/<image>`, as a list of what is in it.

Listing decodes nothing and says of everything it passed over why. Hidden files and folders (a leading
dot) and what systems strew about (`Thumbs.db`, `desktop.ini`, `__MACOSX`, `@eaDir`) are not mentioned.
"""

from __future__ import annotations

import errno
import os
import stat
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annot_core.errors import DatasetError
from annot_core.file_kinds import IMAGE_ENDINGS, ending, readable, why_no_image
from annot_core.listed import FoundFile, ListedImages
from annot_core.records import LabelledImage, Skipped

BACKGROUND_NAMES = frozenset({"background", "nothing", "none", "negative", "empty"})
"""Class names, in any case, that mean an image without an object."""

_STREWN = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir"})
_WRITTEN_FOLDERS = frozenset({"Annotations", "JPEGImages", "ImageSets", "yolo3", ".autoannot"})
_LAYOUT = "expected DATASET/<class>/<image>, one folder for each class"

# Some file systems allow times after the year 2262, which fit into no file of ours.
_MOST_MTIME_NS = 2**63 - 1

_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a labelled folder holds.

    `root` is absolute. `images` are sorted by `source`, by code point, so that every machine agrees on
    the order. `classes` are the sorted names of the folders that hold an image, background ones
    included; `background` are those of them that have no object. `skipped` is sorted by `source`.
    """

    root: Path
    images: Sequence[LabelledImage]
    classes: tuple[str, ...]
    background: frozenset[str]
    skipped: tuple[Skipped, ...]


def list_dataset(root: Path, *, background: Collection[str] = ()) -> Dataset:
    """List the images of a labelled folder: each direct sub-folder is a class, whatever lies in it.

    A file with an image ending is listed unopened, any other one if its first bytes are an image's.
    Links are followed; one that leads back to a folder it lies in is skipped.

    Args:
        root: the folder.
        background: names of class folders without an object, besides `BACKGROUND_NAMES`.

    Raises:
        DatasetError: there is no such folder, it has no class folders or no images in them, or
            `background` names a folder that is not there.
    """
    root = root.absolute()
    listing = _Listing(root, background)
    images = ListedImages(root, listing.files(), listing.is_background)
    return Dataset(
        root=root,
        images=images,
        classes=images.classes,
        background=frozenset(filter(listing.is_background, images.classes)),
        skipped=tuple(sorted(listing.skipped, key=lambda skipped: skipped.source)),
    )


def check_output(root: Path, output: Path) -> None:
    """Make sure that writing to `output` cannot write into the data set.

    A data set that lies in `output` beside what is written there is fine; one that lies where the
    files go is not.

    Raises:
        DatasetError: `output` is the data set, lies in it or in a class folder that is linked into
            it, or the data set lies in one of the folders that are written in `output`.
    """
    resolved_root = Path(os.path.realpath(root))
    resolved_output = Path(os.path.realpath(output))
    guarded = {identity for folder in _class_folders(root) if (identity := _identity(folder))}
    for folder in (resolved_output, *resolved_output.parents):
        # By identity too: mounts and file systems that ignore case give one folder several paths.
        if folder == resolved_root or _identity(folder) in guarded:
            where = "is the data set itself" if folder == resolved_output else "lies inside the data set"
            raise DatasetError(
                f"the output {readable(output)} {where}; choose a folder outside {readable(root)} with --output"
            )
    if resolved_root.is_relative_to(resolved_output):
        first = resolved_root.relative_to(resolved_output).parts[0]
        if first in _WRITTEN_FOLDERS:
            raise DatasetError(
                f"the data set {readable(root)} lies in {first}, which is written in the output"
                f" {readable(output)}; choose another folder with --output"
            )


def default_output(root: Path) -> Path:
    """Return where the annotations of a data set go unless told: `<DATASET>-annotated` beside it.

    Raises:
        DatasetError: `root` is the top of the file system, which has no place beside it.
    """
    absolute = root.absolute()
    # Only a path that climbs is resolved: "beside it" means beside the name that was given, link or not.
    folder = absolute.resolve() if ".." in absolute.parts else absolute
    if not folder.name:
        raise DatasetError(f"there is no place beside {readable(folder)}; name a folder with --output")
    return folder.with_name(f"{folder.name}-annotated")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is still to be listed; `ancestors` are the folders that lead to it, and itself."""

    path: str
    source: str
    class_name: str
    ancestors: frozenset[_Identity]


class _Listing:
    """One walk over a labelled folder, giving images and gathering what is skipped."""

    def __init__(self, root: Path, background: Collection[str]) -> None:
        self.skipped: list[Skipped] = []
        self._root = root
        self._background = frozenset(name.rstrip("/") for name in background)
        self._used: set[str] = set()

    def is_background(self, class_name: str) -> bool:
        """Tell whether a class has no object."""
        return class_name in self._background or class_name.casefold() in BACKGROUND_NAMES

    def files(self) -> Iterator[FoundFile]:
        """Walk, giving images in the order of their sources, and refuse a folder that is not a data set.

        At no time is more in memory than the names in one folder, and in those that lead to it.
        """
        folders = self._list_root()
        class_names = sorted(folder.class_name for folder in folders)
        self._check_background(class_names)
        walks: list[Iterator[FoundFile | _Folder]] = [iter(folders)]
        while walks:
            found = next(walks[-1], None)
            if found is None:
                walks.pop()
            elif isinstance(found, _Folder):
                walks.append(self._list_folder(found))
            else:
                yield found
        if not self._used:
            raise DatasetError(
                f"no image in the {_count(len(class_names), 'class folder')} of {readable(self._root)}:"
                f" {_LAYOUT}, with files such as .jpg or .png in them{self._example()}"
            )
        skipped = {skip.source for skip in self.skipped}
        for name in class_names:
            if name not in self._used and name not in skipped:
                self._skip(name, "a class folder without an image")

    def _example(self) -> str:
        """Say what was passed over, for an error that may be explained by it."""
        if not self.skipped:
            return ""
        first = min(self.skipped, key=lambda skipped: skipped.source)
        others = f" and {len(self.skipped) - 1} more" if len(self.skipped) > 1 else ""
        return f"; passed over were {readable(first.source)} ({first.reason}){others}"

    def _list_root(self) -> list[_Folder]:
        """Find the class folders, in the order of what lies in them."""
        here = _identity(self._root)
        try:
            entries = list(_entries(self._root))
        except OSError as error:
            raise DatasetError(_root_trouble(self._root, error)) from error
        ancestors = frozenset({here} if here else ())
        loose_images = 0
        folders: list[_Folder] = []
        for entry in entries:
            status = self._status(entry, entry.name)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                entered = self._entered(entry, entry.name, entry.name, ancestors)
                if entered is not None:
                    folders.append(entered)
            elif stat.S_ISREG(status.st_mode):
                self._skip(entry.name, "lies outside every class folder")
                loose_images += ending(entry.name) in IMAGE_ENDINGS
            else:
                self._skip(entry.name, "a pipe, socket or device")
        if not folders:
            found = f", but found {_count(loose_images, 'image')} directly in it" if loose_images else ""
            raise DatasetError(
                f"{readable(self._root)} has no class folders: {_LAYOUT}{found}; put the images into folders"
                " named after their classes"
            )
        return sorted(folders, key=lambda folder: f"{folder.source}/")

    def _check_background(self, class_names: list[str]) -> None:
        unknown = sorted(self._background - set(class_names))
        if unknown:
            raise DatasetError(
                f"no class folder is called {readable(unknown[0])}, which was named as background; the"
                f" folders are {_listed(class_names)}: use one of these names"
            )

    def _list_folder(self, folder: _Folder) -> Iterator[FoundFile | _Folder]:
        """Give one folder's images, and each of its sub-folders where what lies in it belongs."""
        # Columns, and not an object a file: one folder may hold all of a million files.
        names: list[str] = []
        sizes_bytes, mtimes_ns = array("q"), array("q")
        folders: dict[str, _Folder] = {}
        try:
            for entry in _entries(folder.path):
                source = f"{folder.source}/{entry.name}"
                status = self._status(entry, source)
                if status is None:
                    continue
                name = entry.name
                if stat.S_ISDIR(status.st_mode):
                    entered = self._entered(entry, source, folder.class_name, folder.ancestors)
                    if entered is None:
                        continue
                    # With its slash a folder sorts as what lies in it does.
                    name += "/"
                    folders[name] = entered
                elif not self._is_image(entry, source, status):
                    continue
                names.append(name)
                sizes_bytes.append(status.st_size)
                mtimes_ns.append(min(status.st_mtime_ns, _MOST_MTIME_NS))
        except OSError as error:
            self._skip(folder.source, f"the folder cannot be read: {error.strerror or error}")
            return
        for place in sorted(range(len(names)), key=names.__getitem__):
            if (name := names[place]) in folders:
                yield folders[name]
            else:
                self._used.add(folder.class_name)
                yield FoundFile(f"{folder.source}/{name}", sizes_bytes[place], mtimes_ns[place])

    def _is_image(self, entry: os.DirEntry[str], source: str, status: os.stat_result) -> bool:
        """Tell whether an entry is an image; if not it is noted as skipped."""
        trouble = why_no_image(entry) if stat.S_ISREG(status.st_mode) else "a pipe, socket or device"
        if trouble:
            self._skip(source, trouble)
        return not trouble

    def _entered(
        self, entry: os.DirEntry[str], source: str, class_name: str, ancestors: frozenset[_Identity]
    ) -> _Folder | None:
        """Return a folder to be listed, None, and noted as skipped, where it is not to be."""
        here = _identity(entry.path)
        if here is None:
            self._skip(source, "the folder vanished while it was listed")
        elif here in ancestors:
            self._skip(source, "a link that leads back to a folder it lies in")
        else:
            return _Folder(entry.path, source, class_name, ancestors | {here})
        return None

    def _status(self, entry: os.DirEntry[str], source: str) -> os.stat_result | None:
        """Return what an entry is, links followed; None, and noted as skipped, where that fails."""
        try:
            return entry.stat()
        except OSError as error:
            self._skip(source, _entry_trouble(error))
            return None

    def _skip(self, source: str, reason: str) -> None:
        self.skipped.append(Skipped(source, reason))


def _entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Give what a folder holds, less what is never mentioned; kept, an entry takes a kilobyte once it was looked at."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name.casefold() not in _STREWN:
                yield entry


def _class_folders(root: Path) -> Iterator[str]:
    """Yield the data set's folder and those in it; nothing more where it cannot be read."""
    yield str(root)
    try:
        with os.scandir(root) as entries:
            yield from (entry.path for entry in entries if entry.is_dir())
    except OSError:
        return


def _identity(folder: Path | str) -> _Identity | None:
    try:
        status = os.stat(folder)  # noqa: PTH116 - also takes names that Path would refuse
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _entry_trouble(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "a link to nothing"
    if error.errno == errno.ELOOP:
        return "a link that leads back to itself"
    return f"cannot be read: {error.strerror or error}"


def _root_trouble(root: Path, error: OSError) -> str:
    shown = readable(root)
    if isinstance(error, FileNotFoundError):
        return f"there is no folder {shown}: {_LAYOUT}; check the path"
    if isinstance(error, NotADirectoryError):
        return f"{shown} is a file: {_LAYOUT}; name the folder that holds the class folders"
    return f"the folder {shown} cannot be read ({error.strerror or error}): allow it, or name another"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _listed(names: list[str], most: int = 10) -> str:
    shown = ", ".join(readable(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
