"""All present images of a session in a few narrow columns: what a list of a million has to know of each."""

from __future__ import annotations

import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annot_core.records import Status, Verdict
from annot_core.session.rows import Row, pack, unpack

STATUSES: tuple[Status | None, ...] = (None, *Status)
"""What the codes of `SessionIndex.status` mean; 0 is pending."""

VERDICTS: tuple[Verdict | None, ...] = (None, *Verdict)
"""What the codes of `SessionIndex.verdict` mean; 0 is undecided."""

NO_CLASS = -1
"""The code of `SessionIndex.decided_class` where nothing is decided."""

_STATUS_CODES = {status: code for code, status in enumerate(STATUSES)}
_VERDICT_CODES = {verdict: code for code, verdict in enumerate(VERDICTS)}

_FETCHED_AT_ONCE = 20_000

_QUERY = """SELECT image.id, image.class_name, image.is_background, image.status, image.score, image.verdict,
    journal.class_name, journal.mended
    FROM image LEFT JOIN journal ON journal.seq = image.decision WHERE image.present"""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index knows of one image; `id` is its row id, a name that costs eight bytes.

    `status` is None while the image is pending, `score` where there is none, `verdict` and `decided_class`
    while it is undecided. `is_mended` tells that a person kept it with a box other than the first candidate,
    or with another class.
    """

    id: int
    class_name: str
    is_background: bool
    status: Status | None
    score: float | None
    verdict: Verdict | None
    decided_class: str | None
    is_mended: bool


@dataclass(frozen=True, slots=True)
class IndexCounts:
    """How many images there are, by outcome and by verdict.

    `all` is the sum of `ready` (came out of the pipeline without failing), `failed` and `pending`. `decided` is
    the sum of `kept`, `dropped` and `later`. `undecided` ones are ready and have no verdict.
    """

    all: int
    ready: int
    failed: int
    pending: int
    decided: int
    kept: int
    dropped: int
    later: int
    undecided: int


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """Which images an update touched: `positions` (n,) int64, each once.

    `is_other_outcome` (n,) bool tells where status, score or label are other than before.
    """

    positions: NDArray[np.int64]
    is_other_outcome: NDArray[np.bool_]


class SessionIndex:
    """The present images of a session in path order, as one array a column; position i is one image.

    The arrays can be read and not written; `update` changes them. Sources are left to the session's file, which
    finds them by row id: `Session.source_of`, `Session.id_of`.

    Attributes:
        ids: (n,) int64 row ids.
        class_code: (n,) int32 into `classes`, the label's class.
        decided_class: (n,) int32 into `classes`, the class of the decision that holds; `NO_CLASS` without one.
        status: (n,) int8 into `STATUSES`.
        verdict: (n,) int8 into `VERDICTS`.
        score: (n,) float32, 0 to 1, NaN where there is none.
        is_mended: (n,) bool, see `IndexRow`.
    """

    def __init__(self, columns: Sequence[NDArray[Any]], classes: Sequence[str], background: Iterable[str]) -> None:
        """Take over columns in the order of `_DTYPES`; use `Session.index`."""
        self._columns = tuple(columns)
        self.ids, self.class_code, self.status, self.score, self.verdict, self.decided_class, self.is_mended = (
            _read_only(column) for column in self._columns
        )
        self._classes = {name: code for code, name in enumerate(classes)}
        self._background = frozenset(background)
        # The place of each id, without holding the ids twice.
        self._by_id = np.argsort(self.ids, kind="stable").astype(np.int32)
        self._tally = np.bincount(self._cells(slice(None)), minlength=len(STATUSES) * len(VERDICTS))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by code, labels and decided ones; in no order, and only ever longer."""
        return tuple(self._classes)

    @property
    def background(self) -> frozenset[str]:
        """The classes whose images hold no object."""
        return self._background

    @property
    def nbytes(self) -> int:
        """Bytes that the columns take."""
        return self._by_id.nbytes + sum(column.nbytes for column in self._columns)

    def code_of(self, class_name: str) -> int:
        """Return a class name's code, `NO_CLASS` where no image has it."""
        return self._classes.get(class_name, NO_CLASS)

    def shown_class(self, positions: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.int32]:
        """Return the codes of the decided classes, or the labels' where nothing is decided, (n,) int32."""
        decided = self.decided_class[positions]
        shown: NDArray[np.int32] = np.where(decided == NO_CLASS, self.class_code[positions], decided)
        return shown

    def position_of(self, row_id: int | None) -> int | None:
        """Return the position of the image with this row id, None where it is not present."""
        if row_id is None:
            return None
        position = int(self.positions_of([row_id])[0])
        return None if position < 0 else position

    def positions_of(self, row_ids: ArrayLike) -> NDArray[np.int64]:
        """Return the positions of row ids, (n,) int64, in their order; -1 for those that are not present."""
        wanted = np.asarray(row_ids, dtype=np.int64)
        if not len(self):
            return np.full(len(wanted), -1, dtype=np.int64)
        places = np.searchsorted(self.ids, wanted, sorter=self._by_id)
        positions = self._by_id[np.minimum(places, len(self) - 1)].astype(np.int64)
        return np.where(self.ids[positions] == wanted, positions, -1)

    def row(self, position: int) -> IndexRow:
        """Return what is known of the image at a position."""
        names = self.classes
        score, decided = float(self.score[position]), int(self.decided_class[position])
        label = names[self.class_code[position]]
        return IndexRow(
            id=int(self.ids[position]),
            class_name=label,
            is_background=label in self._background,
            status=STATUSES[self.status[position]],
            score=None if np.isnan(score) else score,
            verdict=VERDICTS[self.verdict[position]],
            decided_class=None if decided == NO_CLASS else names[decided],
            is_mended=bool(self.is_mended[position]),
        )

    def counts(self) -> IndexCounts:
        """Count the images, without looking at them: the counts are kept up to date by `update`."""
        tally = self._tally.reshape(len(STATUSES), len(VERDICTS))
        pending, failed = _STATUS_CODES[None], _STATUS_CODES[Status.FAILED]
        by_status, by_verdict = tally.sum(axis=1), tally.sum(axis=0)
        undecided = by_verdict[0] - tally[pending, 0] - tally[failed, 0]
        kept, dropped, later = (
            int(by_verdict[_VERDICT_CODES[verdict]]) for verdict in (Verdict.KEEP, Verdict.DROP, Verdict.LATER)
        )
        return IndexCounts(
            all=len(self),
            ready=len(self) - int(by_status[pending] + by_status[failed]),
            failed=int(by_status[failed]),
            pending=int(by_status[pending]),
            decided=kept + dropped + later,
            kept=kept,
            dropped=dropped,
            later=later,
            undecided=int(undecided),
        )

    def update(self, rows: Iterable[IndexRow]) -> Changed:
        """Take over what is now known of a few images; those that the index lacks are passed over."""
        latest = {row.id: row for row in rows}
        positions = self.positions_of(list(latest))
        fresh = [row for row, position in zip(latest.values(), positions, strict=True) if position >= 0]
        positions = positions[positions >= 0]
        columns = self._encoded(fresh)
        _, class_code, status, score, *_ = columns
        is_other = (
            (self.class_code[positions] != class_code)
            | (self.status[positions] != status)
            | ((self.score[positions] != score) & ~(np.isnan(self.score[positions]) & np.isnan(score)))
        )
        self._count(positions, -1)
        for column, values in zip(self._columns, columns, strict=True):
            column[positions] = values
        self._count(positions, +1)
        return Changed(positions, is_other)

    def _encoded(self, rows: Sequence[IndexRow]) -> list[NDArray[Any]]:
        self._background |= {row.class_name for row in rows if row.is_background}
        values = [
            (
                row.id,
                self._code(row.class_name),
                _STATUS_CODES[row.status],
                np.nan if row.score is None else row.score,
                _VERDICT_CODES[row.verdict],
                NO_CLASS if row.decided_class is None else self._code(row.decided_class),
                row.is_mended,
            )
            for row in rows
        ]
        columns = zip(*values, strict=True) if values else [()] * len(_DTYPES)
        return [np.array(column, dtype=dtype) for column, dtype in zip(columns, _DTYPES, strict=True)]

    def _code(self, class_name: str) -> int:
        return self._classes.setdefault(class_name, len(self._classes))

    def _cells(self, positions: NDArray[np.int64] | slice) -> NDArray[np.int8]:
        cells: NDArray[np.int8] = self.status[positions] * np.int8(len(VERDICTS)) + self.verdict[positions]
        return cells

    def _count(self, positions: NDArray[np.int64], sign: int) -> None:
        self._tally += sign * np.bincount(self._cells(positions), minlength=len(self._tally))


_DTYPES = (np.int64, np.int32, np.int8, np.float32, np.int8, np.int32, np.bool_)
"""Types of the columns: ids, class_code, status, score, verdict, decided_class, is_mended."""


def read_index(connection: sqlite3.Connection) -> SessionIndex:
    """Read the whole index, in one query, so that it is a picture of one moment."""
    codes: defaultdict[bytes | None, int] = defaultdict(itertools.count().__next__)
    background: set[bytes] = set()
    cursor = connection.execute(f"{_QUERY} ORDER BY image.source")
    pages = [[np.zeros(0, dtype=dtype) for dtype in _DTYPES]]
    while rows := cursor.fetchmany(_FETCHED_AT_ONCE):
        pages.append(_columns(rows, codes, background))
    columns = [np.concatenate(parts) for parts in zip(*pages, strict=True)]
    names = [unpack(name) for name in codes if name is not None]
    return SessionIndex(columns, names, {unpack(name) for name in background})


def read_rows(connection: sqlite3.Connection, which: Iterable[int | str]) -> tuple[IndexRow, ...]:
    """Read what the index knows of a few images, named by row id or source; those not present are left out."""
    found: list[IndexRow] = []
    for one in which:
        column, value = ("image.id", int(one)) if not isinstance(one, str) else ("image.source", pack(one))
        row: Row | None = connection.execute(f"{_QUERY} AND {column} = ?", (value,)).fetchone()
        if row is not None:
            found.append(_to_index_row(row))
    return tuple(found)


def _columns(rows: Sequence[Row], codes: defaultdict[bytes | None, int], background: set[bytes]) -> list[NDArray[Any]]:
    ids, labels, backgrounds, statuses, scores, verdicts, decided, mended = zip(*rows, strict=True)
    background.update(itertools.compress(labels, backgrounds))
    values: tuple[Sequence[Any], ...] = (
        ids,
        [codes[label] for label in labels],
        [_STATUS_CODES[status] for status in statuses],
        scores,  # None becomes NaN
        [_VERDICT_CODES[verdict] for verdict in verdicts],
        [NO_CLASS if name is None else codes[name] for name in decided],
        [bool(one) for one in mended],
    )
    return [np.array(column, dtype=dtype) for column, dtype in zip(values, _DTYPES, strict=True)]


def _to_index_row(row: Row) -> IndexRow:
    row_id, label, is_background, status, score, verdict, decided, mended = row
    return IndexRow(
        id=row_id,
        class_name=unpack(label),
        is_background=bool(is_background),
        status=None if status is None else Status(status),
        score=score,
        verdict=None if verdict is None else Verdict(verdict),
        decided_class=None if decided is None else unpack(decided),
        is_mended=bool(mended),
    )


def _read_only(column: NDArray[Any]) -> NDArray[Any]:
    view = column.view()
    view.flags.writeable = False
    return view
