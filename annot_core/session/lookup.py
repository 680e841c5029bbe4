"""Finding images by row id and by what a person types of their name, and which classes there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from annot_core.session.rows import RESULT, pack, to_result, unpack
from annot_core.session.views import ImageResult

_EXACT = """SELECT id FROM image WHERE present AND (source = ?1 OR substr(source, -length(?2)) = ?2)
    ORDER BY source"""

# Blobs all the way: what is no UTF-8 is compared byte by byte, and only ASCII letters change their case.
_ANYWHERE = """SELECT id FROM image WHERE present
    AND instr(CAST(lower(CAST(source AS TEXT)) AS BLOB), ?) ORDER BY source"""


def results(connection: sqlite3.Connection, row_ids: Iterable[int]) -> tuple[ImageResult, ...]:
    """Read what is known of a few images; see `Session.results_of`."""
    query = f"{RESULT} WHERE image.id = ?"
    found = (connection.execute(query, (int(row_id),)).fetchone() for row_id in row_ids)
    return tuple(to_result(row) for row in found if row is not None)


def ids_named(connection: sqlite3.Connection, text: str) -> NDArray[np.int64]:
    """Find images by a name that was typed; see `Session.ids_named`."""
    name = pack(text)
    if not name:
        return np.zeros(0, dtype=np.int64)
    found = _ids(connection, _EXACT, name, b"/" + name)
    return found if len(found) else _ids(connection, _ANYWHERE, name.lower())


def object_classes(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the names of classes that are not for background; see `Session.object_classes`."""
    return _classes(connection, "NOT is_background")


def background_classes(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the names of classes that are for background; see `Session.background_classes`."""
    return _classes(connection, "is_background")


def _classes(connection: sqlite3.Connection, condition: str) -> tuple[str, ...]:
    found = connection.execute(f"SELECT DISTINCT class_name FROM image WHERE present AND {condition}")
    return tuple(sorted(unpack(name) for (name,) in found))


def _ids(connection: sqlite3.Connection, query: str, *arguments: bytes) -> NDArray[np.int64]:
    rows = connection.execute(query, arguments)
    return np.fromiter((row_id for (row_id,) in rows), dtype=np.int64)
