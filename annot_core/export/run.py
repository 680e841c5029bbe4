"""A whole export: images, class order and split once, then every format, then reading back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annot_core.errors import ExportError
from annot_core.export.contract import (
    AUGMENTED,
    CLASSES,
    DEFAULT_FORMATS,
    EXPORTERS,
    IMAGES,
    Counts,
    Destination,
    Exporter,
    ExportReport,
    create_exporter,
)
from annot_core.export.images import UprightJpeg, read_upright_jpeg, write_images
from annot_core.export.split import TRAIN_VAL, assign
from annot_core.export.spool import Spool, checked, state_of
from annot_core.export.writing import Staging, Writing, kept_state
from annot_core.naming import class_labels
from annot_core.progress import Listener, Stage, StageAdvanced, StageFinished, StageStarted, ignore
from annot_core.records import Annotation, Failure

_SHARED = "shared"
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What a whole export came to.

    `labels` is the frozen class order; `files` counts all files, JPEGs too; `sets` has the number of images
    by set; `problems` are the images that were left out of every list; `outdated` are formats that were
    written by an earlier export, were not asked for now, and tell something else than this one does.
    `augmented` of the images are copies of others.
    """

    folder: Path
    labels: tuple[str, ...]
    files: int
    images: int
    boxes: int
    reports: tuple[ExportReport, ...]
    problems: tuple[Failure, ...]
    sets: Mapping[str, int] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()
    augmented: int = 0

    @property
    def places(self) -> tuple[str, ...]:
        """All files and folders that were written, relative to the output folder."""
        shared = (f"{IMAGES}/", CLASSES, *((AUGMENTED,) if self.augmented else ()))
        return (*shared, *(place for report in self.reports for place in report.places))


def export_all(
    annotations: Iterable[Annotation],
    folder: Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    *,
    total: int | None = None,
    classes: Iterable[str] = (),
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
    upright_jpeg: UprightJpeg = read_upright_jpeg,
    workers: int = _WORKERS,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> ExportSummary:
    """Write annotations in several formats, and count what came out by reading it back.

    The same arguments give the same bytes. Files that hold the right bytes are not written again, and
    files of an earlier export in the same formats that no longer belong are removed. All of that happens
    once everything has been prepared, or not at all.

    Args:
        annotations: kept images with unique ids, in order of their ids unless it is a sequence; one with no
            box is an image without an object. An augmented one comes into the same set as its original.
        folder: the output folder; made if it is missing. If it holds a `classes.txt`, the order there
            stays and new labels come behind it; else labels are sorted.
        formats: names out of `exporter_names()`.
        total: how many annotations there are, for the listener.
        classes: class names that shall have a number even if no annotation has a box of them yet.
        shares: share of the images by name of the set.
        seed: of the split.
        upright_jpeg: reads an annotation's image file as an upright RGB JPEG.
        workers: threads that read and write images.
        listener: hears how far the export is; a step is an image.
        clock: gives seconds.

    Raises:
        UsageError: an unknown format, or shares that are none.
        ExportError: an id is unsafe or there twice; a file could not be written; what was written does
            not read back as it should.
    """
    started = clock()
    check_export(formats, shares)
    exporters = [create_exporter(name) for name in dict.fromkeys(formats)]
    if isinstance(annotations, Sequence):
        annotations, total = sorted(annotations, key=lambda one: one.image_id), len(annotations)
    listener(StageStarted(Stage.EXPORT, total))
    problems: list[Failure] = []

    def without_failures(outcomes: Iterable[Annotation | Failure]) -> Iterator[Annotation]:
        for done, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Failure):
                problems.append(outcome)
            else:
                yield outcome
            listener(StageAdvanced(Stage.EXPORT, done))

    with Staging(folder) as staging:
        shared = staging.producer(_SHARED)
        outcomes = write_images(checked(annotations), shared, upright_jpeg, workers)
        kept = Spool(staging.spool, without_failures(outcomes))
        destination = _destination(kept, folder, classes, shares, seed)
        if kept.copies:
            _write_origins(kept, shared)
        shared.write(CLASSES, "".join(f"{label}\n" for label in destination.labels).encode())
        state = state_of(kept, destination.split, destination.labels, destination.label_of)
        sets = Counter(destination.split[annotation.image_id] for annotation in kept)
        writings = [staging.producer(exporter.name, state) for exporter in exporters]
        for exporter, writing in zip(exporters, writings, strict=True):
            exporter.export(kept, destination, writing)
    expected = Counts(kept.images, kept.boxes)
    reports = [
        _check(exporter, expected, destination, writing.files)
        for exporter, writing in zip(exporters, writings, strict=True)
    ]
    listener(StageFinished(Stage.EXPORT, clock() - started))
    others = {name: kept_state(folder, name) for name in EXPORTERS if name not in formats}
    return ExportSummary(
        folder=folder,
        labels=destination.labels,
        files=shared.files + sum(report.files for report in reports),
        images=kept.images,
        boxes=kept.boxes,
        reports=tuple(reports),
        problems=tuple(problems),
        sets={name: sets[name] for name in destination.sets},
        outdated=tuple(name for name, found in others.items() if found not in (None, state)),
        augmented=kept.copies,
    )


def check_export(formats: Iterable[str], shares: Mapping[str, float]) -> None:
    """Make sure that an export can be asked for like that, before a long run and not after it.

    Raises:
        UsageError: there is no such format, or the shares do not add up to 1.
    """
    for name in formats:
        create_exporter(name)
    assign((), shares)


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
    annotations: Spool,
    folder: Path,
    classes: Iterable[str],
    shares: Mapping[str, float],
    seed: int,
) -> Destination:
    """Return what all formats agree on."""
    with_objects = {annotation.class_name for annotation in annotations if annotation.box is not None}
    label_of = class_labels(sorted(with_objects.union(classes)))
    originals = {copy.image_id: copy.original for copy in annotations if copy.original}
    split = assign(_ClassesAndIds(annotations), shares, seed, originals)
    sets = tuple(dict.fromkeys(["train", "val", *(name for name, share in shares.items() if share > 0)]))
    return Destination(folder, class_order(folder, label_of.values()), label_of, split, sets)


def _write_origins(annotations: Iterable[Annotation], writing: Writing) -> None:
    """Write which image each augmented one is made from, and which one lent it another ground."""
    with writing.file(AUGMENTED) as stream:
        stream.write(b"id,original,ground\n")
        for copy in annotations:
            if copy.original:
                stream.write(f"{copy.image_id},{copy.original},{copy.ground}\n".encode())


@dataclass(frozen=True, slots=True)
class _ClassesAndIds:
    """Class name and id of annotations, as often as they are asked for."""

    annotations: Spool

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((annotation.class_name, annotation.image_id) for annotation in self.annotations)


def _check(exporter: Exporter, expected: Counts, destination: Destination, files: int) -> ExportReport:
    """Compare what is read back of one format with what was to be written."""
    found = exporter.count(destination)
    if found != expected:
        raise ExportError(
            f"expected to read back {expected.images} images and {expected.boxes} boxes of format"
            f" {exporter.name}, found {found.images} and {found.boxes}; run the export again, and check"
            f" that no other program writes into {destination.folder}"
        )
    return ExportReport(exporter.name, files, found.images, found.boxes, exporter.places)
