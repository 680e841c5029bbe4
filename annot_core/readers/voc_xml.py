"""One XML file of Pascal VOC."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

from annot_core.readers.contract import ReadObject
from annot_core.readers.coordinates import Convention
from annot_core.readers.findings import Finding, Kind, TakeFinding
from annot_core.readers.texts import decoded, unreadable

_DECLARATION: Final = re.compile(r"\A<\?xml[^>]*\?>")
_FIELDS: Final = ("truncated", "difficult")


@dataclass(frozen=True, slots=True)
class Said:
    """What an XML file says of its image; `file_name` is empty and `size` None where it does not."""

    file_name: str = ""
    size: tuple[int, int] | None = None
    objects: tuple[ReadObject, ...] = ()
    is_whole: bool = False


def read_annotation(root: Path, path: str, found: TakeFinding) -> Said:
    """Read an XML file; whatever is wrong in it is told to `found`.

    Args:
        root: the data set's folder.
        path: the file, relative to it.
        found: hears of everything that is not as it should be.

    Returns:
        What it says; nothing, and not whole, where it cannot be read.
    """
    try:
        data = (root / path).read_bytes()
    except (OSError, ValueError) as error:
        found(unreadable(path, "an XML file", error))
        return Said()
    top = _parsed(data, path, found)
    if top is None:
        return Said()
    if top.tag != "annotation":
        found(Finding(Kind.UNREADABLE, path, "an element annotation at the top", str(top.tag), _line(top)))
        return Said()
    objects = []
    elements = top.findall("object")
    for number, element in enumerate(elements, start=1):
        one = _object(element, number, path, found)
        if one is not None:
            objects.append(one)
    file_name = (top.findtext("filename") or "").strip()
    if not file_name:
        found(Finding(Kind.MISSING_FIELD, path, "filename", "nothing", _line(top)))
    return Said(file_name, _size(top, path, found), tuple(objects), len(objects) == len(elements))


def _parsed(data: bytes, path: str, found: TakeFinding) -> etree._Element | None:
    """Return the top element, also of a file that is not in the encoding that it claims."""
    # A file from elsewhere must not make us read others or swell, so entities stay unresolved.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        text, is_utf8 = decoded(data)
        bare = _DECLARATION.sub("", text.strip())
        # Latin-1 has a character for every byte, so that the boxes of a file with an odd name are not lost.
        again = bare.encode() if is_utf8 else bare.encode("utf-8", "surrogateescape").decode("latin-1").encode()
        try:
            top = etree.fromstring(again, parser)
        except (etree.XMLSyntaxError, ValueError):
            line = error.lineno if isinstance(error, etree.XMLSyntaxError) else 0
            found(unreadable(path, "well-formed XML", error, line or 0))
            return None
        found(Finding(Kind.ENCODING, path, "text in the encoding that it claims", str(error)))
        return top


def _size(top: etree._Element, path: str, found: TakeFinding) -> tuple[int, int] | None:
    """Return (width, height) as stated, None where that is no size."""
    sides = tuple(_number(top.findtext(f"size/{name}")) for name in ("width", "height"))
    width, height = sides
    if width is None or height is None or width < 1 or height < 1:
        stated = [top.findtext(f"size/{name}") or "nothing" for name in ("width", "height")]
        found(Finding(Kind.NO_SIZE, path, "size with width and height", " x ".join(stated), _line(top)))
        return None
    if top.find("size/depth") is None:
        found(Finding(Kind.MISSING_FIELD, path, "size/depth", "nothing", _line(top)))
    return round(width), round(height)


def _object(element: etree._Element, number: int, path: str, found: TakeFinding) -> ReadObject | None:
    """Return one object, or tell what it lacks."""
    line, place = _line(element), f"object {number}"
    name = (element.findtext("name") or "").strip()
    texts = {tag: element.findtext(f"bndbox/{tag}") for tag in Convention.VOC.names}
    numbers = tuple(map(_number, texts.values()))
    xmin, ymin, xmax, ymax = numbers
    if not name or xmin is None or ymin is None or xmax is None or ymax is None:
        bad = [f"{tag} {text or 'nothing'}" for tag, text in texts.items() if _number(text) is None]
        stated = ", ".join(bad if name else ["name nothing", *bad])
        found(Finding(Kind.BAD_OBJECT, path, "a name, and a number for each edge", stated, line, place))
        return None
    edges = (xmin, ymin, xmax, ymax)
    if any(edge != round(edge) for edge in edges):
        stated = ", ".join(f"{tag} {edge:g}" for tag, edge in zip(texts, edges, strict=True))
        found(Finding(Kind.FRACTION, path, "whole pixels", stated, line, place))
    for field in _FIELDS:
        if element.find(field) is None:
            found(Finding(Kind.MISSING_FIELD, path, field, "nothing", line, place))
    return ReadObject(name, edges, Convention.VOC, line, place)


def _number(text: str | None) -> float | None:
    """Return a finite number, or None."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0
