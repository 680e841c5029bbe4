"""A whole export: images, class order and split once, then every format, then reading back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annot_core.errors import ExportError
from annot_core.export.contract import (
    CLASSES,
    DEFAULT_FORMATS,
    Counts,
    Destination,
    Exporter,
    ExportReport,
    create_exporter,
)
from annot_core.export.images import UprightJpeg, image_file, write_images
from annot_core.export.split import TRAIN_VAL, assign
from annot_core.export.writing import Writing
from annot_core.naming import class_labels, clean_id, file_key
from annot_core.progress import Listener, Stage, StageAdvanced, StageFinished, StageStarted, ignore
from annot_core.records import Annotation, Failure

_SHARED = "shared"
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What a whole export came to.

    `labels` is the frozen class order; `files` counts all files, JPEGs too; `problems` are the images
    that were left out of every list.
    """

    folder: Path
    labels: tuple[str, ...]
    files: int
    images: int
    boxes: int
    reports: tuple[ExportReport, ...]
    problems: tuple[Failure, ...]


def export_all(
    annotations: Iterable[Annotation],
    folder: Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    *,
    classes: Iterable[str] = (),
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
    upright_jpeg: UprightJpeg | None = None,
    workers: int = _WORKERS,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> ExportSummary:
    """Write annotations in several formats, and count what came out by reading it back.

    The same arguments give the same bytes. Files that hold the right bytes are not written again, and
    files of an earlier export in the same formats that no longer belong are removed.

    Args:
        annotations: kept images with unique ids; one with no box is an image without an object.
        folder: the output folder; made if it is missing. If it holds a `classes.txt`, the order there
            stays and new labels come behind it; else labels are sorted.
        formats: names out of `exporter_names()`.
        classes: class names that shall have a number even if no annotation has a box of them yet.
        shares: share of the images by name of the set.
        seed: of the split.
        upright_jpeg: reads an image file as an upright RGB JPEG; None: `annot_core.imaging.upright_jpeg`.
        workers: threads that read and write images.
        listener: hears how far the export is; a step is an image.
        clock: gives seconds.

    Raises:
        UsageError: an unknown format, or shares that are none.
        ExportError: an id is unsafe or there twice; a file could not be written; what was written does
            not read back as it should.
    """
    started = clock()
    exporters = [create_exporter(name) for name in dict.fromkeys(formats)]
    listed = sorted(annotations, key=lambda annotation: annotation.image_id)
    _check_ids(listed)
    listener(StageStarted(Stage.EXPORT, len(listed)))
    kept: list[Annotation] = []
    problems: list[Failure] = []
    planned = [CLASSES, *(image_file(annotation.image_id) for annotation in listed)]
    with Writing(folder, _SHARED, planned) as writing:
        outcomes = write_images(listed, writing, upright_jpeg or _default_upright_jpeg(), workers)
        for done, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Failure):
                problems.append(outcome)
            else:
                kept.append(outcome)
            listener(StageAdvanced(Stage.EXPORT, done))
        destination = _destination(kept, folder, classes, shares, seed)
        writing.write(CLASSES, "".join(f"{label}\n" for label in destination.labels).encode())
    reports = [_export_and_check(exporter, kept, destination) for exporter in exporters]
    listener(StageFinished(Stage.EXPORT, clock() - started))
    return ExportSummary(
        folder=folder,
        labels=destination.labels,
        files=writing.files + sum(report.files for report in reports),
        images=len(kept),
        boxes=sum(annotation.box is not None for annotation in kept),
        reports=tuple(reports),
        problems=tuple(problems),
    )


def class_order(folder: Path, labels: Iterable[str]) -> tuple[str, ...]:
    """Return the frozen class order: what `classes.txt` in the folder says, then new labels, sorted.

    Raises:
        ExportError: the file is there but cannot be read.
    """
    path = folder / CLASSES
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(
            f"expected {path} to be a UTF-8 text with one label a line, but: {error}. Mend or remove it."
        ) from error
    known = [line.strip() for line in text.split("\n")]
    return tuple(dict.fromkeys([*filter(None, known), *sorted(set(labels))]))


def _destination(
    annotations: Sequence[Annotation],
    folder: Path,
    classes: Iterable[str],
    shares: Mapping[str, float],
    seed: int,
) -> Destination:
    """Return what all formats agree on."""
    with_objects = {annotation.class_name for annotation in annotations if annotation.box is not None}
    label_of = class_labels(sorted(with_objects.union(classes)))
    ids: dict[str, list[str]] = {}
    for annotation in annotations:
        ids.setdefault(annotation.class_name, []).append(annotation.image_id)
    return Destination(folder, class_order(folder, label_of.values()), label_of, assign(ids, shares, seed))


def _check_ids(annotations: Sequence[Annotation]) -> None:
    """Raise an ExportError if an id cannot be a file name, or means the same file as another."""
    seen: dict[str, str] = {}
    for annotation in annotations:
        image_id = annotation.image_id
        if clean_id(image_id) != image_id:
            raise ExportError(f"expected an id that `image_ids` gives, found {image_id!r}")
        key = file_key(image_id)
        if key in seen:
            raise ExportError(
                "expected ids that differ on every file system,"
                f" found {seen[key]!r} and {image_id!r} (the latter of {annotation.source!r})"
            )
        seen[key] = image_id


def _export_and_check(exporter: Exporter, annotations: Sequence[Annotation], destination: Destination) -> ExportReport:
    """Write one format and compare what is read back with what was to be written."""
    report = exporter.export(annotations, destination)
    expected = Counts(len(annotations), sum(annotation.box is not None for annotation in annotations))
    found = exporter.count(destination)
    if found != expected:
        raise ExportError(
            f"expected to read back {expected.images} images and {expected.boxes} boxes of format"
            f" {exporter.name}, found {found.images} and {found.boxes}; run the export again, and check"
            f" that no other program writes into {destination.folder}"
        )
    return report


def _default_upright_jpeg() -> UprightJpeg:
    """Import the reader of images only when it is needed, since it loads OpenCV."""
    from annot_core.imaging import upright_jpeg

    return upright_jpeg
