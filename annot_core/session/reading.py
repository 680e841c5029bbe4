"""What a session can be asked, from any thread, whoever writes meanwhile."""

from __future__ import annotations

import contextlib
import functools
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annot_core.errors import SessionError
from annot_core.records import Annotation, Failure, LabelledImage, Proposal
from annot_core.session import copies, index, lookup, outcomes, rows
from annot_core.session.index import IndexRow, SessionIndex
from annot_core.session.lock import WriterLock
from annot_core.session.schema import translated
from annot_core.session.views import ClassCounts, Counts, ImageResult

FILE = "session.sqlite3"

_PAGE = 500

_IS_WAITING = """present AND (status IS NULL OR (decision IS NULL
    AND producer IS NOT (SELECT id FROM producer WHERE name = ?)))"""


class SessionReader:
    """The questions to a session.

    Methods that give iterators read page by page, hold nothing open in between, and see changes made meanwhile to
    images that come later in the order. Sources come in the order of their bytes. SQLite's troubles are raised as
    `SessionError`.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        """Take over a connection; use `Session.open` or `Session.load`."""
        self._folder = folder
        self._connection = connection
        self._threads = threading.RLock()

    @property
    def folder(self) -> Path:
        """The folder that the session shares with the trained classifier, the log and partial files."""
        return self._folder

    @functools.cached_property
    def root(self) -> Path:
        """The data set's root, resolved."""
        row = self._one("SELECT value FROM setting WHERE name = 'root'")
        if row is None:
            raise SessionError(
                f"expected a session with a data set in {str(self._folder)!r}, found none; annotate the data set first"
            )
        return Path(rows.unpack(row[0]))

    def describe_producer(self, producer: str) -> dict[str, Any]:
        """Return a producer's `name`, `description`, `program_version` and `registered_at`, or nothing."""
        row = self._one(
            "SELECT name, description, program_version, registered_at FROM producer WHERE name = ?", producer
        )
        if row is None:
            return {}
        name, description, version, registered_at = row
        return {
            "name": name,
            "description": json.loads(description),
            "program_version": version,
            "registered_at": registered_at,
        }

    def pending(self, producer: str) -> Iterator[LabelledImage]:
        """Give the present images for which `producer` has neither a proposal nor a failure."""
        query = f"""SELECT {rows.IMAGE} FROM image WHERE present AND (status IS NULL OR producer IS NOT
            (SELECT id FROM producer WHERE name = ?))"""
        for row in self._pages(query, producer):
            yield rows.to_image(row, self.root)

    def waiting(self, producer: str) -> Iterator[LabelledImage]:
        """Give the present images that `producer` has work on: as `pending`, without what is settled.

        Settled is what is decided and was read: no proposal would change it. A file may have been changed
        and changed back, which brings its decision back but not its size; such a one is not settled.
        """
        for row in self._pages(f"SELECT {rows.IMAGE} FROM image WHERE {_IS_WAITING}", producer):
            yield rows.to_image(row, self.root)

    def waiting_count(self, producer: str) -> int:
        """Return how many images `producer` has work on; see `waiting`."""
        row = self._one(f"SELECT count(*) FROM image WHERE {_IS_WAITING}", producer)
        return 0 if row is None else int(row[0])

    def results(self) -> Iterator[ImageResult]:
        """Give all that is known of each present image, but its heat map."""
        for row in self._pages(f"{rows.RESULT} WHERE image.present"):
            yield rows.to_result(row)

    def result(self, source: str) -> ImageResult | None:
        """Return what is known of one image, present or not; None where it is unknown."""
        row = self._one(f"{rows.RESULT} WHERE image.source = ?", rows.pack(source))
        return None if row is None else rows.to_result(row)

    def proposal(self, source: str) -> Proposal | None:
        """Return an image's proposal with its heat map; None where it is unknown, pending or failed."""
        with self._reading():
            result = self.result(source)
            return None if result is None else rows.to_proposal(result, self.heatmap(source))

    def heatmap(self, source: str) -> NDArray[np.float16]:
        """Return an image's stored heat map, (h, w) float16 in [0, 1]; (0, 0) where there is none."""
        query = """SELECT heatmap.height, heatmap.width, grid FROM heatmap
            JOIN image ON image.id = heatmap.image WHERE image.source = ?"""
        return rows.to_heatmap(self._one(query, rows.pack(source)))

    def annotations(self) -> Iterator[Annotation]:
        """Give the present images whose decision is to keep them, with its class and box, in order of their ids.

        A kept image has been read, so its size is known; one that was kept on bytes that were never read
        here waits until it is proposed.
        """
        for row in self._pages(rows.ANNOTATION, key="image.image_id", first=""):
            yield rows.to_annotation(row, self.root)

    def annotation(self, image_id: str) -> Annotation | None:
        """Return what `annotations` gives of one image, None where it gives nothing."""
        row = self._one(f"{rows.ANNOTATION} AND image.image_id = ?", image_id)
        return None if row is None else rows.to_annotation(row, self.root)

    def has_id(self, image_id: str) -> bool:
        """Tell whether an image of the data set, present or not, has this id."""
        return self._one("SELECT 1 FROM image WHERE image_id = ?", image_id) is not None

    def copies(self) -> Iterator[Annotation]:
        """Give the augmented images that hold, in order of their ids; see `annot_core.session.copies`."""
        for row in self._pages(copies.COPY, key="copy.image_id", first=""):
            yield copies.to_copy(row, self._folder)

    def first_copies(self, most: int) -> tuple[Annotation, ...]:
        """Return those of the augmented images with a box that hold which have the lowest numbers."""
        with self._reading() as connection:
            query = f"{copies.COPY} AND {copies.HAS_BOX} ORDER BY copy.number LIMIT ?"
            found = connection.execute(query, (most,)).fetchall()
        return tuple(copies.to_copy(row, self._folder) for row in found)

    def copy_count(self, *, with_box: bool = False) -> int:
        """Return how many augmented images hold, or how many of those have a box."""
        row = self._one(f"{copies.COUNT} AND {copies.HAS_BOX}" if with_box else copies.COUNT)
        return 0 if row is None else int(row[0])

    def copy_made(self, number: int) -> tuple[str, str, str, str] | None:
        """Return an augmented image's plan, id, content and the reason why there is none, whether it holds or not."""
        row = self._one("SELECT plan, image_id, content, reason FROM copy WHERE number = ?", number)
        return None if row is None else (row[0], row[1], row[2], row[3])

    def is_copy(self, image_id: str) -> bool:
        """Tell whether there is an augmented image with this id, whether it holds or not."""
        return self._one("SELECT 1 FROM copy WHERE image_id = ? AND reason = ''", image_id) is not None

    def object_classes(self) -> tuple[str, ...]:
        """Return the sorted names of the present images' classes that are not for background."""
        with self._reading() as connection:
            return lookup.object_classes(connection)

    def background_classes(self) -> tuple[str, ...]:
        """Return the sorted names of the present images' classes that are for background."""
        with self._reading() as connection:
            return lookup.background_classes(connection)

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Let a block run only while no other program, or thread, is in one of the same name.

        Raises:
            SessionError: one is.
        """
        lock = WriterLock(self._folder / name)
        try:
            yield
        finally:
            lock.release()

    def failures(self) -> Iterator[Failure]:
        """Give the present images that could not be read or worked on, with their reasons."""
        for source, stage, reason in self._pages(rows.FAILURE):
            yield Failure(rows.unpack(source), stage, reason)

    def counts(self) -> Counts:
        """Count the images by outcome and by decision."""
        with self._reading() as connection:
            return outcomes.count(connection)

    def settled_count(self) -> int:
        """Return how many present images are settled; see `waiting`."""
        row = self._one("SELECT count(*) FROM image WHERE present AND status IS NOT NULL AND decision IS NOT NULL")
        return 0 if row is None else int(row[0])

    def class_counts(self) -> tuple[ClassCounts, ...]:
        """Count the present images of each class, in order of the classes' names."""
        with self._reading() as connection:
            return outcomes.count_classes(connection)

    def index(self) -> SessionIndex:
        """Return what lists, filters and sorts need of all present images, in about 27 bytes an image."""
        with self._reading() as connection:
            return index.read_index(connection)

    def index_rows(self, which: Iterable[int | str]) -> tuple[IndexRow, ...]:
        """Return what `SessionIndex.update` needs of a few images, named by row id or source.

        Those that are unknown or not present are left out.
        """
        with self._reading() as connection:
            return index.read_rows(connection, which)

    def results_of(self, row_ids: Iterable[int]) -> tuple[ImageResult, ...]:
        """Return what is known of a few images, in the order of their row ids; unknown ones are left out."""
        with self._reading() as connection:
            return lookup.results(connection, row_ids)

    def source_of(self, row_id: int) -> str | None:
        """Return the source of the image with this row id, None where there is none."""
        row = self._one("SELECT source FROM image WHERE id = ?", int(row_id))
        return None if row is None else rows.unpack(row[0])

    def id_of(self, source: str) -> int | None:
        """Return the row id of the image with this source, None where there is none."""
        row = self._one("SELECT id FROM image WHERE source = ?", rows.pack(source))
        return None if row is None else int(row[0])

    def ids_named(self, text: str) -> NDArray[np.int64]:
        """Return the row ids of the present images that a person can mean by `text`, (n,) int64 in path order.

        These are the ones whose source or file name is exactly that; if there are none, those whose source has
        it anywhere, in upper or lower case.
        """
        with self._reading() as connection:
            return lookup.ids_named(connection, text)

    def _one(self, query: str, *arguments: object) -> rows.Row | None:
        with self._reading() as connection:
            row: rows.Row | None = connection.execute(query, arguments).fetchone()
            return row

    def _pages(
        self, query: str, *arguments: object, key: str = "image.source", first: bytes | str = b""
    ) -> Iterator[rows.Row]:
        """Give the rows of a query that begins with the column `key` and ends in its WHERE clause.

        Each page is a query of its own: an open one would block the writer, or see half of what it writes.
        """
        after = first
        while True:
            with self._reading() as connection:
                page = connection.execute(
                    f"{query} AND {key} > ? ORDER BY {key} LIMIT {_PAGE}", (*arguments, after)
                ).fetchall()
            if not page:
                return
            yield from page
            after = page[-1][0]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._threads, translated(self._folder / FILE):
            yield self._connection
