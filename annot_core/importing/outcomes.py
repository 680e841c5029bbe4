"""What became of each image of an import."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from annot_core.readers import Finding


class Outcome(enum.StrEnum):
    """What an import does with an image: the first six take what it says, the others leave the image as it is."""

    SAME = "same"
    """A person decided just that before."""
    CONFIRMED = "confirmed"
    """It was accepted automatically, and is a person's decision now."""
    KEPT = "kept"
    """It was undecided, left for later or dropped, and is kept with the box that it came with."""
    MOVED = "moved"
    """It has another box than before."""
    RELABELLED = "relabelled"
    """It has another class than before."""
    DROPPED = "dropped"
    """Its box was removed elsewhere."""
    UNANNOTATED = "unannotated"
    """The import has the image, and says nothing of it."""
    UNKNOWN = "unknown"
    """The session has no image of that name."""
    AMBIGUOUS = "ambiguous"
    """Several images could be meant, or several that could be meant say different things."""
    OTHER_SIZE = "other size"
    """The boxes are of a picture of another size, so they are not those of this one."""
    UNUSABLE = "unusable"
    """What it says could not be read, lies outside, or is of a class that cannot be."""
    NOT_READ = "not read"
    """The session's own image was not read so far."""


CHANGES: Final = frozenset({Outcome.CONFIRMED, Outcome.KEPT, Outcome.MOVED, Outcome.RELABELLED, Outcome.DROPPED})
"""The outcomes that are decisions."""

REFUSALS: Final = frozenset(
    {Outcome.UNKNOWN, Outcome.AMBIGUOUS, Outcome.OTHER_SIZE, Outcome.UNUSABLE, Outcome.NOT_READ}
)
"""The outcomes for which a person has to be told the reason."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One image of an import: its name there, its source here (empty if there is none), and what came of it."""

    name: str
    source: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import came to.

    `counts` has each outcome that occurred. `refused` are the images that were left as they are, with the
    reasons; `several` those with several boxes, of which one was taken; `cut` those whose box was cut off at
    the border. `shifted` counts boxes that were ours but for the pixel that programs lose which take VOC to
    count from 0; ours were taken. `new_classes` are classes that the session did not have. `untouched` counts
    the session's images that the import does not have. `findings` is what was found wrong while reading.
    """

    path: Path
    format: str
    images: int
    counts: Mapping[Outcome, int]
    refused: tuple[Imported, ...]
    several: tuple[Imported, ...]
    cut: tuple[Imported, ...]
    shifted: int
    new_classes: tuple[str, ...]
    untouched: int
    findings: tuple[Finding, ...]
    is_dry_run: bool

    @property
    def decisions(self) -> int:
        """How many decisions were taken, or would be."""
        return sum(count for outcome, count in self.counts.items() if outcome in CHANGES)


def counted(outcomes: Counter[Outcome]) -> Mapping[Outcome, int]:
    """Return the counts in the order of the outcomes."""
    return MappingProxyType({outcome: outcomes[outcome] for outcome in Outcome if outcomes[outcome]})
