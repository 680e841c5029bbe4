"""Sessions in which everything is kept, with boxes where the patches of drawn folders are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawn_folders import PATCH, SIZE

from annot_core.dataset import list_dataset
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.naming import image_ids
from annot_core.records import Candidate, Decider, Decision, LabelledImage, Proposal, Status, Verdict
from annot_core.session import Session


def patch_of(source: str) -> Box:
    """Return the box of an image that `draw_dataset` drew."""
    shift = (5 * int(source.rpartition("-")[2].partition(".")[0])) % 30
    return PATCH._replace(left=PATCH.left + shift, right=PATCH.right + shift)


def keep_all(root: Path, output: Path) -> Path:
    """Keep every image of a folder that `draw_dataset` drew; return the output folder."""
    listed = list_dataset(root).images
    with Session.open(output, root) as session:
        session.sync(listed, content_hash, image_ids)
        session.register_producer("drawn", {})
        session.record([_proposal(image) for image in listed], "drawn")
        session.decide([_decision(image) for image in listed])
    return output


def _proposal(image: LabelledImage) -> Proposal:
    candidates = (Candidate(patch_of(image.source), "exact", 0.3),)
    grid = np.zeros((0, 0), np.float16)
    return Proposal(image.source, content_hash(image.path), SIZE, Status.PROPOSED, 0.7, 0.9, 0.6, candidates, grid)


def _decision(image: LabelledImage) -> Decision:
    box = patch_of(image.source)
    return Decision(image.source, content_hash(image.path), Verdict.KEEP, image.class_name, box, Decider.PERSON)
