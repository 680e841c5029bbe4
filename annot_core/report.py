"""The JSON report of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from annot_core.errors import ExportError, UsageError
from annot_core.geometry import Box
from annot_core.records import Failure, Skipped, Status, Verdict
from annot_core.session import Counts, ImageResult, Session

PENDING = "pending"
SKIPPED = "skipped"
NO_EVIDENCE_REASON = "nothing in the heat map speaks for the class"


def check_report_path(path: Path) -> None:
    """Make sure that a report can be written, before a long run and not after it.

    Raises:
        UsageError: the path is a folder, or the folder that it lies in is not there or not writable.
    """
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir():
        found = "found a folder" if path.is_dir() else f"found no folder {str(folder)!r}"
        raise UsageError(f"expected a file to write the report to at {str(path)!r}, {found}; name another")
    if not os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise UsageError(f"expected to be allowed to write the report into {str(folder)!r}; name another folder")


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
    decided box of a kept image, else the proposed one. Files that were passed over when the data set was
    listed follow the images, with the status `skipped` and no id.

    Args:
        path: the file; whole or not there.
        session: what is reported.
        timings_s: seconds by stage.
        skipped: what the listing passed over.
        problems: images that could not be exported.

    Raises:
        ExportError: the file could not be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    troubles = {problem.source: problem for problem in problems}
    try:
        with partial.open("w", encoding="ascii") as file:
            head = {
                "counts": described_counts(session.counts(), len(skipped), len(problems)),
                "timings_s": {stage: round(seconds, 3) for stage, seconds in timings_s.items()},
            }
            file.write(json.dumps(head, indent=1)[:-2] + ',\n "images": [')
            for line in _lines(session, troubles, skipped):
                file.write(line)
            file.write("\n ]\n}\n")
        partial.replace(path)
    except OSError as error:
        raise ExportError(
            f"expected to write the report to {str(path)!r}, but: {error.strerror or error}; name another file"
        ) from error


def described_counts(counts: Counts, skipped: int, problems: int) -> dict[str, int]:
    """Return the counts of a session as plain values, with how many files were skipped or not exported."""
    return {**asdict(counts), "skipped": skipped, "not_exported": problems}


def _lines(session: Session, troubles: Mapping[str, Failure], skipped: tuple[Skipped, ...]) -> Iterator[str]:
    separator = "\n  "
    for result in session.results():
        yield separator + json.dumps(_described(result, troubles.get(result.source)))
        separator = ",\n  "
    for one in skipped:
        yield separator + json.dumps(_described_skip(one))
        separator = ",\n  "


def _described(result: ImageResult, trouble: Failure | None) -> dict[str, Any]:
    decision = result.decision
    kept = decision is not None and decision.verdict is Verdict.KEEP
    box = decision.box if decision is not None and kept else result.box
    return {
        "id": result.image_id,
        "source": result.source,
        "class": decision.class_name if decision is not None else result.class_name,
        "status": result.status.value if result.status is not None else PENDING,
        "reason": trouble.reason if trouble else _reason(result),
        "box": _edges(box),
        "score": result.score,
        "candidates": [
            {"box": _edges(one.box), "search": one.search, "threshold": one.threshold} for one in result.candidates
        ],
    }


def _reason(result: ImageResult) -> str:
    return NO_EVIDENCE_REASON if result.status is Status.NO_EVIDENCE else result.reason


def _described_skip(skipped: Skipped) -> dict[str, Any]:
    folder, slash, _ = skipped.source.partition("/")
    return {
        "id": None,
        "source": skipped.source,
        "class": folder if slash else None,
        "status": SKIPPED,
        "reason": skipped.reason,
        "box": None,
        "score": None,
        "candidates": [],
    }


def _edges(box: Box | None) -> list[int] | None:
    return None if box is None else list(box)
