"""Pascal VOC: an XML file for each image, and lists of ids.

The layout is that of the VOC2012 development kit, where trainval is train and val, and test lies apart;
with `classes.txt` and `labelmap.txt` for readers that would otherwise assume VOC's own twenty classes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from annot_core.errors import ExportError
from annot_core.export.contract import IMAGES, Counts, Destination
from annot_core.export.coordinates import one_based
from annot_core.export.parallel import in_order
from annot_core.export.writing import Writing
from annot_core.records import Annotation

_SETS: Final = "ImageSets/Main"
_LABELMAP: Final = "labelmap.txt"
_ALL: Final = "trainval"
_TEST: Final = "test"
_WORKERS: Final = 4
_BACKGROUND: Final = "background"


class VocExporter:
    """Writes `Annotations/`, `ImageSets/Main/` and `labelmap.txt`."""

    name: Final = "voc"
    places: Final = ("Annotations/", f"{_SETS}/", _LABELMAP)

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations; see `Exporter.export`."""

        def write(annotation: Annotation) -> str:
            text = annotation_xml(annotation, destination.label_of)
            writing.write(xml_file(annotation.image_id), text)
            return annotation.image_id

        with contextlib.ExitStack() as files:
            lists = {name: files.enter_context(writing.file(list_file(name))) for name in (_ALL, *destination.sets)}
            for image_id in in_order(write, annotations, _WORKERS):
                name = destination.split[image_id]
                for listed in (name,) if name == _TEST else (name, _ALL):
                    lists[listed].write(f"{image_id}\n".encode())
        writing.write(_LABELMAP, labelmap(destination.labels).encode())

    def count(self, destination: Destination) -> Counts:
        """Read the lists and every XML file that they name; see `Exporter.count`."""
        ids = {name: _read(destination, list_file(name)).decode().split() for name in (_ALL, *destination.sets)}
        seen = [image_id for name in destination.sets if name != _TEST for image_id in ids[name]]
        if sorted(seen) != ids[_ALL]:
            raise ExportError(f"expected the sets in {_SETS} to hold each id of {_ALL}.txt once; they do not")
        seen += ids.get(_TEST, [])
        boxes = sum(in_order(lambda image_id: _count_objects(image_id, destination), seen, _WORKERS))
        return Counts(len(seen), boxes)


def annotation_xml(annotation: Annotation, label_of: Mapping[str, str]) -> bytes:
    """Return the XML file of one image, as UTF-8.

    There is no XML declaration, as in VOC's own files: readers that decode the file themselves and hand
    lxml a string (TensorFlow's Object Detection API) fail on one. No tag but VOC's own is written, since
    some readers look for `name`, `object`, `part`, `width` and `height` anywhere in a tag.

    Args:
        annotation: the image, and its box if it has one.
        label_of: the label by class name; looked up only for a box.
    """
    width, height = annotation.image_size
    root = etree.Element("annotation")
    # Where the file lies; the data set's own folder would make a moved data set other bytes.
    _add(root, "folder", IMAGES)
    _add(root, "filename", f"{annotation.image_id}.jpg")
    size = etree.SubElement(root, "size")
    for tag, number in (("width", width), ("height", height), ("depth", 3)):
        _add(size, tag, number)
    _add(root, "segmented", 0)
    if annotation.box is not None:
        box = annotation.box
        found = etree.SubElement(root, "object")
        _add(found, "name", label_of[annotation.class_name])
        _add(found, "pose", "Unspecified")
        # What ends at the border of the photo most likely goes on beyond it; labelImg writes the same.
        at_border = box.left == 0 or box.top == 0 or box.right == width or box.bottom == height
        _add(found, "truncated", int(at_border))
        _add(found, "difficult", 0)
        corners = etree.SubElement(found, "bndbox")
        for tag, number in zip(("xmin", "ymin", "xmax", "ymax"), one_based(box), strict=True):
            _add(corners, tag, number)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False, pretty_print=True)


def labelmap(labels: Iterable[str]) -> str:
    """Return `labelmap.txt`, `label:color_rgb:parts:actions` a line, as CVAT and datumaro read it.

    `background` is always the first label there, and none may come twice.
    """
    ordered = [_BACKGROUND, *(label for label in labels if label != _BACKGROUND)]
    colors = (voc_color(index) for index in range(len(ordered)))
    rows = (f"{label}:{r},{g},{b}::" for label, (r, g, b) in zip(ordered, colors, strict=True))
    return "# label:color_rgb:parts:actions\n" + "".join(f"{row}\n" for row in rows)


def voc_color(index: int) -> tuple[int, int, int]:
    """Return VOC's color of a class number as (red, green, blue), each 0 to 255.

    The bits of the number go in turn to the three channels, the lowest to their highest bits, as
    `VOClabelcolormap` of the development kit does it; no two numbers below 2 ** 24 share a color.
    """
    channels = [0, 0, 0]
    for bit in range(24):
        channels[bit % 3] |= (index >> bit & 1) << (7 - bit // 3)
    return channels[0], channels[1], channels[2]


def xml_file(image_id: str) -> str:
    """Return where an image's XML file lies, relative to the output folder."""
    return f"Annotations/{image_id}.xml"


def list_file(name: str) -> str:
    """Return where the list of a set's ids lies, relative to the output folder."""
    return f"{_SETS}/{name}.txt"


def _add(parent: etree._Element, tag: str, value: str | int) -> None:
    """Append `<tag>value</tag>`."""
    etree.SubElement(parent, tag).text = str(value)


def _read(destination: Destination, path: str) -> bytes:
    """Return a file's bytes, or raise the error that it does not read back."""
    try:
        return (destination.folder / path).read_bytes()
    except OSError as error:
        raise ExportError(f"expected to read {path} back, but: {error.strerror or error}") from error


def _count_objects(image_id: str, destination: Destination) -> int:
    """Return the number of boxes of an image of which both files must be there."""
    path = xml_file(image_id)
    if not destination.image_path(image_id).is_file():
        raise ExportError(f"expected {destination.image_path(image_id).name} in {IMAGES}, found none")
    try:
        root = etree.fromstring(_read(destination, path))
    except etree.XMLSyntaxError as error:
        raise ExportError(f"expected to read {path} back, but: {error}") from error
    return len(root.findall("object/bndbox"))
