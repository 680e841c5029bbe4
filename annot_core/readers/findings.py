"""What can be wrong with a data set, how bad each is, and what to do about it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


class Severity(enum.StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """Programs fail on it, or train on something else than was meant."""
    WARNING = "warning"
    """Some programs stumble over it, or it is unlikely to be meant."""


class Kind(enum.StrEnum):
    """The kinds of findings."""

    UNREADABLE = "unreadable file"
    BAD_OBJECT = "malformed object"
    BAD_ENTRY = "malformed entry"
    MISSING_IMAGE = "missing image"
    BAD_IMAGE = "unreadable image"
    NOT_THERE = "listed, but not there"
    UNKNOWN_IMAGE = "object of an unknown image"
    UNKNOWN_CLASS = "unknown class"
    CLASS_COUNT = "wrong number of classes"
    BOX_OUTSIDE = "box outside the image"
    BOX_INVERTED = "inverted box"
    BOX_EMPTY = "box without an area"
    WRONG_SIZE = "wrong size"
    ROTATED = "rotated by EXIF"
    DUPLICATE_ID = "duplicate id"
    DUPLICATE_NAME = "duplicate name"
    SHARED_ANNOTATION = "images that share an annotation"
    NO_ANNOTATION = "image without annotation"
    UNLISTED = "in no list"
    TWO_SETS = "image in two sets"
    LISTED_TWICE = "listed twice"
    DUPLICATE_OBJECT = "duplicate object"
    CASE_COLLISION = "names that differ only in case"
    IMAGE_NAME = "awkward image name"
    CLASS_NAME = "awkward class name"
    NO_CLASSES = "no list of classes"
    NO_SIZE = "no size"
    MISSING_FIELD = "missing field"
    FRACTION = "fraction of a pixel"
    ZERO_BASED = "counts from 0"
    FILE_NAME = "another file name"
    ENCODING = "not UTF-8"


@dataclass(frozen=True, slots=True)
class Rule:
    """How bad a kind of finding is, and what to do about it."""

    severity: Severity
    advice: str


def _error(advice: str) -> Rule:
    return Rule(Severity.ERROR, advice)


def _warning(advice: str) -> Rule:
    return Rule(Severity.WARNING, advice)


RULES: Final[Mapping[Kind, Rule]] = MappingProxyType(
    {
        Kind.UNREADABLE: _error("mend the file at that place, or write it anew"),
        Kind.BAD_OBJECT: _error("mend the object, or remove it"),
        Kind.BAD_ENTRY: _error("mend the entry, or remove it"),
        Kind.MISSING_IMAGE: _error("put the image there, or remove its annotation"),
        Kind.BAD_IMAGE: _error("copy the image again, or remove it and its annotation"),
        Kind.NOT_THERE: _error("add what the list names, or take it off the list"),
        Kind.UNKNOWN_IMAGE: _error("add the image's entry, or remove the object"),
        Kind.UNKNOWN_CLASS: _error("add the class at the end of the list, or rename the object's"),
        Kind.CLASS_COUNT: _error("state as many classes as there are names"),
        Kind.BOX_OUTSIDE: _error("cut the box off at the image's border, or draw it anew"),
        Kind.BOX_INVERTED: _error("swap the edges, or draw the box anew"),
        Kind.BOX_EMPTY: _error("remove the box, or draw it anew"),
        Kind.WRONG_SIZE: _error("state the file's own size, and look whether the boxes were made on that picture"),
        Kind.ROTATED: _error("store the image upright without the tag: some programs turn it, others do not"),
        Kind.DUPLICATE_ID: _error("give each entry an id of its own"),
        Kind.DUPLICATE_NAME: _error("keep one entry with the objects of both"),
        Kind.SHARED_ANNOTATION: _error("rename one image, and give it an annotation of its own"),
        Kind.NO_ANNOTATION: _warning("annotate it, or remove it; programs skip it or take it for one without objects"),
        Kind.UNLISTED: _warning("put it on a list, or remove it; programs that go by the lists never see it"),
        Kind.TWO_SETS: _warning("keep it in one set: what is trained on says nothing when it is tested on"),
        Kind.LISTED_TWICE: _warning("remove one of the lines: the image counts twice"),
        Kind.DUPLICATE_OBJECT: _warning("remove one of the two"),
        Kind.CASE_COLLISION: _warning("rename one: macOS and Windows take both for the same file"),
        Kind.IMAGE_NAME: _warning("rename the image and its annotation"),
        Kind.CLASS_NAME: _warning("rename the class"),
        Kind.NO_CLASSES: _warning("add a list of classes; programs fall back on their own, or on an order by chance"),
        Kind.NO_SIZE: _warning("state width and height of the upright image"),
        Kind.MISSING_FIELD: _warning("add the field; TensorFlow's Object Detection API and keras-yolo3 fail without"),
        Kind.FRACTION: _warning("round it; keras-yolo3 and others read whole numbers only"),
        Kind.ZERO_BASED: _warning("add 1 to all coordinates if the whole set counts from 0; Pascal VOC counts from 1"),
        Kind.FILE_NAME: _warning("name the image there as its file is called"),
        Kind.ENCODING: _warning("save the text as UTF-8"),
    }
)
"""What each kind of finding comes to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a data set.

    `path` is relative to the data set's root, with forward slashes; `line` counts from 1, 0 where there
    is none; `element` says which object or entry, empty where it is the whole file.
    """

    kind: Kind
    path: str
    expected: str
    found: str
    line: int = 0
    element: str = ""

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return RULES[self.kind].severity

    @property
    def where(self) -> str:
        """The place for a person to look: file, line and element."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}, {self.element}" if self.element else place


TakeFinding = Callable[[Finding], None]
"""Takes one finding after the other."""
