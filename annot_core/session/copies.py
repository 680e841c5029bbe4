"""Augmented images: which there are, and which of them still hold.

A copy holds while every image that it is made from is kept just as it was then: present, with the same content, class
and box. So whoever drops or changes an image takes its copies back, and whoever undoes that has them again.

The functions that write do so inside a transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from annot_core.errors import SessionError
from annot_core.records import Annotation, Copy, Decider
from annot_core.session.rows import Row, box_row, pack, to_box, unpack

FILES = "augmented"
"""The folder, in the session's, that holds `<id>.jpg` of every copy."""

_BOX = '{0}."left", {0}.top, {0}."right", {0}.bottom'

# A later image of the data set's own has a right to its name.
_HOLDS = f"""copy.reason = '' AND NOT EXISTS (SELECT 1 FROM image WHERE image.image_id = copy.image_id)
    AND NOT EXISTS (
        SELECT 1 FROM parent JOIN image ON image.id = parent.image
        LEFT JOIN journal ON journal.seq = image.decision
        WHERE parent.copy = copy.number AND NOT (image.present AND image.verdict IS 'keep'
            AND (journal.content, journal.class_name, {_BOX.format("journal")})
            IS (parent.content, parent.class_name, {_BOX.format("parent")})))"""

COPY = f"""SELECT copy.image_id, copy.class_name, {_BOX.format("copy")}, copy.width, copy.height,
    copy.content, copy.score, copy.decider, original.image_id, ground.image_id, copy.number
    FROM copy JOIN parent AS first ON first.copy = copy.number AND first.place = 0
    JOIN image AS original ON original.id = first.image
    LEFT JOIN parent AS second ON second.copy = copy.number AND second.place = 1
    LEFT JOIN image AS ground ON ground.id = second.image
    WHERE {_HOLDS}"""
"""The query whose rows `to_copy` reads, to be paged by `copy.image_id`."""

COUNT = f"SELECT count(*) FROM copy WHERE {_HOLDS}"
"""How many copies hold."""

HAS_BOX = 'copy."left" IS NOT NULL'
"""What both queries may be narrowed to."""


def to_copy(row: Row, folder: Path) -> Annotation:
    """Return what a row of `COPY` says, for a session in `folder`."""
    image_id, class_name, left, top, right, bottom, width, height, content, score, decider, original, ground, _ = row
    file = f"{image_id}.jpg"
    return Annotation(
        image_id=image_id,
        path=folder / FILES / file,
        source=f"{FILES}/{file}",
        class_name=unpack(class_name),
        box=to_box([left, top, right, bottom]),
        image_size=(width, height),
        content=content,
        score=score,
        decider=Decider(decider),
        original=original,
        ground=ground or "",
    )


def record(connection: sqlite3.Connection, made: Iterable[Copy]) -> None:
    """Keep copies instead of those with the same numbers; see `Session.record_copies`."""
    for copy in made:
        one = copy.annotation
        connection.execute("DELETE FROM copy WHERE number = ?", (copy.number,))
        connection.execute(
            "INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(copy.number, one.image_id, copy.plan, copy.reason, pack(one.class_name), *box_row(one.box)),
                *(*one.image_size, one.content, one.score, one.decider.value),
            ),
        )
        for place, parent in enumerate(copy.parents):
            added = connection.execute(
                "INSERT INTO parent SELECT ?, ?, id, ?, ?, ?, ?, ?, ? FROM image WHERE image_id = ?",
                (
                    *(copy.number, place, parent.content, pack(parent.class_name), *box_row(parent.box)),
                    parent.image_id,
                ),
            )
            if not added.rowcount:
                raise SessionError(f"expected an image of this session to be made into a copy, found {parent.source!r}")
