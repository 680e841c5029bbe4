"""Records, listings and clocks for the tests of the session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from annot_core.geometry import Box
from annot_core.records import (
    Candidate,
    Decider,
    Decision,
    Failure,
    LabelledImage,
    Proposal,
    Status,
    Verdict,
)
from annot_core.session import Session, Sync

PRODUCER = "settings-1"
BOX = Box(1, 2, 30, 40)


def listed(root: Path, source: str, *, size: int = 1, mtime: int = 1, background: bool = False) -> LabelledImage:
    return LabelledImage(root, source, source.split("/")[0], background, size, mtime)


def assign_ids(named: Sequence[tuple[str, str]], taken: Collection[str]) -> tuple[str, ...]:
    ids = tuple(hashlib.sha256(repr(name).encode()).hexdigest()[:12] for name in named)
    assert not set(ids) & set(taken)
    return ids


def unhashable(path: Path) -> str:
    raise AssertionError(f"{path} was hashed without need")


def sync(session: Session, images: Iterable[LabelledImage], hash_file: Callable[[Path], str] = unhashable) -> Sync:
    return session.sync(images, hash_file, assign_ids)


def proposal(source: str, content: str = "v1", **changes: Any) -> Proposal:
    fields: dict[str, Any] = {
        "source": source,
        "content": content,
        "image_size": (64, 48),
        "status": Status.PROPOSED,
        "score": 0.75,
        "probability": 0.9,
        "stability": 0.6,
        "candidates": (
            Candidate(Box(1, 2, 30, 40), "exact", 0.3),
            Candidate(Box(0, 0, 64, 48), "contour", "otsu"),
        ),
        "heatmap": np.linspace(0, 1, 12, dtype=np.float16).reshape(3, 4),
    }
    return Proposal(**(fields | changes))


def failure(source: str, reason: str = "zero bytes") -> Failure:
    return Failure(source, "decode", reason)


def decision(
    source: str,
    verdict: Verdict = Verdict.KEEP,
    *,
    content: str = "v1",
    class_name: str | None = None,
    box: Box | None = BOX,
    decider: Decider = Decider.PERSON,
) -> Decision:
    return Decision(
        source,
        content,
        verdict,
        source.split("/")[0] if class_name is None else class_name,
        box if verdict is Verdict.KEEP else None,
        decider,
    )


def auto(source: str, content: str = "v1", verdict: Verdict = Verdict.KEEP) -> Decision:
    return decision(source, verdict, content=content, decider=Decider.AUTO)


def current(session: Session, source: str) -> Decision | None:
    result = session.result(source)
    assert result is not None
    return result.decision


def ticking() -> Callable[[], datetime]:
    """Return a clock that starts in 2024 and goes on by a second each time it is read."""
    times = (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second) for second in range(10**6))
    return lambda: next(times)


def in_haste(session: Session) -> Session:
    """Let a session that is soon thrown away leave writing to disk to the system, which is faster."""
    session._connection.execute("PRAGMA synchronous = OFF")
    return session


@contextmanager
def proposed_session(folder: Path, *sources: str) -> Iterator[Session]:
    """Open a session in `folder` whose images, known or not, have a proposal on content v1."""
    with Session.open(folder / "out", folder / "data", now=ticking()) as session:
        in_haste(session)
        sync(session, [listed(session.root, source) for source in sources])
        session.register_producer(PRODUCER, {})
        session.record([proposal(source) for source in sources], PRODUCER)
        yield session
