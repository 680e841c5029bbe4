"""Indexes, sessions and results for the tests of the review."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from annot_core.geometry import Box
from annot_core.records import Candidate, Decider, Decision, Failure, LabelledImage, Proposal, Status, Verdict
from annot_core.session import ImageResult, IndexRow, Session, SessionIndex
from annot_core.session.index import NO_CLASS, STATUSES, VERDICTS

PRODUCER = "settings-1"
SIZE = (64, 48)
FIRST, SECOND, OTHER = Box(1, 2, 30, 40), Box(0, 0, 64, 48), Box(5, 6, 20, 21)
CLASSES = ("raccoon", "a b", "none", "kangaroo")
BACKGROUND = "none"


def index_of(rows: Sequence[IndexRow]) -> SessionIndex:
    """Return an index whose positions are those of `rows`, with the class names in `CLASSES`."""
    code = {None: NO_CLASS} | {name: place for place, name in enumerate(CLASSES)}
    columns = (
        ([row.id for row in rows], np.int64),
        ([code[row.class_name] for row in rows], np.int32),
        ([STATUSES.index(row.status) for row in rows], np.int8),
        ([np.nan if row.score is None else row.score for row in rows], np.float32),
        ([VERDICTS.index(row.verdict) for row in rows], np.int8),
        ([code[row.decided_class] for row in rows], np.int32),
        ([row.is_mended for row in rows], np.bool_),
    )
    return SessionIndex([np.array(values, dtype) for values, dtype in columns], CLASSES, {BACKGROUND})


def row(row_id: int, status: Status | None = Status.PROPOSED, score: float | None = 0.5, **changes: Any) -> IndexRow:
    return replace(IndexRow(row_id, CLASSES[0], False, status, score, None, None, False), **changes)


def decided(one: IndexRow, verdict: Verdict, class_name: str | None = None, *, mended: bool = False) -> IndexRow:
    return replace(one, verdict=verdict, decided_class=class_name or one.class_name, is_mended=mended)


@st.composite
def index_rows(draw: st.DrawFn, row_id: int) -> IndexRow:
    """Draw anything that an index can know of the image `row_id`."""
    status = draw(st.sampled_from(STATUSES))
    unscored = status in (None, Status.FAILED)
    verdict = draw(st.sampled_from(VERDICTS))
    return IndexRow(
        row_id,
        draw(st.sampled_from(CLASSES)),
        False,
        status,
        None if unscored else draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])),
        verdict,
        None if verdict is None else draw(st.sampled_from(CLASSES)),
        verdict is Verdict.KEEP and draw(st.booleans()),
    )


def proposal(source: str, content: str = "v1", **changes: Any) -> Proposal:
    fields: dict[str, Any] = {
        "source": source,
        "content": content,
        "image_size": SIZE,
        "status": Status.PROPOSED,
        "score": 0.75,
        "probability": 0.9,
        "stability": 0.6,
        "candidates": (Candidate(FIRST, "ensemble", 0.3), Candidate(SECOND, "contour", 0.4)),
        "heatmap": np.zeros((0, 0), dtype=np.float16),
    }
    return Proposal(**(fields | changes))


def background(source: str) -> Proposal:
    return proposal(source, status=Status.BACKGROUND, score=1.0, candidates=())


def no_evidence(source: str) -> Proposal:
    return proposal(source, status=Status.NO_EVIDENCE, score=0.0, candidates=())


def failure(source: str) -> Failure:
    return Failure(source, "read", "zero bytes")


def result(status: Status | None = Status.PROPOSED, **changes: Any) -> ImageResult:
    """Return what a session knows of an image with this outcome."""
    read = status not in (None, Status.FAILED)
    boxes = (Candidate(FIRST, "ensemble", 0.3), Candidate(SECOND, "contour", 0.4))
    is_background = status is Status.BACKGROUND
    given = ImageResult(
        image_id="1",
        source="raccoon/1.jpg",
        class_name=BACKGROUND if is_background else "raccoon",
        is_background=is_background,
        content="v1" if read else "",
        status=status,
        stage="",
        reason="",
        image_size=SIZE if read else None,
        score=0.5 if read else None,
        probability=0.5 if read else None,
        stability=0.5 if read else None,
        candidates=boxes if status is Status.PROPOSED else (),
        producer=PRODUCER,
        decision=None,
    )
    return replace(given, **changes)


def decision(
    source: str = "raccoon/1.jpg",
    verdict: Verdict = Verdict.KEEP,
    *,
    box: Box | None = FIRST,
    class_name: str = "raccoon",
    decider: Decider = Decider.PERSON,
) -> Decision:
    return Decision(source, "v1", verdict, class_name, box if verdict is Verdict.KEEP else None, decider)


def _assign_ids(named: Sequence[tuple[str, str]], taken: Collection[str]) -> tuple[str, ...]:
    return tuple(hashlib.sha256(repr(name).encode()).hexdigest()[:12] for name in named)


def _no_hash(path: Path) -> str:
    raise AssertionError(f"{path} was hashed without need")


@contextmanager
def open_session(
    folder: Path,
    outcomes: Sequence[Proposal | Failure] = (),
    *,
    pending: Sequence[str] = (),
    description: dict[str, object] | None = None,
) -> Iterator[Session]:
    """Open a session in `folder` with these outcomes and some images that have none yet."""
    with Session.open(folder / "out", folder / "data") as session:
        # It is soon thrown away, so that writing to disk can be left to the system, which is faster.
        session._connection.execute("PRAGMA synchronous = OFF")
        backgrounds = {one.source for one in outcomes if isinstance(one, Proposal) and one.status is Status.BACKGROUND}
        sources = [*(one.source for one in outcomes), *pending]
        images = [
            LabelledImage(session.root, source, source.split("/")[0], source in backgrounds, 1, 1) for source in sources
        ]
        session.sync(images, _no_hash, _assign_ids)
        session.register_producer(PRODUCER, description or {})
        session.record(outcomes, PRODUCER)
        yield session
