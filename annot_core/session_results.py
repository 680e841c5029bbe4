"""What a session holds, in the form that an evaluation takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from annot_core.evaluation import Result
from annot_core.records import Verdict
from annot_core.session import Session


def session_results(output: Path) -> Iterator[Result]:
    """Give each present image's first box and candidates; the first box of a kept image is the decided one.

    Raises:
        SessionError: `output` holds no session.
    """
    with Session.load(output) as session:
        for result in session.results():
            decision = result.decision
            kept = decision is not None and decision.verdict is Verdict.KEEP
            yield Result(
                source=result.source,
                image_id=result.image_id,
                class_name=result.class_name,
                image_size=result.image_size or (0, 0),
                box=decision.box if decision is not None and kept else result.box,
                candidates=tuple(candidate.box for candidate in result.candidates),
            )
