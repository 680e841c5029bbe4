"""Image files against what is said of them: there, readable, upright, as large as stated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from annot_core.errors import ImageError
from annot_core.imaging import Header
from annot_core.jpeg import UPRIGHT
from annot_core.orientation import SIDEWAYS
from annot_core.readers import Finding, Kind, ReadImage

Peek = Callable[[Path], Header]
"""Reads an image file's header; raises ImageError where it cannot."""


def file_findings(image: ReadImage, peek: Peek) -> tuple[tuple[int, int] | None, list[Finding]]:
    """Look at an image's file.

    Args:
        image: as its data set has it.
        peek: reads its header.

    Returns:
        The (width, height) of the picture that its boxes are of, None where it is not known; and what is wrong.
    """
    if image.path is None:
        found = Finding(Kind.MISSING_IMAGE, image.annotation, image.name, "no such file", element=image.element)
        return image.stated_size, [found]
    try:
        header = peek(image.path)
    except ImageError as error:
        return image.stated_size, [Finding(Kind.BAD_IMAGE, image.name, "an image that can be read", str(error))]
    findings = []
    if header.orientation != UPRIGHT:
        findings.append(Finding(Kind.ROTATED, image.name, "no EXIF orientation, or 1", str(header.orientation)))
    stated = image.stated_size
    # Stated as the pixels lie in the file: that is told by the orientation.
    is_unturned = header.orientation in SIDEWAYS and stated == header.size[::-1]
    if stated is not None and stated != header.size and not is_unturned:
        width, height = header.size
        expected = f"{width} x {height}, as {image.name} has"
        element = image.element or "size"
        findings.append(
            Finding(Kind.WRONG_SIZE, image.annotation, expected, f"{stated[0]} x {stated[1]}", element=element)
        )
    # Boxes on a picture that is turned may be of either; else the file is right, whatever is stated.
    is_turned = header.orientation in SIDEWAYS
    return stated if stated is not None and is_turned else header.size, findings
