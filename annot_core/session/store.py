"""The session: one folder's proposals and decisions on disk, for one writer and any number of readers."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from annot_core.errors import SessionError, UsageError
from annot_core.native_output import LOG_FILE
from annot_core.records import Annotation, Decision, Failure, LabelledImage, Proposal
from annot_core.session import index, journal, listing, lookup, outcomes, rows
from annot_core.session.index import IndexRow, SessionIndex
from annot_core.session.lock import WriterLock, locks_work
from annot_core.session.made import MadeFolders
from annot_core.session.schema import connect, transaction, translated
from annot_core.session.views import ClassCounts, Counts, ImageResult, Sync, UndoStep

Clock = Callable[[], datetime]

_FOLDER = ".autoannot"
_FILE = "session.sqlite3"
_LOCK = "lock"
_IGNORE = ".gitignore"
_PAGE = 500
_TOUCHED = "SELECT 1 FROM image WHERE status IS NOT NULL UNION ALL SELECT 1 FROM step LIMIT 1"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Session:
    """What is known of a data set's images, what was proposed for them, and what was decided.

    Every method that changes something is one transaction that is on disk when it returns. Methods that give
    iterators read page by page, hold nothing open in between, and see changes made meanwhile to
    images that come later in the order. Sources come in the order of their bytes. One session may be used
    from several threads; SQLite's troubles are raised as `SessionError`. A session that was made for a `with`
    block which ends in a `UsageError`, with nothing to show for it, is removed again.
    """

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        lock: WriterLock | None,
        now: Clock,
        made: MadeFolders | None = None,
    ) -> None:
        """Use `Session.open` or `Session.load`."""
        self._made = made
        self._folder = folder
        self._connection = connection
        self._writer = lock
        self._now = now
        self._threads = threading.RLock()

    @classmethod
    def open(cls, output: Path, dataset: Path, *, now: Clock = _utc_now) -> Session:
        """Open the session of `output` for writing, making it where there is none.

        Args:
            output: the folder that the annotations go to; made where it is missing.
            dataset: the root of the data set. A session belongs to one; where the root that it knows no
                longer exists, the data set is taken to have moved here.
            now: the clock that decisions are dated by.

        Raises:
            SessionError: the session belongs to another data set, is open in another program, is newer than
                this one, is damaged, or nothing can be written there.
        """
        folder = output / _FOLDER
        try:
            made = MadeFolders(folder)
            # Nothing in it is for version control.
            (folder / _IGNORE).write_text("*\n", encoding="ascii")
        except OSError as error:
            raise SessionError(
                f"expected to be allowed to make {str(folder)!r}, but: {error}; choose another --output"
            ) from error
        lock = WriterLock(folder / _LOCK)
        with contextlib.ExitStack() as undoing:
            undoing.callback(lock.release)
            connection = connect(folder / _FILE, create=True, locks=lock.works)
            undoing.callback(connection.close)
            session = cls(folder, connection, lock, now, made)
            session._claim(dataset.resolve(), output)
            undoing.pop_all()
        return session

    @classmethod
    def load(cls, output: Path) -> Session:
        """Open the session of `output` for reading only; its data set need not exist.

        Raises:
            SessionError: there is none, or it is newer than this program, or damaged.
        """
        folder = output / _FOLDER
        if not (folder / _FILE).is_file():
            raise SessionError(
                f"expected an output folder with a session, found no {str(folder / _FILE)!r}; "
                "name the folder that a data set was annotated to"
            )
        connection = connect(folder / _FILE, create=False, locks=locks_work(folder / _LOCK))
        connection.execute("PRAGMA query_only = ON")
        return cls(folder, connection, None, _utc_now)

    def close(self) -> None:
        """Close the file and let others write; closing twice does no harm."""
        with self._threads:
            self._connection.close()
            if self._writer is not None:
                self._writer.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, UsageError) and self._made is not None and self._is_untouched():
            self._connection.close()
            self._made.remove((_FILE, _LOCK, _IGNORE, LOG_FILE))
        self.close()

    def _is_untouched(self) -> bool:
        """Tell whether nothing was proposed or decided so far."""
        with contextlib.suppress(SessionError):
            return self._one(_TOUCHED) is None
        return False

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

    def sync(self, images: Iterable[LabelledImage], hash_file: listing.HashFile, assign_ids: listing.AssignIds) -> Sync:
        """Bring the session in line with a listing of the data set.

        An image is known by its source. Where size or modification time differ the file is hashed
        again, if it ever was: the same hash changes nothing, another makes the image pending again,
        without the decision on the old content. A failed image is tried again once its file was touched;
        one with another class or background flag is proposed again. Images that are not listed keep all
        they have, and are passed over until they are listed again.

        Args:
            images: the whole listing, in any order.
            hash_file: gives the hash of the file at a path.
            assign_ids: names the new images, all in one call, by (class name, source) in order of sources.

        Returns:
            `new`, `changed` (to be done again) and `unchanged` add up to the images listed.
        """
        with self._writing() as connection:
            return listing.take_listing(connection, self.root, images, hash_file, assign_ids)

    def register_producer(self, producer: str, description: Mapping[str, object]) -> None:
        """Say what the name `producer` stands for; a name that is known keeps what was said first.

        Args:
            producer: an opaque name of settings and classifier, different whenever proposals would be.
            description: the settings behind it; what JSON does not know is kept as text.
        """
        entry = (
            producer,
            json.dumps(dict(description), default=str, sort_keys=True),
            _program_version(),
            self._time(),
        )
        with self._writing() as connection:
            connection.execute(
                """INSERT INTO producer (name, description, program_version, registered_at)
                VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING""",
                entry,
            )

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
        query = f"""SELECT {rows.IMAGE} FROM image WHERE present AND (status IS NULL OR (decision IS NULL
            AND producer IS NOT (SELECT id FROM producer WHERE name = ?)))"""
        for row in self._pages(query, producer):
            yield rows.to_image(row, self.root)

    def record(self, results: Sequence[Proposal | Failure], producer: str) -> None:
        """Keep what the pipeline said of some images, instead of what was kept for them before.

        The image's content becomes that of the proposal, and with it the decision that holds. A
        failure leaves content and decision as they are.

        Raises:
            SessionError: `producer` is not registered, or a source is not in the session; nothing is kept.
        """
        with self._writing() as connection:
            outcomes.record(connection, results, producer)

    def forget_proposals(self) -> int:
        """Make all images pending again, failed ones too; decisions stay. Return how many had an outcome."""
        with self._writing() as connection:
            return outcomes.forget_all(connection)

    def decide(self, decisions: Iterable[Decision]) -> int:
        """Append decisions to the journal, as one step for undo; return how many were taken.

        They are taken one at a time, so that a million of them need not be in memory together; what makes them
        may read the session meanwhile. An image that could not be read can be dropped, or left for later, by
        a person. A person's decision replaces any other one of the image. An automatic one is taken only where none
        holds, and only for the content and label that the image has now; else it is skipped.

        Raises:
            SessionError: a source is not in the session, or an image is to be kept of which no content is named; none
                is taken.
        """
        with self._writing() as connection:
            return journal.append_decisions(connection, decisions, self._time())

    def forget_automatic(self) -> int:
        """Withdraw every automatic decision; return for how many images one held until now."""
        with self._writing() as connection:
            return journal.withdraw_automatic(connection, self._time())

    def undo(self) -> UndoStep | None:
        """Take back a person's latest step, so that what held before holds again; None if there is none."""
        with self._writing() as connection:
            return journal.take_back(connection, self._time())

    def redo(self) -> UndoStep | None:
        """Make again what was undone last; None if nothing was, or a person has decided since."""
        with self._writing() as connection:
            return journal.make_again(connection, self._time())

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

    def object_classes(self) -> tuple[str, ...]:
        """Return the sorted names of the present images' classes that are not for background."""
        with self._reading() as connection:
            return lookup.object_classes(connection)

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

    def _claim(self, dataset: Path, output: Path) -> None:
        """Remember the data set's root, or refuse it where the session belongs to another one."""
        row = self._one("SELECT value FROM setting WHERE name = 'root'")
        known = None if row is None else Path(rows.unpack(row[0]))
        if known == dataset:
            return
        if known is not None and _exists(known):
            raise SessionError(
                f"expected {str(output)!r} to hold the session of {str(dataset)!r}, found that of "
                f"{str(known)!r}; choose another --output"
            )
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO setting VALUES ('root', ?)", (rows.pack(str(dataset)),))

    def _time(self) -> str:
        return self._now().isoformat()

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
        with self._threads, translated(self._folder / _FILE):
            yield self._connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._writer is None:
            raise SessionError(
                f"expected the session in {str(self._folder)!r} to be open for writing, found it open for "
                "reading; open it with its data set"
            )
        with self._reading() as connection, transaction(connection):
            yield connection


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # It is somebody's, if one may not even look.
        return True


def _program_version() -> str:
    try:
        return importlib.metadata.version("autoannot-tui")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
