"""What is looked at: one image, the box that a keep would take, and where that box comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from annot_core.geometry import Box
from annot_core.records import Status, Verdict
from annot_core.session import ImageResult
from annot_core.thresholds import DEFAULT_THRESHOLD, Threshold


@dataclass(frozen=True, slots=True)
class Easel:
    """One image with the box that is offered.

    Attributes:
        result: all that is known of the image.
        box: what would be kept; None where there is nothing to offer.
        candidate: the number of the candidate that the box is, from 0; None where it is none of them.
        threshold: the threshold that the box was found at, where that is known.
        class_name: the class that would be kept.
        origin: where the box comes from, in a few words.
    """

    result: ImageResult
    box: Box | None
    candidate: int | None
    threshold: Threshold | None
    class_name: str
    origin: str

    @classmethod
    def of(cls, result: ImageResult) -> Easel:
        """Show what was decided of an image, or else what is proposed."""
        decision = result.decision
        if decision is not None and decision.verdict is Verdict.KEEP and decision.box is not None:
            boxes = [candidate.box for candidate in result.candidates]
            index = boxes.index(decision.box) if decision.box in boxes else None
            threshold = None if index is None else result.candidates[index].threshold
            return cls(result, decision.box, index, threshold, decision.class_name, "kept")
        class_name = result.class_name if decision is None else decision.class_name
        if not result.candidates:
            return cls(result, None, None, None, class_name, _why_no_box(result))
        shown = cls(result, None, None, None, class_name, "")
        return shown.with_candidate(0)

    @property
    def start_threshold(self) -> float:
        """The threshold, as a share of the map's maximum, that moving it begins at."""
        return self.threshold if isinstance(self.threshold, float) else DEFAULT_THRESHOLD

    def with_candidate(self, index: int) -> Self:
        """Offer another candidate.

        Raises:
            IndexError: there is no such candidate.
        """
        found = self.result.candidates[index]
        origin = f"candidate {index + 1} of {len(self.result.candidates)}"
        return replace(self, box=found.box, candidate=index, threshold=found.threshold, origin=origin)

    def with_next_candidate(self) -> Self:
        """Offer the candidate after the present one, the first one after the last; the same without any."""
        count = len(self.result.candidates)
        if not count:
            return self
        return self.with_candidate(0 if self.candidate is None else (self.candidate + 1) % count)

    def with_threshold(self, threshold: float, box: Box | None) -> Self:
        """Offer the box that was found at another threshold."""
        return replace(self, box=box, candidate=None, threshold=threshold, origin=f"threshold {threshold:.2f}")

    def with_box(self, box: Box) -> Self:
        """Offer a box that a person drew."""
        return replace(self, box=box, candidate=None, origin="adjusted")

    def with_class(self, class_name: str) -> Self:
        """Offer another class."""
        return replace(self, class_name=class_name)


def _why_no_box(result: ImageResult) -> str:
    match result.status:
        case Status.BACKGROUND:
            return "no object"
        case Status.NO_EVIDENCE:
            return "no evidence, no box"
        case Status.FAILED:
            return "failed"
        case None:
            return "waiting for its box"
        case _:
            return "no box"
