"""What an image of another data set says of an image of the session."""

from __future__ import annotations

from dataclasses import dataclass

from annot_core.errors import ImageError
from annot_core.geometry import Box
from annot_core.imaging import peek_size
from annot_core.importing.class_names import ClassNames
from annot_core.importing.outcomes import Outcome
from annot_core.readers import Convention, ReadImage, ReadObject
from annot_core.records import Decider, Decision, Verdict
from annot_core.session import ImageResult


@dataclass(frozen=True, slots=True)
class Taken:
    """What an image comes to: a decision where there is one to take, else the reason where there is one."""

    outcome: Outcome
    decision: Decision | None = None
    reason: str = ""
    several: str = ""
    cut: str = ""
    is_shifted: bool = False


def take(image: ReadImage, result: ImageResult, classes: ClassNames) -> Taken:
    """Work out what an image becomes.

    Without objects an image of a class with an object is dropped. Of several boxes that is taken which fits
    ours best (by IoU; then one of the same class, then the largest).

    Args:
        image: as another program has it.
        result: what the session knows of the same image.
        classes: finds classes by label.
    """
    if not image.annotation:
        return Taken(Outcome.UNANNOTATED)
    if not image.is_whole:
        return Taken(Outcome.UNUSABLE, reason=f"a part of {image.annotation} could not be read")
    if result.image_size is None or not result.content:
        return Taken(Outcome.NOT_READ, reason=result.reason or "it was not read so far; annotate the data set first")
    size = _size(image)
    if size is not None and size != result.image_size:
        return Taken(Outcome.OTHER_SIZE, reason=_size_reason(size, result.image_size))
    if not image.objects:
        return _without_objects(result)
    return _with_objects(image, result, result.image_size, classes)


def _size(image: ReadImage) -> tuple[int, int] | None:
    """Return the size of the picture that the boxes are of, None where it is not known."""
    if image.stated_size is not None or image.path is None:
        return image.stated_size
    try:
        return peek_size(image.path)
    except ImageError:
        return None


def _size_reason(found: tuple[int, int], expected: tuple[int, int]) -> str:
    turned = "; it was turned, as EXIF has it" if found == expected[::-1] else ""
    return f"expected a picture of {expected[0]} x {expected[1]}, found {found[0]} x {found[1]}{turned}"


def _without_objects(result: ImageResult) -> Taken:
    before = result.decision
    if before is not None and before.verdict is Verdict.KEEP and before.box is None:
        return _compared(result, before.class_name, None)
    if result.is_background:
        return _compared(result, result.class_name, None)
    if before is not None and before.verdict is Verdict.DROP and before.decider is Decider.PERSON:
        return Taken(Outcome.SAME)
    name = before.class_name if before is not None else result.class_name
    return Taken(Outcome.DROPPED, Decision(result.source, result.content, Verdict.DROP, name, None, Decider.PERSON))


def _with_objects(image: ReadImage, result: ImageResult, size: tuple[int, int], classes: ClassNames) -> Taken:
    inside = [(one, box) for one in image.objects if (box := one.box(size)) is not None]
    if not inside:
        return Taken(Outcome.UNUSABLE, reason=f"no box of it lies in the picture of {size[0]} x {size[1]}")
    before = result.decision
    ours = before.box if before is not None and before.box is not None else result.box
    own_class = before.class_name if before is not None else result.class_name
    named = [(one, box, _class_name(one, classes)) for one, box in inside]
    one, box, name = max(named, key=lambda row: (row[1].iou(ours) if ours else 0.0, row[2] == own_class, row[1].area))
    if name is None:
        return Taken(Outcome.UNUSABLE, reason=f"nothing says what class {one.class_number} is")
    if classes.is_background(name):
        return Taken(Outcome.UNUSABLE, reason=f"{name!r} is a class without an object, so it cannot have a box")
    is_shifted = before is not None and before.box is not None and _is_shifted(one, box, before.box)
    taken = _compared(result, name, before.box if before is not None and is_shifted else box)
    several = f"{len(image.objects)} boxes; taken is {tuple(box)} of {name!r}" if len(image.objects) > 1 else ""
    cut = f"cut off at the border to {tuple(box)}" if _is_cut(one, size) else ""
    return Taken(taken.outcome, taken.decision, several=several, cut=cut, is_shifted=is_shifted)


def _is_shifted(one: ReadObject, box: Box, ours: Box) -> bool:
    """Tell whether a box is ours but for what becomes of it in programs that take VOC to count from 0.

    datumaro, and so CVAT, and globox read an xmin of 1 as pixel 1, and write that pixel into other formats.
    """
    is_other_format = one.convention is not Convention.VOC
    return is_other_format and box == ours._replace(left=ours.left + 1, top=ours.top + 1)


def _is_cut(one: ReadObject, size: tuple[int, int]) -> bool:
    """Tell whether more than a rounding error of a box lies outside the image."""
    left, top, right, bottom = one.edges(size)
    # VOC that counts from 0 begins one pixel outside, and loses nothing there.
    least = -1.0 if one.convention is Convention.VOC else -0.5
    return min(left, top) < least or right > size[0] + 0.5 or bottom > size[1] + 0.5


def _class_name(one: ReadObject, classes: ClassNames) -> str | None:
    # Numbers of YOLO count the lines of a list; those of COCO are ids of categories, which may be any.
    number = one.class_number if one.convention is Convention.YOLO else None
    return classes.find(one.class_name, number)


def _compared(result: ImageResult, name: str, box: Box | None) -> Taken:
    """Compare what is to be kept with the decision that holds."""
    before = result.decision
    decision = Decision(result.source, result.content, Verdict.KEEP, name, box, Decider.PERSON)
    if before == decision:
        return Taken(Outcome.SAME)
    if before is None or before.verdict is not Verdict.KEEP:
        return Taken(_from_proposal(result, name, box), decision)
    if before.class_name != name:
        return Taken(Outcome.RELABELLED, decision)
    return Taken(Outcome.CONFIRMED if before.box == box else Outcome.MOVED, decision)


def _from_proposal(result: ImageResult, name: str, box: Box | None) -> Outcome:
    """Return the outcome for an image that was not kept before."""
    if name != result.class_name:
        return Outcome.RELABELLED
    return Outcome.KEPT if box == result.box else Outcome.MOVED
