"""The rows of one YOLO label file (https://docs.ultralytics.com/datasets/detect, /segment, /obb, /pose)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from annot_core.readers.contract import ReadObject
from annot_core.readers.coordinates import Convention, Numbers, around
from annot_core.readers.findings import Finding, Kind, TakeFinding
from annot_core.readers.texts import read_text

_BOX: Final = 4
_LEAST_POLYGON: Final = 6


def read_rows(
    root: Path, path: str, classes: Sequence[str], keypoints: int, found: TakeFinding
) -> tuple[tuple[ReadObject, ...], bool]:
    """Read a label file; whatever is wrong in it is told to `found`.

    A row is a class number and four numbers. One more behind them is how sure a program was, and is
    passed over; more are a polygon, around which the box is taken, unless they are keypoints.

    Args:
        root: the data set's folder.
        path: the file, relative to it.
        classes: names by number; a number without a name has the name ''.
        keypoints: how many numbers of keypoints follow each box; 0 where there are none.
        found: hears of everything that is not as it should be.

    Returns:
        The objects, and whether these are all that the file has.
    """
    text = read_text(root, path, found)
    if text is None:
        return (), False
    objects = []
    is_whole = True
    for line, row in enumerate(text.split("\n"), start=1):
        words = row.split()
        if not words:
            continue
        number, numbers = _number(words[0]), row_numbers(words, keypoints)
        if numbers is None or number is None or number < 0 or number != int(number):
            expected = "a class number, and x, y, width and height or a polygon"
            found(Finding(Kind.BAD_OBJECT, path, expected, row.strip()[:60], line))
            is_whole = False
            continue
        index = int(number)
        name = classes[index] if index < len(classes) else ""
        objects.append(ReadObject(name, numbers, Convention.YOLO, line, "", index))
    return tuple(objects), is_whole


def row_numbers(words: Sequence[str], keypoints: int = 0) -> Numbers | None:
    """Return x, y, width and height of a row's words, of which the first is the class; None if it is no row."""
    read = [_number(word) for word in words[1:]]
    values = [one for one in read if one is not None]
    if len(values) != len(read) or len(values) < _BOX:
        return None
    x, y, width, height = values[:_BOX]
    if len(values) in (_BOX, _BOX + 1, _BOX + keypoints):
        return x, y, width, height
    if len(values) >= _LEAST_POLYGON and len(values) % 2 == 0:
        return around(values, Convention.YOLO)
    return None


def _number(word: str) -> float | None:
    """Return a finite number, or None."""
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
