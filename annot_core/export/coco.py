"""COCO: a JSON file of images, boxes and classes for each set (https://cocodataset.org/#format-data).

The images of `coco/annotations/instances_<set>.json` lie in `coco/images/<set>/`, where some readers look
for them; they are hard links to those of `JPEGImages`, so that they take no room twice, where the file
system has such links, else copies. All numbers begin with 1, since 0 means the background to many
readers, and none comes twice over all sets.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination, image_file
from annot_core.export.coordinates import cornered
from annot_core.export.parallel import in_order
from annot_core.export.writing import Writing
from annot_core.records import Annotation

_ANNOTATIONS: Final = "coco/annotations/"
_PICTURES: Final = "coco/images/"
_WORKERS: Final = 4
_IMAGES, _BOXES, _CATEGORIES = "images", "annotations", "categories"


class CocoExporter:
    """Writes `coco/annotations/` and `coco/images/`; in the JSON files an image or a box is a line."""

    name: Final = "coco"
    places: Final = (_ANNOTATIONS, _PICTURES)

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations; see `Exporter.export`."""
        numbers = {label: number for number, label in enumerate(destination.labels, start=1)}

        def link(annotation: Annotation) -> Annotation:
            image_id = annotation.image_id
            writing.link(f"{_PICTURES}{destination.split[image_id]}/{_name(image_id)}", image_file(image_id))
            return annotation

        categories = [{"id": number, "name": label, "supercategory": ""} for label, number in numbers.items()]
        with contextlib.ExitStack() as files:
            lists = {name: _Lists(files.enter_context(writing.file(_file(name)))) for name in destination.sets}
            for one in lists.values():
                one.begin(_CATEGORIES)
                for category in categories:
                    one.add(category)
                one.begin(_IMAGES)
            for image, annotation in enumerate(in_order(link, annotations, _WORKERS), start=1):
                lists[destination.split[annotation.image_id]].add(_image(annotation, image))
            for one in lists.values():
                one.begin(_BOXES)
            box_numbers = itertools.count(1)
            for image, annotation in enumerate(annotations, start=1):
                if annotation.box is not None:
                    number = numbers[destination.label_of[annotation.class_name]]
                    listed = _box(annotation, next(box_numbers), image, number)
                    lists[destination.split[annotation.image_id]].add(listed)
            for one in lists.values():
                one.end()

    def count(self, destination: Destination) -> Counts:
        """Read the files line by line, since all of them at once may not fit into memory; see `Exporter.count`."""
        counts: Counter[str] = Counter()
        for name in destination.sets:
            path = _file(name)
            try:
                with (destination.folder / path).open(encoding="utf-8") as lines:
                    counts.update(_entries(lines, destination.folder / _PICTURES / name))
            except (OSError, ValueError) as error:
                raise ExportError(f"expected to read {path} back, but: {error}") from error
        return Counts(counts[_IMAGES], counts[_BOXES])


class _Lists:
    """A JSON object of lists, written entry by entry."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._stream.write(b'{"info": {"description": "autoannot-tui"},\n"licenses": []')
        self._closing = ""
        self._is_empty = True

    def begin(self, name: str) -> None:
        """Begin a list, which ends the one before."""
        self._stream.write(f'{self._closing},\n"{name}": ['.encode())
        self._closing, self._is_empty = "\n]", True

    def add(self, entry: dict[str, Any]) -> None:
        """Add an entry to the list that was begun last."""
        self._stream.write(f"{'' if self._is_empty else ','}\n{json.dumps(entry, ensure_ascii=False)}".encode())
        self._is_empty = False

    def end(self) -> None:
        """Write what ends the object."""
        self._stream.write(f"{self._closing}}}\n".encode())


def _image(annotation: Annotation, number: int) -> dict[str, Any]:
    width, height = annotation.image_size
    return {"id": number, "file_name": _name(annotation.image_id), "width": width, "height": height}


def _box(annotation: Annotation, number: int, image: int, category: int) -> dict[str, Any]:
    assert annotation.box is not None
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": cornered(annotation.box),
        "area": annotation.box.area,
        "iscrowd": 0,
        # There is no outline, and a rectangle in its place would pass for one.
        "segmentation": [],
    }


def _file(name: str) -> str:
    """Return where the JSON file of a set lies, relative to the output folder."""
    return f"{_ANNOTATIONS}instances_{name}.json"


def _name(image_id: str) -> str:
    """Return the name of an image's file in its set's folder."""
    return f"{image_id}.jpg"


def _entries(lines: Iterable[str], pictures: Path) -> Iterator[str]:
    """Yield the name of the list that each entry is in; raise ValueError where something is not as it should be."""
    name, line = "", ""
    for line in lines:
        if line.startswith('"'):
            name = line.split('"')[1]
        elif name and line.startswith("{"):
            entry = json.loads(line.rstrip(",\n"))
            if name == _IMAGES and not (pictures / entry["file_name"]).is_file():
                raise ValueError(f"no {entry['file_name']} in {pictures}")
            yield name
    if line != "]}\n":
        raise ValueError(f"it ends in {line!r}")
