"""A CSV table: a row for each image, with its box and how far it can be trusted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination, image_file
from annot_core.export.coordinates import one_based
from annot_core.export.writing import Writing
from annot_core.records import Annotation, Decider, Verdict

_FILE: Final = "annotations.csv"
COLUMNS: Final = ("file", "class", "xmin", "ymin", "xmax", "ymax", "score", "verdict")
"""The header. Boxes count as in the XML files: from 1, the last pixel inside."""

VERDICTS: Final = {Decider.PERSON: Verdict.KEEP.value, Decider.AUTO: f"auto-{Verdict.KEEP.value}"}
"""What the last column says, by who kept the image."""


class CsvExporter:
    """Writes `annotations.csv`, UTF-8; an image without an object has neither class nor box."""

    name: Final = "csv"
    places: Final = (_FILE,)

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations; see `Exporter.export`."""
        with writing.file(_FILE) as stream:
            stream.write(_line(COLUMNS))
            for annotation in annotations:
                score = "" if annotation.score is None else f"{annotation.score:.4f}"
                found: tuple[str | int, ...] = ("",) * 5
                if annotation.box is not None:
                    found = (destination.label_of[annotation.class_name], *one_based(annotation.box))
                stream.write(_line((image_file(annotation.image_id), *found, score, VERDICTS[annotation.decider])))

    def count(self, destination: Destination) -> Counts:
        """Read the rows; see `Exporter.count`."""
        images = boxes = 0
        try:
            with (destination.folder / _FILE).open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    images += 1
                    boxes += bool(row["class"] and row["xmax"])
        except (OSError, ValueError, KeyError, csv.Error) as error:
            raise ExportError(f"expected to read {_FILE} back, but: {error}") from error
        return Counts(images, boxes)


def _line(cells: Iterable[str | int]) -> bytes:
    """Return a row of CSV, ended by LF on every system."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
