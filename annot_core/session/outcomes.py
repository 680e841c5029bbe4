"""What came out of the pipeline: proposals and failures, and counting them.

The functions change rows inside a transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from annot_core.errors import SessionError
from annot_core.records import Failure, Proposal, Status, Verdict
from annot_core.session.journal import refresh
from annot_core.session.listing import clear_outcomes
from annot_core.session.rows import candidates_json, heatmap_row, pack, printable, unpack
from annot_core.session.views import ClassCounts, Counts

_CLASS_COUNTS = """SELECT coalesce(journal.class_name, image.class_name) AS name, count(*),
    count(*) FILTER (WHERE image.verdict = 'keep'),
    count(*) FILTER (WHERE image.verdict = 'keep' AND journal.mended),
    count(*) FILTER (WHERE image.verdict = 'drop'),
    count(*) FILTER (WHERE image.verdict = 'later'),
    count(*) FILTER (WHERE image.verdict IS NULL AND image.status <> 'failed'),
    count(*) FILTER (WHERE image.status = 'failed'),
    count(*) FILTER (WHERE image.status IS NULL)
    FROM image LEFT JOIN journal ON journal.seq = image.decision
    WHERE image.present GROUP BY name ORDER BY name"""


def record(connection: sqlite3.Connection, results: Sequence[Proposal | Failure], producer: str) -> None:
    """Replace the outcomes of some images; see `Session.record`."""
    row = connection.execute("SELECT id FROM producer WHERE name = ?", (producer,)).fetchone()
    if row is None:
        raise SessionError(f"expected a registered producer, found {producer!r}; call register_producer before record")
    for result in results:
        image, content, status = _find(connection, result.source)
        if status is not None:
            clear_outcomes(connection, [image])
        if isinstance(result, Failure):
            _record_failure(connection, image, result, row[0])
        else:
            _record_proposal(connection, image, result, row[0])
            if result.content != content:
                refresh(connection, [image])


def forget_all(connection: sqlite3.Connection) -> int:
    """Make all images pending; return how many were not."""
    for table in ("proposal", "heatmap", "failure"):
        connection.execute(f"DELETE FROM {table}")
    return connection.execute(
        "UPDATE image SET status = NULL, producer = NULL, score = NULL WHERE status IS NOT NULL"
    ).rowcount


def count(connection: sqlite3.Connection) -> Counts:
    """Count images by outcome and by decision; see `Counts`."""
    statuses: dict[str | None, int] = dict.fromkeys([None, *Status], 0)
    verdicts: dict[str | None, int] = dict.fromkeys(Verdict, 0)
    undecided = missing = 0
    query = "SELECT present, status, verdict, count(*) FROM image GROUP BY present, status, verdict"
    for present, status, verdict, images in connection.execute(query):
        if not present:
            missing += images
            continue
        statuses[status] += images
        if verdict is not None:
            verdicts[verdict] += images
        elif status not in (None, Status.FAILED):
            undecided += images
    return Counts(
        images=sum(statuses.values()),
        proposed=statuses[Status.PROPOSED],
        no_evidence=statuses[Status.NO_EVIDENCE],
        background=statuses[Status.BACKGROUND],
        failed=statuses[Status.FAILED],
        pending=statuses[None],
        kept=verdicts[Verdict.KEEP],
        dropped=verdicts[Verdict.DROP],
        later=verdicts[Verdict.LATER],
        undecided=undecided,
        missing=missing,
    )


def count_classes(connection: sqlite3.Connection) -> tuple[ClassCounts, ...]:
    """Count the images of each class; see `ClassCounts`."""
    return tuple(ClassCounts(unpack(name), *numbers) for name, *numbers in connection.execute(_CLASS_COUNTS))


def _find(connection: sqlite3.Connection, source: str) -> tuple[int, str, str | None]:
    """Return an image's row id, content and status."""
    found: tuple[int, str, str | None] | None = connection.execute(
        "SELECT id, content, status FROM image WHERE source = ?", (pack(source),)
    ).fetchone()
    if found is None:
        raise SessionError(f"expected results for images of this session, found {source!r}; list the data set first")
    return found


def _record_proposal(connection: sqlite3.Connection, image: int, proposal: Proposal, producer: int) -> None:
    # Through int and float: SQLite takes numpy's numbers for blobs, or not at all.
    width, height = map(int, proposal.image_size)
    connection.execute(
        """UPDATE image SET content = ?, width = ?, height = ?, status = ?, producer = ?, score = ?
        WHERE id = ?""",
        (proposal.content, width, height, proposal.status.value, producer, float(proposal.score), image),
    )
    connection.execute(
        "INSERT INTO proposal VALUES (?, ?, ?, ?)",
        (image, float(proposal.probability), float(proposal.stability), candidates_json(proposal.candidates)),
    )
    if proposal.heatmap.size:
        connection.execute("INSERT INTO heatmap VALUES (?, ?, ?, ?)", (image, *heatmap_row(proposal.heatmap)))


def _record_failure(connection: sqlite3.Connection, image: int, failure: Failure, producer: int) -> None:
    connection.execute("UPDATE image SET status = ?, producer = ? WHERE id = ?", (Status.FAILED.value, producer, image))
    connection.execute(
        "INSERT INTO failure VALUES (?, ?, ?)", (image, printable(failure.stage), printable(failure.reason))
    )
