"""The tables of a session, and opening the file that holds them.

`journal` is the truth about decisions and only ever grows. What follows from it is kept beside it, in
the same transactions, so that a million images are counted and paged without a walk through it:
`step.state` says which decisions stand, `image.decision` and `image.verdict` what holds now. The rows of
`image` are narrow, since listing, filtering and sorting read them; candidates and heat maps lie apart.

Names and paths are blobs of UTF-8 with surrogate escapes undone: file names need not be text, and blobs
sort byte by byte. A `content` of '' means that the file's bytes have not been hashed yet.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from annot_core.errors import SessionError

APPLICATION_ID = 0x41_41_4E_54
"""What SQLite keeps in the file's header to tell our files from other programs' ("AANT")."""

_VERSION_1 = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE producer (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,          -- JSON
    program_version TEXT NOT NULL,
    registered_at TEXT NOT NULL
);

CREATE TABLE image (
    id INTEGER PRIMARY KEY,
    source BLOB NOT NULL,
    class_name BLOB NOT NULL,
    is_background INTEGER NOT NULL,
    image_id TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    present INTEGER NOT NULL DEFAULT 1,
    content TEXT NOT NULL DEFAULT '',
    width INTEGER,
    height INTEGER,
    status TEXT,                        -- null: pending
    producer INTEGER REFERENCES producer (id),
    score REAL,
    decision INTEGER REFERENCES journal (seq),
    verdict TEXT
);
CREATE UNIQUE INDEX image_by_source ON image (source);
CREATE INDEX image_tally ON image (present, status, verdict);

CREATE TABLE proposal (
    image INTEGER PRIMARY KEY REFERENCES image (id),
    probability REAL NOT NULL,
    stability REAL NOT NULL,
    candidates TEXT NOT NULL            -- JSON: [[left, top, right, bottom, search, threshold], ...]
);
CREATE TABLE heatmap (
    image INTEGER PRIMARY KEY REFERENCES image (id),
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    grid BLOB NOT NULL                  -- float16, little-endian, row by row
);
CREATE TABLE failure (
    image INTEGER PRIMARY KEY REFERENCES image (id),
    stage TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE step (                     -- the decisions taken in one go, which undo takes back in one go
    id INTEGER PRIMARY KEY,
    decider TEXT NOT NULL,
    state TEXT NOT NULL                 -- standing; undone (can be redone); dropped (cannot); withdrawn
);
CREATE INDEX step_by_state ON step (decider, state);

CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,                -- decide, undo, redo; withdraw: all automatic ones so far
    step INTEGER REFERENCES step (id),
    happened_at TEXT NOT NULL,
    image INTEGER REFERENCES image (id),
    content TEXT,
    verdict TEXT,
    class_name BLOB,
    "left" INTEGER,
    top INTEGER,
    "right" INTEGER,
    bottom INTEGER,
    width INTEGER,                      -- of the image when it was decided, as far as it was known
    height INTEGER
);
CREATE INDEX journal_by_image ON journal (image, seq) WHERE image IS NOT NULL;
CREATE INDEX journal_by_step ON journal (step) WHERE event = 'decide';
"""

_VERSION_2 = """
-- Whether a person kept the image with a box other than the first candidate of then, or with another class.
ALTER TABLE journal ADD COLUMN mended INTEGER NOT NULL DEFAULT 0;
"""

_VERSION_3 = """
CREATE TABLE copy (                     -- augmented images
    number INTEGER PRIMARY KEY,
    image_id TEXT NOT NULL,
    plan TEXT NOT NULL,                 -- hash of all that it is made from
    reason TEXT NOT NULL,               -- why there is none; '' where there is
    class_name BLOB NOT NULL,
    "left" INTEGER,
    top INTEGER,
    "right" INTEGER,
    bottom INTEGER,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    content TEXT NOT NULL,
    score REAL,
    decider TEXT NOT NULL
);
CREATE UNIQUE INDEX copy_by_id ON copy (image_id);

CREATE TABLE parent (                   -- what a copy is made from, as it was then
    copy INTEGER NOT NULL REFERENCES copy (number) ON DELETE CASCADE,
    place INTEGER NOT NULL,             -- 0: the original; 1: the ground
    image INTEGER NOT NULL REFERENCES image (id),
    content TEXT NOT NULL,
    class_name BLOB NOT NULL,
    "left" INTEGER,
    top INTEGER,
    "right" INTEGER,
    bottom INTEGER,
    PRIMARY KEY (copy, place)
) WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_VERSION_1, _VERSION_2, _VERSION_3)
"""The script at index v takes a session from version v to v + 1; an empty file is version 0."""

_BUSY_TIMEOUT_S = 30.0
_CACHE_KIB = 32 * 1024


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's own errors as `SessionError`, naming the file at `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise SessionError(
            f"expected a working session in {str(path)!r}, but SQLite says: {error}; look for a full disk or "
            "missing rights, and if the file itself is damaged move it away or choose another --output"
        ) from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block as one transaction that is on disk when the block is left, or leaves no trace."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def connect(path: Path, *, create: bool, locks: bool) -> sqlite3.Connection:
    """Open the session at `path`, brought up to the present version.

    Args:
        path: the file; it may be missing or empty only with `create`.
        create: whether an empty file becomes a session.
        locks: whether the file system has locks; where it has none SQLite must not ask for them.

    Raises:
        SessionError: there is no session, or the file is not one, is newer than this program, or damaged.
    """
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    if not locks:
        uri += "&vfs=unix-none"
    with translated(path):
        # Every use of the connection goes through the session's own lock, hence check_same_thread.
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection, path, create)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, create: bool) -> None:
    version = _version(connection, path)
    if version == 0 and not create:
        raise SessionError(f"expected a session in {str(path)!r}, found an empty file; annotate the data set first")
    # No write-ahead log: it needs shared memory, which network file systems do not have. EXTRA is FULL
    # and syncs the folder too once the rollback journal is gone: without that, a commit right before a
    # power cut can be taken back by a journal that is there again.
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    for newer, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {script} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {newer}; COMMIT;"
        )


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the session in the file, 0 for an empty one, or refuse the file."""
    application_id = _number(connection, "PRAGMA application_id")
    version = _number(connection, "PRAGMA user_version")
    tables = _number(connection, "SELECT count(*) FROM sqlite_master")
    if application_id != APPLICATION_ID and (application_id or version or tables):
        raise SessionError(
            f"expected a session of this program in {str(path)!r}, found another program's database; "
            "move it away or choose another --output"
        )
    if version > len(MIGRATIONS):
        raise SessionError(
            f"expected a session of version {len(MIGRATIONS)} or older in {str(path)!r}, found version "
            f"{version}; use the newer autoannot-tui that wrote it, or choose another --output"
        )
    return version


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
