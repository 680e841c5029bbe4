"""The JSON report of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annot_core.geometry import Box
from annot_core.records import Failure, Skipped, Verdict
from annot_core.session import Counts, ImageResult, Session

PENDING = "pending"


def write_report(
    path: Path,
    session: Session,
    *,
    timings_s: Mapping[str, float],
    skipped: tuple[Skipped, ...] = (),
    problems: tuple[Failure, ...] = (),
) -> None:
    """Write the report of a session as JSON, ASCII only, image by image so that it is never whole in memory.

    Boxes are [left, top, right, bottom], 0-based and half-open, in pixels of the upright image. `box` is the
    decided box of a kept image, else the proposed one. `problems` are the images that could not be exported.
    """
    partial = path.with_name(f".{path.name}.partial")
    troubles = {problem.source: problem for problem in problems}
    with partial.open("w", encoding="ascii") as file:
        head = {
            "counts": described_counts(session.counts(), len(skipped), len(problems)),
            "timings_s": {stage: round(seconds, 3) for stage, seconds in timings_s.items()},
            "skipped": [{"source": one.source, "reason": one.reason} for one in skipped],
        }
        file.write(json.dumps(head, indent=1)[:-2] + ',\n "images": [')
        for line in _lines(session, troubles):
            file.write(line)
        file.write("\n ]\n}\n")
    partial.replace(path)


def described_counts(counts: Counts, skipped: int, problems: int) -> dict[str, int]:
    """Return the counts of a session as plain values."""
    names = [
        "images",
        "proposed",
        "no_evidence",
        "background",
        "failed",
        "pending",
        "kept",
        "dropped",
        "later",
        "undecided",
        "missing",
    ]
    return {
        **{name: getattr(counts, name) for name in names},
        "skipped": skipped,
        "not_exported": problems,
    }


def _lines(session: Session, troubles: Mapping[str, Failure]) -> Iterator[str]:
    separator = "\n  "
    for result in session.results():
        yield separator + json.dumps(_described(result, troubles.get(result.source)))
        separator = ",\n  "


def _described(result: ImageResult, trouble: Failure | None) -> dict[str, Any]:
    decision = result.decision
    kept = decision is not None and decision.verdict is Verdict.KEEP
    box = decision.box if decision is not None and kept else result.box
    reason = trouble.reason if trouble else result.reason
    return {
        "id": result.image_id,
        "source": result.source,
        "class": decision.class_name if decision is not None else result.class_name,
        "status": result.status.value if result.status is not None else PENDING,
        "reason": reason,
        "verdict": decision.verdict.value if decision is not None else None,
        "box": _edges(box),
        "score": result.score,
        "candidates": [
            {"box": _edges(one.box), "search": one.search, "threshold": one.threshold} for one in result.candidates
        ],
    }


def _edges(box: Box | None) -> list[int] | None:
    return None if box is None else list(box)
