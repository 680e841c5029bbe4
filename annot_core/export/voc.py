"""Pascal VOC: an XML file for each image, and lists of ids.

The layout is that of the VOC2012 development kit, with `classes.txt` and `labelmap.txt` for readers
that would otherwise assume VOC's own twenty classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from annot_core.errors import ExportError
from annot_core.export.contract import IMAGES, Counts, Destination, ExportReport
from annot_core.export.coordinates import one_based
from annot_core.export.writing import Writing, in_order
from annot_core.records import Annotation

_SETS: Final = "ImageSets/Main"
_LABELMAP: Final = "labelmap.txt"
_ALL: Final = "trainval"
_WORKERS: Final = 4
_BACKGROUND: Final = "background"


class VocExporter:
    """Writes `Annotations/`, `ImageSets/Main/` and `labelmap.txt`."""

    name: Final = "voc"

    def export(self, annotations: Iterable[Annotation], destination: Destination) -> ExportReport:
        """Write the annotations; see `Exporter.export`."""
        listed = sorted(annotations, key=lambda annotation: annotation.image_id)
        sets = _sets([annotation.image_id for annotation in listed], destination)
        texts = {f"{_SETS}/{name}.txt": _lines(ids) for name, ids in sets.items()}
        texts[_LABELMAP] = labelmap(destination.labels)
        planned = [_xml_file(annotation.image_id) for annotation in listed]
        with Writing(destination.folder, self.name, [*planned, *texts]) as writing:

            def write(annotation: Annotation) -> None:
                text = annotation_xml(annotation, destination.label_of)
                writing.write(_xml_file(annotation.image_id), text)

            for _ in in_order(write, listed, _WORKERS):
                pass
            for path, text in texts.items():
                writing.write(path, text.encode())
        boxes = sum(annotation.box is not None for annotation in listed)
        return ExportReport(self.name, writing.files, len(listed), boxes)

    def count(self, destination: Destination) -> Counts:
        """Read the lists and every XML file that they name; see `Exporter.count`."""
        ids = _read(destination, f"{_SETS}/{_ALL}.txt").decode().split()
        boxes = sum(in_order(lambda image_id: _count_objects(image_id, destination), ids, _WORKERS))
        parts = [_read(destination, f"{_SETS}/{name}.txt").decode().split() for name in destination.sets]
        if sorted(image_id for part in parts for image_id in part) != sorted(ids):
            raise ExportError(f"expected the sets in {_SETS} to hold each id of {_ALL}.txt once; they do not")
        return Counts(len(ids), boxes)


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
    return "# label:color_rgb:parts:actions\n" + _lines(rows)


def voc_color(index: int) -> tuple[int, int, int]:
    """Return VOC's color of a class number as (red, green, blue), each 0 to 255.

    The bits of the number go in turn to the three channels, the lowest to their highest bits, as
    `VOClabelcolormap` of the development kit does it; no two numbers below 2 ** 24 share a color.
    """
    channels = [0, 0, 0]
    for bit in range(24):
        channels[bit % 3] |= (index >> bit & 1) << (7 - bit // 3)
    return channels[0], channels[1], channels[2]


def _sets(ids: list[str], destination: Destination) -> dict[str, list[str]]:
    """Return the ids of each list by its name."""
    parts: dict[str, list[str]] = {name: [] for name in destination.sets}
    for image_id in ids:
        parts[destination.split[image_id]].append(image_id)
    return {_ALL: ids, **parts}


def _xml_file(image_id: str) -> str:
    """Return where an image's XML file lies, relative to the output folder."""
    return f"Annotations/{image_id}.xml"


def _add(parent: etree._Element, tag: str, value: str | int) -> None:
    """Append `<tag>value</tag>`."""
    etree.SubElement(parent, tag).text = str(value)


def _lines(items: Iterable[str]) -> str:
    """Return one item a line, each ended by LF on every system."""
    return "".join(f"{item}\n" for item in items)


def _read(destination: Destination, path: str) -> bytes:
    """Return a file's bytes, or raise the error that it does not read back."""
    try:
        return (destination.folder / path).read_bytes()
    except OSError as error:
        raise ExportError(f"expected to read {path} back, but: {error.strerror or error}") from error


def _count_objects(image_id: str, destination: Destination) -> int:
    """Return the number of boxes of an image of which both files must be there."""
    path = _xml_file(image_id)
    if not destination.image_path(image_id).is_file():
        raise ExportError(f"expected {destination.image_path(image_id).name} in {IMAGES}, found none")
    try:
        root = etree.fromstring(_read(destination, path))
    except etree.XMLSyntaxError as error:
        raise ExportError(f"expected to read {path} back, but: {error}") from error
    return len(root.findall("object/bndbox"))
