"""The frozen values that cross the walls between rooms."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annot_core.geometry import Box

if TYPE_CHECKING:
    # It takes longer than all the rest, and what is shown first needs none of it.
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image file of a labelled folder, as found by listing it; nothing of it is decoded yet.

    `source` is the path relative to the data set's root with forward slashes, and the image's name
    everywhere. Bytes that are no text in the file system's encoding stay in it as surrogate escapes.
    """

    root: Path
    source: str
    class_name: str
    is_background: bool
    size_bytes: int
    mtime_ns: int

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.root / self.source


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that the listing passed over, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a box search found in a binary map.

    `score` is the IoU of the box with the binary map (`map_iou`), 0 to 1; `evaluations` counts the
    boxes that were tried, for searches that try boxes one at a time, else 1.
    """

    box: Box
    score: float
    evaluations: int


class Status(enum.StrEnum):
    """How an image came out of the pipeline."""

    PROPOSED = "proposed"
    """A box was found."""
    NO_EVIDENCE = "no evidence"
    """The heat map is flat or has nothing that speaks for the class, so there is no box."""
    BACKGROUND = "background"
    """The image's class has no object; it is annotated with no box."""
    FAILED = "failed"
    """The image could not be read or worked on; its `Failure` says why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One box that could be right, with the search and the threshold that gave it.

    `threshold` is a share of the heat map's maximum, or the name of a rule (`otsu`, `relative`).
    """

    box: Box
    search: str
    threshold: float | str


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What the pipeline says of one image, in pixels of the upright image of `image_size`.

    `candidates` come best first; the first one is the proposed box. `score`, `probability` and
    `stability` are 0 to 1. `heatmap` is the stored grid, (h, w) float16 in [0, 1]; (0, 0) where there
    is none. `content` is the hash of the file's bytes that all this was computed from.
    """

    source: str
    content: str
    image_size: tuple[int, int]
    status: Status
    score: float
    probability: float
    stability: float
    candidates: tuple[Candidate, ...]
    heatmap: NDArray[np.float16]

    @property
    def box(self) -> Box | None:
        """The proposed box, or None where there is none."""
        return self.candidates[0].box if self.candidates else None


@dataclass(frozen=True, slots=True)
class Failure:
    """One image's trouble: the stage in which it happened and a reason for a person to read."""

    source: str
    stage: str
    reason: str


class Verdict(enum.StrEnum):
    """What was decided of an image."""

    KEEP = "keep"
    DROP = "drop"
    LATER = "later"


class Decider(enum.StrEnum):
    """Who decided."""

    AUTO = "auto"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on an image with the content that it was given on.

    `box` is None for a background image and for every verdict but keep.
    """

    source: str
    content: str
    verdict: Verdict
    class_name: str
    box: Box | None
    decider: Decider


@dataclass(frozen=True, slots=True)
class Annotation:
    """A kept image, ready to be written: `box` is None for an image without an object.

    `image_id` is unique in the data set, whatever the case of its letters, and safe as a file name.
    `content` is the hash of the bytes that were decoded and decided on, empty where it is not known.
    `score` is the proposal's, 0 to 1; None where the box is another one than the proposal's.
    An augmented image names the ids of its `original`, whose object it shows, and of the image that lent its
    `ground`, if another one did; both are empty for an image of the data set's own.
    """

    image_id: str
    path: Path
    source: str
    class_name: str
    box: Box | None
    image_size: tuple[int, int]
    content: str = ""
    score: float | None = None
    decider: Decider = Decider.PERSON
    original: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """What came of making an augmented image: the image, or the `reason` why there is none.

    Copies are numbered from 1. `plan` is a hash of all that this one is made from. `parents` are the kept images
    that it is made from, its original first, as they were then.
    """

    number: int
    plan: str
    annotation: Annotation
    parents: tuple[Annotation, ...]
    reason: str = ""
