"""Boxes that are inverted, have no area or lie outside, and objects that are there twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from annot_core.readers import Convention, Finding, Kind, ReadImage, ReadObject

_TOLERANCE_PX: Final = 0.5
"""What rounds to the border is no box outside: writers with few decimals miss it by so little."""

_TOLERANCE_SHARE: Final = 0.001


def box_findings(image: ReadImage, size: tuple[int, int] | None) -> Iterator[Finding]:
    """Yield what is wrong with an image's boxes.

    Args:
        image: with its objects.
        size: (width, height) in pixels of the picture that the boxes are of; None where it is not known.
    """
    seen: dict[tuple[object, ...], ReadObject] = {}
    for one in image.objects:
        trouble = _trouble(one, size)
        if trouble is not None:
            kind, expected = trouble
            yield _finding(kind, image, one, expected, stated(one))
        same = seen.setdefault((one.class_name, one.class_number, one.numbers), one)
        if same is not one:
            place = same.element or f"line {same.line}"
            yield _finding(Kind.DUPLICATE_OBJECT, image, one, "each object once", f"{stated(one)} as in {place}")


def stated(one: ReadObject) -> str:
    """Return an object's box in the words and numbers of its file."""
    return ", ".join(f"{name} {number:g}" for name, number in zip(one.convention.names, one.numbers, strict=True))


def _trouble(one: ReadObject, size: tuple[int, int] | None) -> tuple[Kind, str] | None:
    """Return the kind of what is wrong with a box, and what was expected; None where nothing is."""
    width, height = _extent(one)
    if width < 0 or height < 0:
        return Kind.BOX_INVERTED, _ordered(one.convention)
    if width == 0 or height == 0:
        # A box of one pixel is none to programs that subtract: torchvision raises on it.
        return Kind.BOX_EMPTY, _ordered(one.convention)
    is_outside, is_from_zero = _is_outside(one, size)
    if is_outside:
        room = f"a box inside {size[0]} x {size[1]} pixels" if size is not None else "a box inside the image"
        return Kind.BOX_OUTSIDE, room
    if is_from_zero:
        return Kind.ZERO_BASED, "xmin and ymin of 1 or more"
    return None


def _extent(one: ReadObject) -> tuple[float, float]:
    """Return width and height as programs compute them, in the unit of the file."""
    first, second, third, fourth = one.numbers
    return (third - first, fourth - second) if one.convention is Convention.VOC else (third, fourth)


def _is_outside(one: ReadObject, size: tuple[int, int] | None) -> tuple[bool, bool]:
    """Tell whether a box lies outside, and whether it does so only because its file counts from 0."""
    is_share = one.convention is Convention.YOLO
    tolerance = _TOLERANCE_SHARE if is_share and size is None else _TOLERANCE_PX
    left, top, right, bottom = one.edges(size or (1, 1))
    is_beyond = (size is not None or is_share) and (
        right > (size or (1, 1))[0] + tolerance or bottom > (size or (1, 1))[1] + tolerance
    )
    if one.convention is Convention.VOC:
        return is_beyond or left < -1 or top < -1, left < 0 or top < 0
    return is_beyond or left < -tolerance or top < -tolerance, False


def _ordered(convention: Convention) -> str:
    return "xmin < xmax and ymin < ymax" if convention is Convention.VOC else "a width and a height above 0"


def _finding(kind: Kind, image: ReadImage, one: ReadObject, expected: str, found: str) -> Finding:
    return Finding(kind, image.annotation, expected, found, one.line, one.element)
