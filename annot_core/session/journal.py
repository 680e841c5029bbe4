"""Decisions: an append-only journal, and which of its entries hold now.

The decision that holds for an image is, of the standing entries given on the image's present content, the
latest one by a person, else the latest automatic one. An automatic one also has to fit the label that the
image has now, since nobody looked. From that follow the rest: what a person undid shows what held before,
an older content that comes back brings its decision back, and a redo is a person's word again.

The functions change rows inside a transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from annot_core.errors import SessionError
from annot_core.records import Decider, Decision, Status, Verdict
from annot_core.session.rows import DECISION, Row, box_row, first_box, pack, to_decision
from annot_core.session.views import UndoStep

MOST_TOLD = 1000
"""An undo or redo gives back at most this many decisions; the rest are counted."""

_REFRESH = """UPDATE image SET (decision, verdict) = (
    SELECT journal.seq, journal.verdict FROM journal JOIN step ON step.id = journal.step
    WHERE journal.image = image.id AND journal.event = 'decide' AND journal.content = image.content
    AND step.state = 'standing'
    AND (step.decider = 'person' OR (
        journal.class_name = image.class_name
        AND (journal.verdict <> 'keep' OR (journal."left" IS NULL) = image.is_background)))
    ORDER BY step.decider = 'person' DESC, journal.seq DESC LIMIT 1)"""

_APPEND = """INSERT INTO journal (event, step, happened_at, image, content, verdict, class_name,
    "left", top, "right", bottom, width, height, mended)
    VALUES ('decide', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def refresh(connection: sqlite3.Connection, images: Iterable[int]) -> None:
    """Work out anew which decision holds for each of `images`, given by row id."""
    connection.executemany(f"{_REFRESH} WHERE id = ?", ((image,) for image in images))


def append_decisions(
    connection: sqlite3.Connection, decisions: Iterable[Decision], now: str, steps: dict[Decider, int]
) -> int:
    """Append decisions, one at a time, and return how many were taken; see `Session.decide`.

    Args:
        connection: the session.
        decisions: what was decided.
        now: when.
        steps: the step that the decisions of each decider belong to; one that is missing is begun, and put there.
    """
    taken = 0
    for decision in decisions:
        image = _find(connection, decision)
        if decision.decider is Decider.AUTO and not _is_open_to_auto(decision, image):
            continue
        if decision.decider not in steps:
            steps[decision.decider] = _begin_step(connection, decision.decider)
        _append(connection, decision, image, steps[decision.decider], now)
        taken += 1
    return taken


def go_on(connection: sqlite3.Connection, steps: Mapping[Decider, int]) -> bool:
    """Prepare for more decisions in `steps`; tell whether these still stand, and so can have more."""
    for step in steps.values():
        (state,) = connection.execute("SELECT state FROM step WHERE id = ?", (step,)).fetchone()
        if state != "standing":
            return False
    if Decider.PERSON in steps:
        _drop_undone(connection)
    return True


def withdraw_automatic(connection: sqlite3.Connection, now: str) -> int:
    """Withdraw all automatic decisions; return for how many images one held until now."""
    withdrawn = connection.execute(
        "UPDATE step SET state = 'withdrawn' WHERE decider = 'auto' AND state = 'standing'"
    ).rowcount
    if not withdrawn:
        return 0
    connection.execute("INSERT INTO journal (event, happened_at) VALUES ('withdraw', ?)", (now,))
    # Where an automatic decision holds there is none by a person, so nothing takes its place.
    return connection.execute(
        """UPDATE image SET decision = NULL, verdict = NULL WHERE decision IN (
        SELECT journal.seq FROM step JOIN journal ON journal.step = step.id AND journal.event = 'decide'
        WHERE step.decider = 'auto')"""
    ).rowcount


def take_back(connection: sqlite3.Connection, now: str) -> UndoStep | None:
    """Undo a person's latest standing step; None where there is none."""
    return _turn(connection, "max", "standing", "undone", "undo", now)


def make_again(connection: sqlite3.Connection, now: str) -> UndoStep | None:
    """Redo what was undone last; None where nothing was undone since the last decision."""
    # Steps are undone from the latest backwards, so the last one undone is the earliest of them.
    return _turn(connection, "min", "undone", "standing", "redo", now)


def _turn(connection: sqlite3.Connection, pick: str, old: str, new: str, event: str, now: str) -> UndoStep | None:
    (step,) = connection.execute(
        f"SELECT {pick}(id) FROM step WHERE decider = 'person' AND state = ?", (old,)
    ).fetchone()
    if step is None:
        return None
    connection.execute("UPDATE step SET state = ? WHERE id = ?", (new, step))
    connection.execute("INSERT INTO journal (event, step, happened_at) VALUES (?, ?, ?)", (event, step, now))
    connection.execute(
        f"{_REFRESH} WHERE id IN (SELECT image FROM journal WHERE step = ? AND event = 'decide')", (step,)
    )
    (taken,) = connection.execute(
        "SELECT count(*) FROM journal WHERE step = ? AND event = 'decide'", (step,)
    ).fetchone()
    rows = connection.execute(
        f"""SELECT {DECISION} FROM journal
        JOIN image ON image.id = journal.image JOIN step ON step.id = journal.step
        WHERE journal.step = ? AND journal.event = 'decide' ORDER BY journal.seq LIMIT {MOST_TOLD}""",
        (step,),
    )
    told = tuple(decision for decision in map(to_decision, rows) if decision is not None)
    return UndoStep(told, more=taken - len(told))


def _find(connection: sqlite3.Connection, decision: Decision) -> Row:
    """Return (id, content, class name, is background, width, height, current decision, status) of the image."""
    image: Row | None = connection.execute(
        "SELECT id, content, class_name, is_background, width, height, decision, status FROM image WHERE source = ?",
        (pack(decision.source),),
    ).fetchone()
    if image is None:
        raise SessionError(
            f"expected a decision on an image of this session, found {decision.source!r}; list the data set first"
        )
    if not decision.content and not _is_on_unreadable(decision, image):
        raise SessionError(
            f"expected the content that {decision.source!r} was decided on, found none; "
            "only images that were read can be kept"
        )
    return image


def _is_on_unreadable(decision: Decision, image: Row) -> bool:
    """Tell whether a person says of an image that could not be read that it is not to be kept.

    It holds until the file is read after all, since then the image has a content.
    """
    _, content, _, _, _, _, _, status = image
    is_persons_no = decision.decider is Decider.PERSON and decision.verdict is not Verdict.KEEP
    return is_persons_no and status == Status.FAILED and not content


def _is_open_to_auto(decision: Decision, image: Row) -> bool:
    _, content, class_name, is_background, _, _, current, _ = image
    fits = decision.verdict is not Verdict.KEEP or (decision.box is None) == bool(is_background)
    return current is None and decision.content == content and pack(decision.class_name) == class_name and fits


def _begin_step(connection: sqlite3.Connection, decider: Decider) -> int:
    if decider is Decider.PERSON:
        _drop_undone(connection)
    step = connection.execute("INSERT INTO step (decider, state) VALUES (?, 'standing')", (decider.value,)).lastrowid
    assert step is not None
    return step


def _drop_undone(connection: sqlite3.Connection) -> None:
    """Let nothing be made again that was undone before a person decided anew."""
    connection.execute("UPDATE step SET state = 'dropped' WHERE decider = 'person' AND state = 'undone'")


def _append(connection: sqlite3.Connection, decision: Decision, image: Row, step: int, now: str) -> None:
    row_id, content, _, _, width, height, _, _ = image
    is_present_content = decision.content == content
    size = (width, height) if is_present_content else (None, None)
    entry = (
        step,
        now,
        row_id,
        decision.content,
        decision.verdict.value,
        pack(decision.class_name),
        *box_row(decision.box),
        *size,
        is_present_content and _is_mended(connection, decision, image),
    )
    seq = connection.execute(_APPEND, entry).lastrowid
    if is_present_content:
        connection.execute(
            "UPDATE image SET decision = ?, verdict = ? WHERE id = ?", (seq, decision.verdict.value, row_id)
        )


def _is_mended(connection: sqlite3.Connection, decision: Decision, image: Row) -> bool:
    """Tell whether a person keeps the image with another class or box than it came with."""
    row_id, _, class_name, *_ = image
    if decision.decider is not Decider.PERSON or decision.verdict is not Verdict.KEEP:
        return False
    proposal = connection.execute("SELECT candidates FROM proposal WHERE image = ?", (row_id,)).fetchone()
    proposed = None if proposal is None else first_box(proposal[0])
    return pack(decision.class_name) != class_name or decision.box != proposed
