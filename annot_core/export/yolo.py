"""YOLO as Ultralytics lays it out: a text file of normalized boxes for each image, and `data.yaml`.

Readers find the labels of `yolo/images/<set>/<id>.jpg` in `yolo/labels/<set>/<id>.txt`
(https://docs.ultralytics.com/datasets/detect/). The images are hard links to those of `JPEGImages`, so
that they take no room twice, where the file system has such links, else copies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination, image_file
from annot_core.export.coordinates import normalized
from annot_core.export.parallel import in_order
from annot_core.export.writing import Writing, written_files
from annot_core.records import Annotation

_FOLDER: Final = "yolo"
_YAML: Final = f"{_FOLDER}/data.yaml"
_LABELS: Final = f"{_FOLDER}/labels/"
_WORKERS: Final = 4


class YoloExporter:
    """Writes `yolo/data.yaml`, `yolo/images/` and `yolo/labels/`; a background image has an empty file."""

    name: Final = "yolo"
    places: Final = (_YAML, f"{_FOLDER}/images/", _LABELS)

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations; see `Exporter.export`."""
        numbers = {label: number for number, label in enumerate(destination.labels)}

        def write(annotation: Annotation) -> None:
            image_id, row = annotation.image_id, ""
            if annotation.box is not None:
                number = numbers[destination.label_of[annotation.class_name]]
                # Ten digits give back the very pixels, with 65,500 of them to a side and in 32-bit numbers too.
                words = (f"{part:.10f}" for part in normalized(annotation.box, annotation.image_size))
                row = " ".join((str(number), *words)) + "\n"
            name = destination.split[image_id]
            writing.write(f"{_LABELS}{name}/{image_id}.txt", row.encode())
            writing.link(f"{_FOLDER}/images/{name}/{image_id}.jpg", image_file(image_id))

        for _ in in_order(write, annotations, _WORKERS):
            pass
        writing.write(_YAML, data_yaml(destination).encode())

    def count(self, destination: Destination) -> Counts:
        """Read every label file, of which the image must be there; see `Exporter.count`."""
        paths = (path for path in written_files(destination.folder, self.name) if path.startswith(_LABELS))
        images = boxes = 0
        for found in in_order(lambda path: _count_rows(path, destination), paths, _WORKERS):
            images += 1
            boxes += found
        return Counts(images, boxes)


def data_yaml(destination: Destination) -> str:
    """Return `data.yaml`, which names the sets' folders and the classes by number.

    There is no `path`: readers then take the folder that the file lies in, wherever it is moved to. The
    labels are JSON strings, which YAML reads as they are, whatever is in them.
    """
    sets = "".join(f"{name}: images/{name}\n" for name in destination.sets)
    names = "".join(
        f"  {number}: {json.dumps(label, ensure_ascii=False)}\n" for number, label in enumerate(destination.labels)
    )
    return f"{sets}nc: {len(destination.labels)}\nnames:{'' if names else ' {}'}\n{names}"


def _count_rows(path: str, destination: Destination) -> int:
    """Return the number of boxes in a label file; each of its rows must be a class and four numbers."""
    _, _, name, file = path.split("/")
    image = destination.folder / _FOLDER / "images" / name / f"{file.removesuffix('.txt')}.jpg"
    if not image.is_file():
        raise ExportError(f"expected the image of {path} at {image}, found none")
    try:
        rows = (destination.folder / path).read_text(encoding="utf-8").splitlines()
        for row in rows:
            number, x, y, width, height = row.split()
            if not (0 <= int(number) < len(destination.labels) and 0 < float(width) <= 1 and 0 < float(height) <= 1):
                raise ValueError(f"{row!r}, which is no box")
            if not (0 < float(x) < 1 and 0 < float(y) < 1):
                raise ValueError(f"{row!r}, whose center lies outside")
    except (OSError, ValueError) as error:
        raise ExportError(f"expected to read {path} back, but: {error}") from error
    return len(rows)
