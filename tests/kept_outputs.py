"""Output folders with kept images, made without a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from drawn_folders import PATCH, SIZE, draw_dataset
from PIL import Image

from annot_core.dataset import list_dataset
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.naming import image_ids
from annot_core.records import Candidate, Decider, Decision, LabelledImage, Proposal, Status, Verdict
from annot_core.session import Session

PRODUCER = "settings"


def keep_all(dataset: Path, boxes: dict[str, Box] | None = None) -> Path:
    """Keep each image of a data set, with the box of its patch; return the output folder."""
    output = dataset.with_name(f"{dataset.name}-annotated")
    listed = list_dataset(dataset)
    with Session.open(output, dataset) as session:
        session._connection.execute("PRAGMA synchronous = OFF")
        session.sync(listed.images, content_hash, image_ids)
        session.register_producer(PRODUCER, {})
        proposals = [_proposal(image, (boxes or {}).get(image.source, PATCH)) for image in listed.images]
        session.record(proposals, PRODUCER)
        session.decide(_kept(listed.images, proposals))
    return output


def draw_with_backgrounds(root: Path, each: int = 3, empty: int = 2) -> Path:
    """Draw a labelled folder with bright and dark patches, and with pictures of nothing."""
    draw_dataset(root, each)
    (root / "empty").mkdir()
    for number in range(empty):
        color = (90 + 20 * number, 120, 150)
        Image.new("RGB", SIZE, color).save(root / "empty" / f"empty-{number}.jpg", quality=95)
    return root


def _proposal(image: LabelledImage, box: Box) -> Proposal:
    heatmap = np.zeros((6, 8), np.float16)
    heatmap[1:4, 1:4] = 1
    candidates = () if image.is_background else (Candidate(box, "exact", 0.3),)
    return Proposal(
        source=image.source,
        content=content_hash(image.path),
        image_size=SIZE,
        status=Status.BACKGROUND if image.is_background else Status.PROPOSED,
        score=1.0 if image.is_background else 0.75,
        probability=0.9,
        stability=0.5,
        candidates=candidates,
        heatmap=heatmap,
    )


def _kept(images: Sequence[LabelledImage], proposals: Sequence[Proposal]) -> list[Decision]:
    return [
        Decision(image.source, proposal.content, Verdict.KEEP, image.class_name, proposal.box, Decider.AUTO)
        for image, proposal in zip(images, proposals, strict=True)
    ]
