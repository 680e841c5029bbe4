"""The session: one folder's proposals and decisions on disk, opened, closed and written to.

One program at a time writes; any number of them read. What a session can be asked is in `reading`.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from annot_core.errors import SessionError, UsageError
from annot_core.native_output import LOG_FILE
from annot_core.records import Copy, Decider, Decision, Failure, LabelledImage, Proposal
from annot_core.session import copies, journal, listing, outcomes, rows
from annot_core.session.lock import WriterLock, locks_work
from annot_core.session.made import MadeFolders
from annot_core.session.reading import FILE, SessionReader
from annot_core.session.schema import connect, transaction
from annot_core.session.views import Sync, UndoStep

Clock = Callable[[], datetime]

_FOLDER = ".autoannot"
_LOCK = "lock"
_IGNORE = ".gitignore"
_TOUCHED = "SELECT 1 FROM image WHERE status IS NOT NULL UNION ALL SELECT 1 FROM step LIMIT 1"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Session(SessionReader):
    """What is known of a data set's images, what was proposed for them, and what was decided.

    Every method that changes something is one transaction that is on disk when it returns. One session may be used
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
        super().__init__(folder, connection)
        self._made = made
        self._writer = lock
        self._now = now

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
            connection = connect(folder / FILE, create=True, locks=lock.works)
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
        if not (folder / FILE).is_file():
            raise SessionError(
                f"expected an output folder with a session, found no {str(folder / FILE)!r}; "
                "name the folder that a data set was annotated to"
            )
        connection = connect(folder / FILE, create=False, locks=locks_work(folder / _LOCK))
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
            self._made.remove((FILE, _LOCK, _IGNORE, LOG_FILE))
        self.close()

    def _is_untouched(self) -> bool:
        """Tell whether nothing was proposed or decided so far."""
        with contextlib.suppress(SessionError):
            return self._one(_TOUCHED) is None
        return False

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
            return journal.append_decisions(connection, decisions, self._time(), {})

    def decide_in_parts(self, parts: Iterable[Iterable[Decision]]) -> Iterator[int]:
        """Decide as `decide` does, but a part at a time; give how many decisions of each part were taken.

        All parts are one step for undo. Each is on disk once its number is given, and between two of them others
        may read and decide. Where the step is undone, or withdrawn, meanwhile, nothing more is decided.
        """
        steps: dict[Decider, int] = {}
        for part in parts:
            with self._writing() as connection:
                if not journal.go_on(connection, steps):
                    return
                taken = journal.append_decisions(connection, part, self._time(), steps)
            yield taken

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

    def record_copies(self, made: Iterable[Copy]) -> None:
        """Keep augmented images, each instead of the one with its number; their files lie where they say.

        Raises:
            SessionError: a parent is not in the session; nothing is kept.
        """
        with self._writing() as connection:
            copies.record(connection, made)

    def forget_copies(self, beyond: int) -> None:
        """Forget the augmented images with greater numbers than `beyond`."""
        with self._writing() as connection:
            connection.execute("DELETE FROM copy WHERE number > ?", (beyond,))

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
