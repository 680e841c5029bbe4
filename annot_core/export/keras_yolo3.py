"""Rows for keras-yolo3: `path xmin,ymin,xmax,ymax,class`, an image a row.

keras-yolo3 (https://github.com/qqwweee/keras-yolo3) splits a row on white space: the first word is
the path that it opens, each other one a box. Its own converter from VOC knows only VOC's classes and
folders, so the rows that it would make are written here. The coordinates are those of the XML files,
which that converter passes on as they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination, ExportReport
from annot_core.export.coordinates import one_based
from annot_core.export.images import image_file
from annot_core.export.writing import Writing
from annot_core.records import Annotation


class KerasYolo3Exporter:
    """Writes `yolo3/train.txt` and `yolo3/val.txt`; class numbers are lines of `classes.txt`, from 0."""

    name: Final = "keras-yolo3"

    def export(self, annotations: Iterable[Annotation], destination: Destination) -> ExportReport:
        """Write the annotations; see `Exporter.export`."""
        listed = sorted(annotations, key=lambda annotation: annotation.image_id)
        numbers = {label: number for number, label in enumerate(destination.labels)}
        prefix = _path_prefix(destination.folder)
        rows: dict[str, list[str]] = {path: [] for path in _files(destination)}
        for annotation in listed:
            words = [prefix + image_file(annotation.image_id)]
            if annotation.box is not None:
                number = numbers[destination.label_of[annotation.class_name]]
                words.append(",".join(map(str, (*one_based(annotation.box), number))))
            rows[_file(destination.split[annotation.image_id])].append(" ".join(words) + "\n")
        with Writing(destination.folder, self.name, rows) as writing:
            for path, lines in rows.items():
                writing.write(path, "".join(lines).encode())
        boxes = sum(annotation.box is not None for annotation in listed)
        return ExportReport(self.name, writing.files, len(listed), boxes)

    def count(self, destination: Destination) -> Counts:
        """Read the rows as keras-yolo3 does; see `Exporter.count`."""
        images = boxes = 0
        for path in _files(destination):
            try:
                text = (destination.folder / path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ExportError(f"expected to read {path} back, but: {error}") from error
            rows = text.split("\n")[:-1]
            images += len(rows)
            boxes += sum(len(row.split()) - 1 for row in rows)
        return Counts(images, boxes)


def _path_prefix(folder: Path) -> str:
    """Return what stands before `JPEGImages/` in a row.

    An absolute path lets training start in any folder. Where that path holds white space, a row would
    fall apart, and where it is no text, it cannot be written; then the rows are relative to the output
    folder, and training must start in it.
    """
    absolute = os.path.abspath(folder).replace(os.sep, "/").rstrip("/") + "/"  # noqa: PTH100
    try:
        absolute.encode()
    except UnicodeEncodeError:
        return ""
    return absolute if absolute.split() == [absolute] else ""


def _file(name: str) -> str:
    """Return where the rows of a set lie, relative to the output folder."""
    return f"yolo3/{name}.txt"


def _files(destination: Destination) -> list[str]:
    """Return the files of all sets."""
    return [_file(name) for name in destination.sets]
