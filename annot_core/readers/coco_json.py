"""One JSON file of COCO, read item by item."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from annot_core.readers.coordinates import Convention, Numbers, around
from annot_core.readers.findings import Finding, Kind, TakeFinding
from annot_core.readers.json_items import JsonError, json_items
from annot_core.readers.texts import unreadable


@dataclass(frozen=True, slots=True)
class Entry:
    """An image as the file has it; `size` is None where none is stated."""

    file_name: str
    size: tuple[int, int] | None
    element: str


@dataclass(frozen=True, slots=True)
class Row:
    """An annotation; `image` and `category` are ids as texts, `numbers` None where there is no box."""

    image: str
    category: str
    numbers: Numbers | None
    element: str

    @property
    def category_number(self) -> int:
        """The category's id as a number, -1 where it is none."""
        return int(self.category) if self.category.lstrip("-").isdecimal() else -1


@dataclass(slots=True)
class CocoFile:
    """What a file says: image entries and category names by id, and annotations in their order."""

    entries: dict[str, Entry] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    is_whole: bool = True


_KEYS: Final = ("images", "annotations", "categories")


def read_coco(root: Path, path: str, found: TakeFinding) -> CocoFile:
    """Read a JSON file; whatever is wrong in it is told to `found`, and the rest is read."""
    reading = _Reading(path, found)
    keys = set()
    try:
        for key, index, item in json_items(root / path):
            keys.add(key)
            if index >= 0 and key in _KEYS:
                reading.take(key, index, item)
    except JsonError as error:
        found(unreadable(path, "well-formed JSON", error, error.line))
        reading.file.is_whole = False
    except (OSError, ValueError) as error:
        found(unreadable(path, "a JSON file", error))
        reading.file.is_whole = False
    else:
        for key in _KEYS:
            if key not in keys:
                found(Finding(Kind.BAD_ENTRY, path, f"a list {key!r}", "none"))
        # Without that list nothing is said of any image, which is not that they have no objects.
        reading.file.is_whole = "annotations" in keys
    return reading.file


class _Reading:
    """One file while it is read."""

    def __init__(self, path: str, found: TakeFinding) -> None:
        self.file = CocoFile()
        self._path = path
        self._found = found
        self._annotations: set[str] = set()
        self._names: dict[str, str] = {}

    def take(self, key: str, index: int, item: Any) -> None:
        """Take one item of one of the lists."""
        element = f"{key}[{index}]"
        if not isinstance(item, dict) or (_key(item.get("id")) is None and key != "annotations"):
            self._bad(Kind.BAD_ENTRY, element, "an object with an id", _short(item))
        elif key == "images":
            self._image(item, element)
        elif key == "categories":
            self._category(item, element)
        else:
            self._annotation(item, element)

    def _image(self, item: dict[str, Any], element: str) -> None:
        image, name = str(_key(item["id"])), item.get("file_name")
        if not isinstance(name, str) or not name.strip():
            self._bad(Kind.BAD_ENTRY, element, "a file_name", _short(name))
        elif image in self.file.entries:
            self._bad(Kind.DUPLICATE_ID, element, "an id of its own", f"{image} as {self.file.entries[image].element}")
        else:
            size = _size(item)
            if size is None:
                stated = f"{_short(item.get('width'))} x {_short(item.get('height'))}"
                self._bad(Kind.NO_SIZE, element, "width and height", stated)
            self.file.entries[image] = Entry(name, size, element)

    def _category(self, item: dict[str, Any], element: str) -> None:
        category, name = str(_key(item["id"])), item.get("name")
        if not isinstance(name, str) or not name.strip():
            self._bad(Kind.BAD_ENTRY, element, "a name", _short(name))
            return
        if category in self.file.categories:
            other = self.file.categories[category]
            self._bad(Kind.DUPLICATE_ID, element, "an id of its own", f"{category} as that of {other}")
            return
        if name in self._names:
            self._bad(Kind.DUPLICATE_NAME, element, "a name of its own", f"{name}, as in {self._names[name]}")
        self._names.setdefault(name, element)
        self.file.categories[category] = name

    def _annotation(self, item: dict[str, Any], element: str) -> None:
        number, image, category = (_key(item.get(name)) for name in ("id", "image_id", "category_id"))
        if number is not None and number in self._annotations:
            self._bad(Kind.DUPLICATE_ID, element, "an id of its own", number)
        if number is not None:
            self._annotations.add(number)
        if image is None:
            self._bad(Kind.BAD_OBJECT, element, "an image_id", _short(item.get("image_id")))
            return
        numbers = _numbers(item)
        if category is None or numbers is None:
            expected = "a bbox of four numbers" if numbers is None else "a category_id"
            stated = item.get("bbox") if numbers is None else item.get("category_id")
            self._bad(Kind.BAD_OBJECT, element, expected, _short(stated))
        self.file.rows.append(Row(image, category or "", numbers if category else None, element))

    def _bad(self, kind: Kind, element: str, expected: str, stated: str) -> None:
        self._found(Finding(kind, self._path, expected, stated, element=element))


def _key(value: Any) -> str | None:
    """Return an id as a text: some programs write numbers as texts."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value).strip() or None


def _size(item: dict[str, Any]) -> tuple[int, int] | None:
    sides = [_number(item.get(name)) for name in ("width", "height")]
    width, height = sides
    if width is None or height is None or width < 1 or height < 1:
        return None
    return round(width), round(height)


def _numbers(item: dict[str, Any]) -> Numbers | None:
    """Return x, y, width, height of the bbox, or of what is around the polygons where there is none."""
    stated = item.get("bbox")
    if isinstance(stated, list) and len(stated) == 4:
        x, y, width, height = map(_number, stated)
        if x is None or y is None or width is None or height is None:
            return None
        return x, y, width, height
    polygons = item.get("segmentation")
    if stated or not isinstance(polygons, list):
        return None
    points = [_number(one) for polygon in polygons if isinstance(polygon, list) for one in polygon]
    known = [one for one in points if one is not None]
    if len(known) < 6 or len(known) != len(points) or len(points) % 2:
        return None
    return around(known, Convention.COCO)


def _number(value: Any) -> float | None:
    """Return a finite number, also one that was written as a text; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)[:60]
