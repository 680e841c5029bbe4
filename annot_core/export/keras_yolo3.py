"""Rows for keras-yolo3: `path xmin,ymin,xmax,ymax,class`, an image a row.

keras-yolo3 (https://github.com/qqwweee/keras-yolo3) splits a row on white space: the first word is
the path that it opens, each other one a box. Its own converter from VOC knows only VOC's classes and
folders, so the rows that it would make are written here. The coordinates are those of the XML files,
which that converter passes on as they are.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination, image_file
from annot_core.export.coordinates import one_based
from annot_core.export.writing import Writing
from annot_core.records import Annotation


class KerasYolo3Exporter:
    """Writes `yolo3/train.txt` and so on; class numbers are lines of `classes.txt`, from 0."""

    name: Final = "keras-yolo3"
    places: Final = ("yolo3/",)

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations; see `Exporter.export`."""
        numbers = {label: number for number, label in enumerate(destination.labels)}
        prefix = _path_prefix(destination.folder)
        with contextlib.ExitStack() as files:
            rows = {name: files.enter_context(writing.file(_file(name))) for name in destination.sets}
            for annotation in annotations:
                words = [prefix + image_file(annotation.image_id)]
                if annotation.box is not None:
                    number = numbers[destination.label_of[annotation.class_name]]
                    words.append(",".join(map(str, (*one_based(annotation.box), number))))
                rows[destination.split[annotation.image_id]].write((" ".join(words) + "\n").encode())

    def count(self, destination: Destination) -> Counts:
        """Read the rows as keras-yolo3 does; see `Exporter.count`."""
        images = boxes = 0
        for path in map(_file, destination.sets):
            try:
                with (destination.folder / path).open(encoding="utf-8", newline="\n") as rows:
                    for row in rows:
                        images += 1
                        boxes += len(row.split()) - 1
            except (OSError, UnicodeDecodeError) as error:
                raise ExportError(f"expected to read {path} back, but: {error}") from error
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
