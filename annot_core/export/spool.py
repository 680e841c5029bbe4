"""Annotations on disk, in order of their ids, to be gone through as often as there are formats."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from annot_core.errors import ExportError
from annot_core.export.writing import troubles_of
from annot_core.geometry import Box
from annot_core.naming import clean_id, file_key
from annot_core.records import Annotation, Decider

_TOGETHER: Final = 500
_NO_PATH: Final = Path()
_STATE_BYTES: Final = 12


_Row = tuple[str, str, str, tuple[int, ...] | None, tuple[int, int], str, float | None, str, str, str]


class Sets(Protocol):
    """Gives the set of an image by its id; a dict does, and so does `Split`."""

    def __getitem__(self, image_id: str, /) -> str:
        """Return the name of an image's set."""
        ...


class Spool(Iterable[Annotation]):
    """Annotations in a file of their own: written once, then read any number of times, without their paths.

    A session may change while it is exported, and all formats have to tell the same; in memory, a million
    annotations would take a gigabyte. Paths would take most of the time, and the images are written already.
    """

    def __init__(self, path: Path, annotations: Iterable[Annotation]) -> None:
        """Keep annotations in a new file at `path`.

        Raises:
            ExportError: the file could not be written.
        """
        self._path = path
        self.images = self.boxes = self.copies = 0
        part: list[_Row] = []
        with troubles_of(path), path.open("wb") as file:
            for annotation in annotations:
                self.images += 1
                self.boxes += annotation.box is not None
                self.copies += bool(annotation.original)
                part.append(_row(annotation))
                if len(part) == _TOGETHER:
                    pickle.dump(part, file, pickle.HIGHEST_PROTOCOL)
                    part = []
            pickle.dump(part, file, pickle.HIGHEST_PROTOCOL)

    def __iter__(self) -> Iterator[Annotation]:
        with self._path.open("rb") as file:
            while True:
                try:
                    rows = pickle.load(file)
                except EOFError:
                    return
                yield from map(_annotation, rows)


def _row(one: Annotation) -> _Row:
    box = None if one.box is None else tuple(map(int, one.box))
    told = (one.image_id, one.source, one.class_name, box, one.image_size, one.content, one.score, one.decider.value)
    return *told, one.original, one.ground


def _annotation(row: _Row) -> Annotation:
    image_id, source, class_name, edges, image_size, content, score, decider, original, ground = row
    box = None if edges is None else Box(*edges)
    own = (source, class_name, box, image_size, content, score, Decider(decider))
    return Annotation(image_id, _NO_PATH, *own, original, ground)


def checked(annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    """Yield annotations, making sure that their ids are in order and can be files.

    Raises:
        ExportError: an id cannot be a file name, is not behind the one before it, or means the same file as
            another one on some file system.
    """
    before = ""
    seen: set[int] = set()
    for annotation in annotations:
        image_id = annotation.image_id
        if clean_id(image_id) != image_id:
            raise ExportError(f"expected an id that `image_ids` gives, found {image_id!r}")
        if image_id < before:
            raise ExportError(f"expected annotations in order of their ids, found {image_id!r} behind {before!r}")
        before = image_id
        key = hash(file_key(image_id))
        if key in seen:
            raise ExportError(
                "expected ids that differ on every file system, found one that is there before, or but for the case"
                f" of its letters: {image_id!r} (of {annotation.source!r})"
            )
        seen.add(key)
        yield annotation


def state_of(annotations: Iterable[Annotation], split: Sets, labels: Iterable[str], label_of: Mapping[str, str]) -> str:
    """Return a hash of all that the files of any format are made from."""
    digest = hashlib.blake2b(repr((tuple(labels), sorted(label_of.items()))).encode(), digest_size=_STATE_BYTES)
    for one in annotations:
        told = (one.image_id, one.content, one.class_name, one.box, one.image_size, one.score, one.decider)
        digest.update(repr((*told, split[one.image_id])).encode(errors="surrogateescape"))
    return digest.hexdigest()
