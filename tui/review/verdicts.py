"""What a key decides of an image, or why it cannot be decided so.

An image of a class with an object is kept with a box, one of a background class without. One that could not
be read can be dropped or left for later, and one that is still pending cannot be decided at all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from annot_core.geometry import Box
from annot_core.records import Decider, Decision, Status, Verdict
from annot_core.session import ImageResult


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an image cannot be decided like this, for a person to read; nothing was decided.

    `needs_box` tells that it could be, with a box: adjusting it from `Adjuster.start(None, ...)` gives one.
    """

    reason: str
    needs_box: bool = False


def shown_box(result: ImageResult) -> Box | None:
    """Return the box to show, and to mend: that of a kept image, else the first candidate, or None."""
    return result.decision.box if _is_kept(result) and result.decision is not None else result.box


def shown_class(result: ImageResult) -> str:
    """Return the class to show: the decided one, else the label's."""
    return result.decision.class_name if result.decision is not None else result.class_name


def is_background(result: ImageResult, background: Collection[str]) -> bool:
    """Tell whether the shown class has no object; `background` are such classes, as `SessionIndex.background`."""
    return _has_no_object(result, shown_class(result), background)


def keep(result: ImageResult, box: Box | None, background: Collection[str] = ()) -> Decision | Refused:
    """Keep an image with its shown class and a box: the shown one, an adjusted one, one of another threshold.

    Args:
        result: the image.
        box: in pixels of the upright image; passed over where the class has no object.
        background: the classes without an object, besides the image's own.
    """
    return keep_as(result, shown_class(result), box, background)


def keep_candidate(result: ImageResult, number: int, background: Collection[str] = ()) -> Decision | Refused:
    """Keep an image with the candidate that has a number from 1."""
    if not _is_read(result):
        return _unread(result)
    if is_background(result, background):
        return Refused(f"{shown_class(result)!r} is a class without an object, so there is no box to take")
    if not 1 <= number <= len(result.candidates):
        count = len(result.candidates)
        there = "there is none" if not count else "there is only one" if count == 1 else f"there are {count}"
        return Refused(f"there is no candidate {number}: {there}", needs_box=not count)
    return keep(result, result.candidates[number - 1].box, background)


def keep_as(
    result: ImageResult, class_name: str, box: Box | None, background: Collection[str] = ()
) -> Decision | Refused:
    """Keep an image with a class that a person picked or typed, and a box; see `keep`."""
    if not _is_read(result):
        return _unread(result)
    if not class_name.strip():
        return Refused("a class needs a name")
    if _has_no_object(result, class_name, background):
        return _decision(result, Verdict.KEEP, class_name, None)
    if box is None:
        return Refused(f"there is no box, and {class_name!r} is a class with an object: draw one first", needs_box=True)
    if result.image_size is not None and not box.fits(*result.image_size):
        width, height = result.image_size
        return Refused(f"the box {tuple(box)} is not inside the image of {width} x {height} pixels", needs_box=True)
    return _decision(result, Verdict.KEEP, class_name, box)


def drop(result: ImageResult) -> Decision | Refused:
    """Drop an image, also one that could not be read."""
    return _without_keeping(result, Verdict.DROP)


def later(result: ImageResult) -> Decision | Refused:
    """Leave an image for later, also one that could not be read."""
    return _without_keeping(result, Verdict.LATER)


def _without_keeping(result: ImageResult, verdict: Verdict) -> Decision | Refused:
    if result.status is None and not result.content:
        return _unread(result)
    return _decision(result, verdict, shown_class(result), None)


def _decision(result: ImageResult, verdict: Verdict, class_name: str, box: Box | None) -> Decision:
    return Decision(result.source, result.content, verdict, class_name, box, Decider.PERSON)


def _is_kept(result: ImageResult) -> bool:
    return result.decision is not None and result.decision.verdict is Verdict.KEEP


def _has_no_object(result: ImageResult, class_name: str, background: Collection[str]) -> bool:
    return class_name in background or (result.is_background and class_name == result.class_name)


def _is_read(result: ImageResult) -> bool:
    return result.status not in (None, Status.FAILED)


def _unread(result: ImageResult) -> Refused:
    if result.status is None:
        return Refused("this image is not ready yet")
    return Refused("this image could not be worked on, so it can only be dropped or left for later")
