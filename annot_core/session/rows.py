"""Records to rows of the session's tables, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annot_core.geometry import Box
from annot_core.records import (
    Annotation,
    Candidate,
    Decider,
    Decision,
    LabelledImage,
    Proposal,
    Status,
    Verdict,
)
from annot_core.session.views import ImageResult

Row = tuple[Any, ...]

IMAGE = "source, class_name, is_background, size_bytes, mtime_ns"
"""The columns of `image` that `to_image` reads."""

DECISION = """image.source, journal.content, journal.verdict, journal.class_name,
    journal."left", journal.top, journal."right", journal.bottom, step.decider"""
"""The columns that `to_decision` reads."""

RESULT = f"""SELECT image.source, image.image_id, image.class_name, image.is_background, image.content,
    image.status, failure.stage, failure.reason, image.width, image.height, image.score,
    proposal.probability, proposal.stability, proposal.candidates, producer.name, {DECISION}
    FROM image
    LEFT JOIN failure ON failure.image = image.id
    LEFT JOIN proposal ON proposal.image = image.id
    LEFT JOIN producer ON producer.id = image.producer
    LEFT JOIN journal ON journal.seq = image.decision
    LEFT JOIN step ON step.id = journal.step"""
"""The query whose rows `to_result` reads."""

ANNOTATION = """SELECT image.image_id, image.source, journal.class_name,
    journal."left", journal.top, journal."right", journal.bottom,
    coalesce(image.width, journal.width), coalesce(image.height, journal.height),
    journal.content, image.score, proposal.candidates, step.decider
    FROM image JOIN journal ON journal.seq = image.decision JOIN step ON step.id = journal.step
    LEFT JOIN proposal ON proposal.image = image.id
    WHERE image.present AND image.verdict = 'keep'
    AND coalesce(image.width, journal.width) IS NOT NULL"""
"""The query whose rows `to_annotation` reads, to be paged by `image.image_id`."""

# CROSS JOIN: in the order of the images, or else all failures would be sorted for each page of them.
FAILURE = """SELECT image.source, failure.stage, failure.reason
    FROM image CROSS JOIN failure ON failure.image = image.id
    WHERE image.present AND image.status = 'failed'"""
"""The query for source, stage and reason of each failure."""


def pack(text: str) -> bytes:
    """Return a name or path as the bytes that it has on disk, surrogate escapes and all."""
    return text.encode("utf-8", "surrogateescape")


def unpack(blob: bytes) -> str:
    """Undo `pack`."""
    return blob.decode("utf-8", "surrogateescape")


def printable(text: str) -> str:
    """Return `text` with what UTF-8 cannot hold written as escapes, for texts nobody compares."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def listed_row(image: LabelledImage) -> Row:
    """Return a listed image's columns, in the order of `IMAGE`."""
    return (
        pack(image.source),
        pack(image.class_name),
        image.is_background,
        image.size_bytes,
        image.mtime_ns,
    )


def to_image(row: Row, root: Path) -> LabelledImage:
    """Undo `listed_row` for a data set that lies at `root`."""
    return LabelledImage(root, unpack(row[0]), unpack(row[1]), bool(row[2]), row[3], row[4])


def candidates_json(candidates: tuple[Candidate, ...]) -> str:
    """Return candidates as JSON, best first."""
    return json.dumps(
        [
            # Through int and float: JSON does not take numpy's numbers.
            [
                *map(int, one.box),
                one.search,
                one.threshold if isinstance(one.threshold, str) else float(one.threshold),
            ]
            for one in candidates
        ]
    )


def to_candidates(text: str | None) -> tuple[Candidate, ...]:
    """Undo `candidates_json`; None gives none."""
    return tuple(Candidate(Box(*edges), search, threshold) for *edges, search, threshold in json.loads(text or "[]"))


def first_box(text: str | None) -> Box | None:
    """Return the first of the boxes that `candidates_json` wrote; None gives none."""
    listed = json.loads(text or "[]")
    return Box(*listed[0][:4]) if listed else None


def heatmap_row(heatmap: NDArray[np.float16]) -> Row:
    """Return (height, width, bytes) of a grid, (h, w) float16."""
    return (*heatmap.shape, np.ascontiguousarray(heatmap, dtype="<f2").tobytes())


def to_heatmap(row: Row | None) -> NDArray[np.float16]:
    """Undo `heatmap_row`; None gives the empty grid, (0, 0)."""
    if row is None:
        return np.zeros((0, 0), dtype=np.float16)
    height, width, grid = row
    # Through astype: what frombuffer gives cannot be written to, and is little-endian everywhere.
    return np.frombuffer(grid, dtype="<f2").reshape(height, width).astype(np.float16)


def to_decision(row: Row) -> Decision | None:
    """Return the decision in the columns of `DECISION`, None where there is none."""
    source, content, verdict, class_name, *edges, decider = row
    if verdict is None:
        return None
    return Decision(unpack(source), content, Verdict(verdict), unpack(class_name), to_box(edges), Decider(decider))


def to_result(row: Row) -> ImageResult:
    """Return what a row of `RESULT` says of an image."""
    source, image_id, class_name, is_background, content, status, stage, reason, width, height = row[:10]
    score, probability, stability, candidates, producer = row[10:15]
    return ImageResult(
        image_id=image_id,
        source=unpack(source),
        class_name=unpack(class_name),
        is_background=bool(is_background),
        content=content,
        status=None if status is None else Status(status),
        stage=stage or "",
        reason=reason or "",
        image_size=None if width is None else (width, height),
        score=score,
        probability=probability,
        stability=stability,
        candidates=to_candidates(candidates),
        producer=producer,
        decision=to_decision(row[15:]),
    )


def to_proposal(result: ImageResult, heatmap: NDArray[np.float16]) -> Proposal | None:
    """Return the proposal behind a result, None where the image is pending or failed."""
    if (
        result.status is None
        or result.image_size is None
        or result.score is None
        or result.probability is None
        or result.stability is None
    ):
        return None
    return Proposal(
        source=result.source,
        content=result.content,
        image_size=result.image_size,
        status=result.status,
        score=result.score,
        probability=result.probability,
        stability=result.stability,
        candidates=result.candidates,
        heatmap=heatmap,
    )


def to_annotation(row: Row, root: Path) -> Annotation:
    """Return what a row of `ANNOTATION` says, for a data set that lies at `root`."""
    image_id, source, class_name, left, top, right, bottom, width, height, content, score, candidates, decider = row
    name, box = unpack(source), to_box([left, top, right, bottom])
    # A score is of a box, and people give others.
    is_proposed = box == first_box(candidates)
    return Annotation(
        image_id=image_id,
        path=root / name,
        source=name,
        class_name=unpack(class_name),
        box=box,
        image_size=(width, height),
        content=content,
        score=score if is_proposed else None,
        decider=Decider(decider),
    )


def box_row(box: Box | None) -> Row:
    """Return the four edges of a box, or four times None."""
    # Through int: SQLite takes numpy's integers for blobs.
    return (None, None, None, None) if box is None else tuple(int(edge) for edge in box)


def to_box(edges: Sequence[int | None]) -> Box | None:
    """Undo `box_row`."""
    left, top, right, bottom = edges
    if left is None or top is None or right is None or bottom is None:
        return None
    return Box(left, top, right, bottom)
