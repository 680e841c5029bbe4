"""What every reader is: the contract, its records, and where to find each by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from annot_core.errors import UsageError
from annot_core.geometry import Box
from annot_core.readers.coordinates import Convention, Numbers, edges, nearest_box
from annot_core.readers.findings import Finding


@dataclass(frozen=True, slots=True)
class ReadObject:
    """One object of an image, as a file states it; nothing is rounded, cut off or put right.

    `class_name` is empty where a `class_number` has no name. `line` and `element` say where it stands.
    """

    class_name: str
    numbers: Numbers
    convention: Convention
    line: int = 0
    element: str = ""
    class_number: int | None = None

    def edges(self, size: tuple[int, int]) -> Numbers:
        """Return (left, top, right, bottom) in pixels of an image of `size`; inverted if they are so."""
        return edges(self.numbers, self.convention, size)

    def box(self, size: tuple[int, int]) -> Box | None:
        """Return the box in pixels of an image of `size` (width, height), cut off at its border.

        None where no box can be meant: edges that are inverted, or that lie outside.
        """
        stated = self.edges(size)
        left, top, right, bottom = stated
        width, height = size
        if not (left < right and top < bottom and left < width and top < height and right > 0 and bottom > 0):
            return None
        return nearest_box(stated).clamped(width, height)


@dataclass(frozen=True, slots=True)
class ReadImage:
    """One image of a data set, with what its annotation says.

    `name` is its path relative to the data set's root, or as the annotation has it; `image_id` the stem
    that the annotation or list goes by. `path` is None where the file is not there. `annotation` is the
    path of the file that it is annotated in, relative to the root and empty where there is none;
    `element` the place in that. `stated_size` is (width, height), None where none is stated. `is_whole` is
    False where a part of the annotation could not be read, so that `objects` are not all.
    """

    name: str
    image_id: str
    path: Path | None
    annotation: str
    stated_size: tuple[int, int] | None = None
    objects: tuple[ReadObject, ...] = ()
    is_whole: bool = True
    sets: tuple[str, ...] = ()
    element: str = ""


@dataclass(frozen=True, slots=True)
class ReadDataset:
    """A whole data set: its images in the order of their names, and what was found wrong while reading.

    `classes` is the list that the data set has, in its order; None where it has none. `listed_in` is where
    that list stands, or should, relative to the root; empty where nothing has one. `lists` are the names of
    its sets.
    """

    format: str
    root: Path
    classes: tuple[str, ...] | None
    listed_in: str
    lists: tuple[str, ...]
    images: tuple[ReadImage, ...]
    findings: tuple[Finding, ...]


class Reader(Protocol):
    """One format that other programs write.

    To add one: a class with these members, and its name in `READERS`; the contract test in
    `tests/core/test_readers_contract.py` then runs over it.
    """

    @property
    def name(self) -> str:
        """The format's name, as in `READERS`."""
        ...

    def recognizes(self, path: Path) -> bool:
        """Tell whether a file or folder is of this format, by names and a look into few files."""
        ...

    def read(self, path: Path) -> ReadDataset:
        """Read all there is.

        A file that cannot be read becomes a finding, and never an error.

        Args:
            path: the data set's folder, or one of its annotation files.

        Raises:
            UsageError: there is nothing of this format at all.
        """
        ...


READERS: Final[Mapping[str, str]] = {
    "voc": "annot_core.readers.voc:VocReader",
    "yolo": "annot_core.readers.yolo:YoloReader",
    "coco": "annot_core.readers.coco:CocoReader",
}
"""Where each format's reader is; a module is imported only when it is needed."""


def reader_names() -> tuple[str, ...]:
    """Return the names of all formats that can be read, in the order of `READERS`."""
    return tuple(READERS)


def create_reader(name: str) -> Reader:
    """Return the reader of a format.

    Raises:
        UsageError: there is no format of that name.
    """
    if name not in READERS:
        raise UsageError(f"expected a format out of {', '.join(READERS)}; found {name!r}")
    module, _, attribute = READERS[name].partition(":")
    return cast(Reader, getattr(importlib.import_module(module), attribute)())
