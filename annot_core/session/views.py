"""What a session answers with, beside the records that cross every wall."""

from __future__ import annotations

from dataclasses import dataclass

from annot_core.geometry import Box
from annot_core.records import Candidate, Decision, Status


@dataclass(frozen=True, slots=True)
class Sync:
    """How many images of a listing are new, changed and unchanged, and how many known ones it lacks."""

    new: int
    changed: int
    unchanged: int
    missing: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many images there are, by what came out of the pipeline and by what was decided.

    `images` counts the present ones and is the sum of `proposed`, `no_evidence`, `background`, `failed` and
    `pending`. `kept`, `dropped` and `later` are present too. `undecided` ones wait for a verdict: they came
    out of the pipeline without failing, and have none. `missing` ones are known but no longer there, and
    are counted nowhere else.
    """

    images: int
    proposed: int
    no_evidence: int
    background: int
    failed: int
    pending: int
    kept: int
    dropped: int
    later: int
    undecided: int
    missing: int


@dataclass(frozen=True, slots=True)
class ImageResult:
    """Everything known of one image, without its heat map.

    `status` is None while the image is pending. `stage` and `reason` are empty unless it failed.
    `image_size` is (width, height) in pixels of the upright image. `score`, `probability` and `stability`
    are 0 to 1. What is not known is None, or empty. `decision` is the one that holds now.
    """

    image_id: str
    source: str
    class_name: str
    is_background: bool
    content: str
    status: Status | None
    stage: str
    reason: str
    image_size: tuple[int, int] | None
    score: float | None
    probability: float | None
    stability: float | None
    candidates: tuple[Candidate, ...]
    producer: str | None
    decision: Decision | None

    @property
    def box(self) -> Box | None:
        """The proposed box, or None where there is none; the decided one is `decision.box`."""
        return self.candidates[0].box if self.candidates else None


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many present images of one class there are, by decision and by outcome.

    An image counts for the class that was decided, or for its label's where nothing is. `mended` ones are among
    the `kept`: a person gave them a box other than the first candidate, or another class. `failed` and
    `pending` go by the outcome, whatever was decided; `undecided` ones are as in `Counts`.
    """

    class_name: str
    images: int
    kept: int
    mended: int
    dropped: int
    later: int
    undecided: int
    failed: int
    pending: int


@dataclass(frozen=True, slots=True)
class UndoStep:
    """The decisions that one undo took back, or one redo made again, in the order they were taken.

    A step can be as large as the data set: `decisions` holds its beginning, and `more` says how many follow.
    """

    decisions: tuple[Decision, ...]
    more: int = 0

    @property
    def source(self) -> str:
        """The image to show after it: the first one of the step."""
        return self.decisions[0].source
