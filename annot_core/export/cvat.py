"""CVAT: a zip file that its importer for Pascal VOC 1.1 takes (https://docs.cvat.ai, "Pascal VOC").

It holds annotations only: the images of a task are uploaded from `JPEGImages`, and are known by their
names. CVAT reads each list in `ImageSets/Main` as a set of its own, and an image in two of them twice,
so there is just one.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import Final

from lxml import etree

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination
from annot_core.export.voc import annotation_xml, labelmap, list_file, xml_file
from annot_core.export.writing import Writing
from annot_core.records import Annotation

_FILE: Final = "cvat.zip"
_LABELMAP: Final = "labelmap.txt"
_DEFAULT: Final = list_file("default")
# The earliest time that a zip file can tell.
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_PLAIN_FILE: Final = 0o100644


class CvatExporter:
    """Writes `cvat.zip`."""

    name: Final = "cvat"
    places: Final = (_FILE,)

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations; see `Exporter.export`."""
        with writing.file(_FILE) as stream, zipfile.ZipFile(stream, "w") as file:
            _add(file, _LABELMAP, labelmap(destination.labels).encode())
            ids = []
            for annotation in annotations:
                ids.append(annotation.image_id)
                _add(file, xml_file(annotation.image_id), annotation_xml(annotation, destination.label_of))
            _add(file, _DEFAULT, "".join(f"{image_id}\n" for image_id in ids).encode())

    def count(self, destination: Destination) -> Counts:
        """Read the list and every XML file that it names; see `Exporter.count`."""
        try:
            with zipfile.ZipFile(destination.folder / _FILE) as file:
                ids = file.read(_DEFAULT).decode().split()
                roots = (etree.fromstring(file.read(xml_file(image_id))) for image_id in ids)
                boxes = sum(len(root.findall("object/bndbox")) for root in roots)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
            raise ExportError(f"expected to read {_FILE} back, but: {error}") from error
        return Counts(len(ids), boxes)


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file that is the same on every machine and at every time.

    It is stored as it is: what compressing gives depends on the library's version.
    """
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _PLAIN_FILE << 16
    file.writestr(entry, data)
