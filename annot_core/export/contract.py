"""What every export format is: the contract, its records, and where to find each by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from annot_core.errors import UsageError
from annot_core.export.spool import Sets
from annot_core.export.writing import Writing
from annot_core.records import Annotation

IMAGES: Final = "JPEGImages"
"""The folder, below the output folder, that holds `<id>.jpg` of every annotated image."""

AUGMENTED: Final = "augmented.csv"
"""The file, in the output folder, with the original of each augmented image; only where there are any."""

CLASSES: Final = "classes.txt"
"""The file, in the output folder, with the frozen class order: one label a line, no background."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an export goes, and what all formats must agree on.

    `folder` holds `JPEGImages` and `classes.txt`. `labels` is the frozen class order without
    background classes; a class's number in any format is its place in it. `label_of` gives the label
    for a class name, and `split` the name of the set for an image id. `sets` are the names of all sets;
    train and val are always among them, since readers open them unasked.
    """

    folder: Path
    labels: tuple[str, ...]
    label_of: Mapping[str, str]
    split: Sets
    sets: tuple[str, ...] = ("train", "val")

    def image_path(self, image_id: str) -> Path:
        """Return where an image's JPEG lies."""
        return self.folder / image_file(image_id)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many images and boxes an export holds when it is read back."""

    images: int
    boxes: int


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What one format came to: how many files (JPEGs of `JPEGImages` not among them), images and boxes.

    `places` are its files and folders, relative to the output folder.
    """

    format: str
    files: int
    images: int
    boxes: int
    places: tuple[str, ...]


class Exporter(Protocol):
    """One format that other programs read.

    To add one: a class with these members, and its name in `EXPORTERS`; the contract test in
    `tests/core/test_export_contract.py` then runs over it.
    """

    @property
    def name(self) -> str:
        """The format's name, as in `EXPORTERS`."""
        ...

    @property
    def places(self) -> tuple[str, ...]:
        """Its files and folders, relative to the output folder; a folder's name ends in a slash."""
        ...

    def export(self, annotations: Iterable[Annotation], destination: Destination, writing: Writing) -> None:
        """Write the annotations, of which every image is written already.

        The same arguments give the same bytes.

        Args:
            annotations: in order of their ids; they can be gone through several times, and are too many
                to keep.
            destination: what all formats agree on.
            writing: writes the files; they are in their places only when the export ends.

        Raises:
            ExportError: a file could not be written.
        """
        ...

    def count(self, destination: Destination) -> Counts:
        """Read the format's files back, as another program would, and count.

        Raises:
            ExportError: a file is missing or cannot be read.
        """
        ...


EXPORTERS: Final[Mapping[str, str]] = {
    "voc": "annot_core.export.voc:VocExporter",
    "keras-yolo3": "annot_core.export.keras_yolo3:KerasYolo3Exporter",
    "yolo": "annot_core.export.yolo:YoloExporter",
    "coco": "annot_core.export.coco:CocoExporter",
    "cvat": "annot_core.export.cvat:CvatExporter",
    "csv": "annot_core.export.table:CsvExporter",
}
"""Where each format's exporter is; a module is imported only when its format is asked for."""

DEFAULT_FORMATS: Final = ("voc", "keras-yolo3")


def image_file(image_id: str) -> str:
    """Return where an image's JPEG lies, relative to the output folder."""
    return f"{IMAGES}/{image_id}.jpg"


def exporter_names() -> tuple[str, ...]:
    """Return the names of all formats, in the order of `EXPORTERS`."""
    return tuple(EXPORTERS)


def create_exporter(name: str) -> Exporter:
    """Return the exporter of a format.

    Raises:
        UsageError: there is no format of that name.
    """
    if name not in EXPORTERS:
        raise UsageError(f"expected a format out of {', '.join(EXPORTERS)}; found {name!r}")
    module, _, attribute = EXPORTERS[name].partition(":")
    return cast(Exporter, getattr(importlib.import_module(module), attribute)())
