"""Names of images and classes that readers stumble over, and images that get in each other's way."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

from annot_core.naming import file_key
from annot_core.readers import Finding, Kind, ReadDataset, ReadImage


def name_findings(dataset: ReadDataset) -> Iterator[Finding]:
    """Yield what is wrong with the names of a data set's images and with the sets they are in."""
    for image in dataset.images:
        if trouble := _awkward(dataset.format, image):
            yield Finding(Kind.IMAGE_NAME, image.name, *trouble)
        # Of an image that a list of VOC names without an XML file the list has told.
        if not image.annotation and not (dataset.format == "voc" and image.sets):
            yield Finding(Kind.NO_ANNOTATION, image.name, "an annotation", "none")
    yield from _collisions(dataset)


def class_findings(dataset: ReadDataset) -> Iterator[Finding]:
    """Yield what is wrong with a data set's list of classes, and objects of classes that are not on it."""
    named = {one.class_name: None for image in dataset.images for one in image.objects if one.class_name}
    where = dataset.listed_in or "."
    if not dataset.listed_in and any(image.objects for image in dataset.images):
        yield Finding(Kind.NO_CLASSES, ".", "classes.txt, labelmap.txt or names in a data.yaml", "none")
    seen: set[str] = set()
    for number, name in enumerate(named if dataset.classes is None else dataset.classes):
        if name in seen:
            yield Finding(Kind.DUPLICATE_NAME, where, "each class once", name, element=f"class {number}")
        seen.add(name)
        if trouble := _awkward_class(name):
            yield Finding(Kind.CLASS_NAME, where, *trouble, element=f"class {number}")
    if dataset.classes is not None:
        yield from _unknown_classes(dataset, seen)


def _unknown_classes(dataset: ReadDataset, known: set[str]) -> Iterator[Finding]:
    for image in dataset.images:
        for one in image.objects:
            if not one.class_name or one.class_name not in known:
                stated = one.class_name or f"class number {one.class_number}"
                expected = f"a class of {dataset.listed_in}"
                yield Finding(Kind.UNKNOWN_CLASS, image.annotation, expected, stated, one.line, one.element)


def _awkward(format_name: str, image: ReadImage) -> tuple[str, str] | None:
    """Return what was expected of an image's name and what was found; None where all is well."""
    name = image.name
    last = name.rpartition("/")[2]
    if any(char.isspace() for char in name):
        return "a name without white space, at which keras-yolo3 and darknet split their lists", name
    if last.startswith("#"):
        return "a name that does not begin with #, which begins a comment for datumaro", name
    if ":" in name or any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        return "a name without colons, control characters and bytes that are no text", name
    if format_name == "voc" and image.annotation and image.path is not None and PurePosixPath(last).suffix != ".jpg":
        return "the ending .jpg, which keras-yolo3 adds to the id", name
    return None


def _awkward_class(name: str) -> tuple[str, str] | None:
    if not name.strip():
        return "a name", "none"
    if ":" in name:
        return "a name without a colon, which ends it in labelmap.txt", name
    if name.startswith("#"):
        return "a name that does not begin with #, which begins a comment in labelmap.txt", name
    if name != " ".join(name.split()):
        return "a name without white space at its ends or twice in a row", name
    return None


def _collisions(dataset: ReadDataset) -> Iterator[Finding]:
    """Yield images that have a name, an annotation or sets in common with another."""
    by_key: dict[str, str] = {}
    by_name: dict[str, ReadImage] = {}
    by_annotation: dict[str, str] = {}
    sets: dict[str, dict[str, None]] = {}
    for image in dataset.images:
        sets.setdefault(image.name, {}).update(dict.fromkeys(image.sets))
        other = by_key.setdefault(file_key(image.name), image.name)
        if other != image.name:
            yield Finding(Kind.CASE_COLLISION, image.name, "a name of its own in any case", f"{other} beside it")
        if dataset.format == "coco" or not image.annotation:
            continue
        before = by_name.setdefault(image.name, image)
        if before is not image:
            yield Finding(Kind.DUPLICATE_NAME, image.annotation, "an image of its own", f"that of {before.annotation}")
        owner = by_annotation.setdefault(image.annotation, image.name)
        if owner != image.name:
            yield Finding(Kind.SHARED_ANNOTATION, image.name, "an annotation of its own", f"that of {owner}")
    yield from _set_findings(dataset, sets)


_UNIONS = frozenset({"trainval", "all", "default"})
"""Lists that hold others."""


def _set_findings(dataset: ReadDataset, sets: dict[str, dict[str, None]]) -> Iterator[Finding]:
    for name, found in sets.items():
        parts = [one for one in found if one not in _UNIONS]
        if len(parts) > 1:
            yield Finding(Kind.TWO_SETS, name, "one set", " and ".join(parts))
    if dataset.format == "voc" and dataset.lists:
        for image in dataset.images:
            if image.annotation and not image.sets:
                yield Finding(Kind.UNLISTED, image.annotation, f"its id in one of {', '.join(dataset.lists)}", "none")
