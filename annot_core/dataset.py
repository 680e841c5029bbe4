"""A folder of labelled images, `DATASET/<class>/<image>`, as a list of what is in it.

Listing decodes nothing and says of everything it passed over why. Hidden files and folders (a leading
dot) and what systems strew about (`Thumbs.db`, `desktop.ini`, `__MACOSX`, `@eaDir`) are not mentioned.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from annot_core.errors import DatasetError
from annot_core.file_kinds import IMAGE_ENDINGS, ending, readable, why_no_image
from annot_core.records import LabelledImage, Skipped

BACKGROUND_NAMES = frozenset({"background", "nothing", "none", "negative", "empty"})
"""Class names, in any case, that mean an image without an object."""

_STREWN = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir"})
_WRITTEN_FOLDERS = frozenset({"Annotations", "JPEGImages", "ImageSets", "yolo3", ".autoannot"})
_LAYOUT = "expected DATASET/<class>/<image>, one folder for each class"

_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a labelled folder holds.

    `root` is absolute. `images` are sorted by `source`, by code point, so that every machine agrees on
    the order. `classes` are the sorted names of the folders that hold an image, background ones
    included; `background` are those of them that have no object. `skipped` is sorted by `source`.
    """

    root: Path
    images: tuple[LabelledImage, ...]
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
    listing.run()
    images = sorted(listing.images, key=lambda image: image.source)
    classes = tuple(sorted({image.class_name for image in images}))
    return Dataset(
        root=root,
        images=tuple(images),
        classes=classes,
        background=frozenset(filter(listing.is_background, classes)),
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
    """One walk over a labelled folder, gathering images and what is skipped."""

    def __init__(self, root: Path, background: Collection[str]) -> None:
        self.images: list[LabelledImage] = []
        self.skipped: list[Skipped] = []
        self._root = root
        self._background = frozenset(name.rstrip("/") for name in background)
        self._pending: list[_Folder] = []

    def is_background(self, class_name: str) -> bool:
        """Tell whether a class has no object."""
        return class_name in self._background or class_name.casefold() in BACKGROUND_NAMES

    def run(self) -> None:
        """Walk, and refuse a folder that is not a data set."""
        self._list_root()
        class_names = sorted(folder.class_name for folder in self._pending)
        self._check_background(class_names)
        while self._pending:
            self._list_folder(self._pending.pop())
        used = {image.class_name for image in self.images}
        if not used:
            raise DatasetError(
                f"no image in the {_count(len(class_names), 'class folder')} of {readable(self._root)}:"
                f" {_LAYOUT}, with files such as .jpg or .png in them{self._example()}"
            )
        skipped = {skip.source for skip in self.skipped}
        for name in class_names:
            if name not in used and name not in skipped:
                self._skip(name, "a class folder without an image")

    def _example(self) -> str:
        """Say what was passed over, for an error that may be explained by it."""
        if not self.skipped:
            return ""
        first = min(self.skipped, key=lambda skipped: skipped.source)
        others = f" and {len(self.skipped) - 1} more" if len(self.skipped) > 1 else ""
        return f"; passed over were {readable(first.source)} ({first.reason}){others}"

    def _list_root(self) -> None:
        """Find the class folders."""
        here = _identity(self._root)
        try:
            entries = _entries(self._root)
        except OSError as error:
            raise DatasetError(_root_trouble(self._root, error)) from error
        ancestors = frozenset({here} if here else ())
        loose_images = 0
        for entry in entries:
            status = self._status(entry, entry.name)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                self._enter(entry, entry.name, entry.name, ancestors)
            elif stat.S_ISREG(status.st_mode):
                self._skip(entry.name, "lies outside every class folder")
                loose_images += ending(entry.name) in IMAGE_ENDINGS
            else:
                self._skip(entry.name, "a pipe, socket or device")
        if not self._pending:
            found = f", but found {_count(loose_images, 'image')} directly in it" if loose_images else ""
            raise DatasetError(
                f"{readable(self._root)} has no class folders: {_LAYOUT}{found}; put the images into folders"
                " named after their classes"
            )

    def _check_background(self, class_names: list[str]) -> None:
        unknown = sorted(self._background - set(class_names))
        if unknown:
            raise DatasetError(
                f"no class folder is called {readable(unknown[0])}, which was named as background; the"
                f" folders are {_listed(class_names)}: use one of these names"
            )

    def _list_folder(self, folder: _Folder) -> None:
        """List one folder's images, and note its sub-folders for later."""
        try:
            entries = _entries(folder.path)
        except OSError as error:
            self._skip(folder.source, f"the folder cannot be read: {error.strerror or error}")
            return
        is_background = self.is_background(folder.class_name)
        for entry in entries:
            source = f"{folder.source}/{entry.name}"
            status = self._status(entry, source)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                self._enter(entry, source, folder.class_name, folder.ancestors)
            elif not stat.S_ISREG(status.st_mode):
                self._skip(source, "a pipe, socket or device")
            elif trouble := why_no_image(entry):
                self._skip(source, trouble)
            else:
                self.images.append(
                    LabelledImage(
                        root=self._root,
                        source=source,
                        class_name=folder.class_name,
                        is_background=is_background,
                        size_bytes=status.st_size,
                        mtime_ns=status.st_mtime_ns,
                    )
                )

    def _enter(self, entry: os.DirEntry[str], source: str, class_name: str, ancestors: frozenset[_Identity]) -> None:
        here = _identity(entry.path)
        if here is None:
            self._skip(source, "the folder vanished while it was listed")
        elif here in ancestors:
            self._skip(source, "a link that leads back to a folder it lies in")
        else:
            self._pending.append(_Folder(entry.path, source, class_name, ancestors | {here}))

    def _status(self, entry: os.DirEntry[str], source: str) -> os.stat_result | None:
        """Return what an entry is, links followed; None, and noted as skipped, where that fails."""
        try:
            return entry.stat()
        except OSError as error:
            self._skip(source, _entry_trouble(error))
            return None

    def _skip(self, source: str, reason: str) -> None:
        self.skipped.append(Skipped(source, reason))


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    """Return what a folder holds, less what is never mentioned."""
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".") and entry.name.casefold() not in _STREWN]


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
