"""A listing of the data set against what the session knows: new, changed and missing images.

The functions change rows inside a transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from annot_core.errors import ImageError
from annot_core.records import LabelledImage
from annot_core.session.journal import refresh
from annot_core.session.rows import Row, listed_row, unpack
from annot_core.session.views import Sync

AssignIds = Callable[[Sequence[tuple[str, str]], Collection[str]], tuple[str, ...]]
"""Gives each (class name, source) an image id, all different, and different from those already taken."""

HashFile = Callable[[Path], str]
"""Gives the hash of a file's bytes; raises OSError or ImageError where it cannot be read."""

_PAGE = 1000

_LISTED = """CREATE TEMP TABLE listed (
    source BLOB PRIMARY KEY, class_name BLOB, is_background INTEGER, size_bytes INTEGER, mtime_ns INTEGER
    ) WITHOUT ROWID"""

_NEW = """CREATE TEMP TABLE new AS SELECT listed.source FROM listed
    LEFT JOIN image ON image.source = listed.source WHERE image.id IS NULL ORDER BY listed.source"""

_NAMED = "SELECT listed.class_name, listed.source FROM new JOIN listed ON listed.source = new.source"

_ADD = """INSERT INTO image (image_id, source, class_name, is_background, size_bytes, mtime_ns)
    SELECT ?, listed.* FROM new JOIN listed ON listed.source = new.source WHERE new.rowid = ?"""

_IS_RELABELLED = "(listed.class_name <> image.class_name OR listed.is_background <> image.is_background)"
_IS_TOUCHED = "(listed.size_bytes <> image.size_bytes OR listed.mtime_ns <> image.mtime_ns)"

_DIFFERING = f"""SELECT listed.source, image.id, image.content, image.status, {_IS_TOUCHED}, {_IS_RELABELLED}
    FROM listed JOIN image ON image.source = listed.source
    WHERE listed.source > ? AND ({_IS_TOUCHED} OR {_IS_RELABELLED}) ORDER BY listed.source LIMIT {_PAGE}"""

_UPDATE = """UPDATE image SET content = ?, (class_name, is_background, size_bytes, mtime_ns) = (
    SELECT class_name, is_background, size_bytes, mtime_ns FROM listed WHERE listed.source = image.source)
    WHERE id = ?"""

_IS_LISTED = "EXISTS (SELECT 1 FROM listed WHERE listed.source = image.source)"


def take_listing(
    connection: sqlite3.Connection,
    root: Path,
    images: Iterable[LabelledImage],
    hash_file: HashFile,
    assign_ids: AssignIds,
) -> Sync:
    """Bring the session in line with a listing of the data set at `root`; see `Session.sync`."""
    _drop_tables(connection)
    connection.execute(_LISTED)
    connection.executemany(
        "INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?, ?)", (listed_row(image) for image in images)
    )
    (listed,) = connection.execute("SELECT count(*) FROM listed").fetchone()
    new = _add_new(connection, assign_ids)
    changed = _update_differing(connection, root, hash_file)
    connection.execute(f"UPDATE image SET present = 0 WHERE present AND NOT {_IS_LISTED}")
    connection.execute(f"UPDATE image SET present = 1 WHERE NOT present AND {_IS_LISTED}")
    (missing,) = connection.execute("SELECT count(*) FROM image WHERE NOT present").fetchone()
    _drop_tables(connection)
    return Sync(new=new, changed=changed, unchanged=listed - new - changed, missing=missing)


def clear_outcomes(connection: sqlite3.Connection, images: Sequence[int]) -> None:
    """Make images, given by row id, pending again; what their content is stays known."""
    ids = [(image,) for image in images]
    connection.executemany("UPDATE image SET status = NULL, producer = NULL, score = NULL WHERE id = ?", ids)
    for table in ("proposal", "heatmap", "failure"):
        connection.executemany(f"DELETE FROM {table} WHERE image = ?", ids)


def _drop_tables(connection: sqlite3.Connection) -> None:
    for table in ("listed", "new"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


class _NewImages(Sequence[tuple[str, str]]):
    """The class name and source of each new image, in source order; they stay in the file until they are asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.execute(_NEW)
        self._connection = connection
        (self._count,) = connection.execute("SELECT count(*) FROM new").fetchone()

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return map(_named, self._connection.execute(f"{_NAMED} ORDER BY new.rowid"))

    @overload
    def __getitem__(self, at: int) -> tuple[str, str]: ...

    @overload
    def __getitem__(self, at: slice) -> list[tuple[str, str]]: ...

    def __getitem__(self, at: int | slice) -> tuple[str, str] | list[tuple[str, str]]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        return _named(self._connection.execute(f"{_NAMED} WHERE new.rowid = ?", (place + 1,)).fetchone())


class _TakenIds(Collection[str]):
    """The ids of all images that the session knows; they stay in the file too."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM image").fetchone()[0])

    def __iter__(self) -> Iterator[str]:
        return (image_id for (image_id,) in self._connection.execute("SELECT image_id FROM image"))

    def __contains__(self, image_id: object) -> bool:
        return self._connection.execute("SELECT 1 FROM image WHERE image_id = ?", (image_id,)).fetchone() is not None


def _named(row: Row) -> tuple[str, str]:
    class_name, source = row
    return unpack(class_name), unpack(source)


def _add_new(connection: sqlite3.Connection, assign_ids: AssignIds) -> int:
    new = _NewImages(connection)
    if new:
        ids = assign_ids(new, _TakenIds(connection))
        connection.executemany(_ADD, zip(ids, range(1, len(new) + 1), strict=True))
    return len(new)


def _update_differing(connection: sqlite3.Connection, root: Path, hash_file: HashFile) -> int:
    """Update the images whose stat or label differs; return how many are to be done again."""
    changed = 0
    for page in _pages(connection):
        redone, updates = [], []
        for source, image, content, status, is_touched, is_relabelled in page:
            fresh = _rehashed(content, root / unpack(source), hash_file) if is_touched else content
            updates.append((fresh, image))
            # A file that failed is tried again once it was touched: rights may have been mended.
            is_changed = is_touched and (not fresh or fresh != content or status == "failed")
            if is_changed or is_relabelled:
                redone.append(image)
            if fresh != content:
                connection.execute("UPDATE image SET width = NULL, height = NULL WHERE id = ?", (image,))
        connection.executemany(_UPDATE, updates)
        clear_outcomes(connection, redone)
        refresh(connection, redone)
        changed += len(redone)
    return changed


def _rehashed(content: str, path: Path, hash_file: HashFile) -> str:
    """Return the file's hash now, '' where none was known, so that none is owed, or it cannot be read."""
    try:
        return hash_file(path) if content else ""
    except (OSError, ImageError):
        # Not this step's to report: the image becomes pending, and fails there if it still cannot be read.
        return ""


def _pages(connection: sqlite3.Connection) -> Iterator[list[Row]]:
    after = b""
    while page := connection.execute(_DIFFERING, (after,)).fetchall():
        yield page
        after = page[-1][0]
