"""A whole check: read what there is, look at every image, and gather the findings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from annot_core.checking.boxes import box_findings
from annot_core.checking.image_files import Peek, file_findings
from annot_core.checking.names import class_findings, name_findings
from annot_core.imaging import peek
from annot_core.progress import Listener, Stage, StageAdvanced, StageFinished, StageStarted, ignore
from annot_core.readers import Finding, ReadDataset, Severity, create_reader, formats_of, read_dataset

_HEARD_EVERY = 50


@dataclass(frozen=True, slots=True)
class Checked:
    """What one data set came to; `findings` are in the order in which they were found."""

    format: str
    root: Path
    images: int
    objects: int
    classes: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found at a path; several formats in one folder are a data set each."""

    path: Path
    datasets: tuple[Checked, ...]

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return self._count(Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return self._count(Severity.WARNING)

    def _count(self, severity: Severity) -> int:
        return sum(one.severity is severity for dataset in self.datasets for one in dataset.findings)


def check_path(
    path: str | Path,
    format_name: str | None = None,
    *,
    peek: Peek = peek,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> CheckReport:
    """Look for whatever breaks programs that read a data set; nothing is changed.

    Args:
        path: its folder, or one of its annotation files.
        format_name: a name out of `reader_names()`; None: every format that is there.
        peek: reads an image file's header.
        listener: hears how far the check is; a step is an image.
        clock: gives seconds.

    Raises:
        UsageError: there is no data set of the format, or of any.
    """
    started, path = clock(), Path(path)
    names = formats_of(path) if format_name is None else (format_name,)
    read = [create_reader(name).read(path) if format_name is None else read_dataset(path, name) for name in names]
    listener(StageStarted(Stage.CHECK, sum(len(dataset.images) for dataset in read)))
    done = 0

    def seen() -> None:
        nonlocal done
        done += 1
        if done % _HEARD_EVERY == 0:
            listener(StageAdvanced(Stage.CHECK, done))

    checked = tuple(check_dataset(dataset, peek=peek, seen=seen) for dataset in read)
    listener(StageAdvanced(Stage.CHECK, done))
    listener(StageFinished(Stage.CHECK, clock() - started))
    return CheckReport(path, checked)


def check_dataset(dataset: ReadDataset, *, peek: Peek = peek, seen: Callable[[], None] = lambda: None) -> Checked:
    """Check one data set that was read.

    Args:
        dataset: as a reader gave it.
        peek: reads an image file's header; raises ImageError where it cannot.
        seen: is called once for each image.
    """
    findings = [*dataset.findings, *name_findings(dataset), *class_findings(dataset)]
    objects = 0
    for image in dataset.images:
        size, wrong = file_findings(image, peek)
        findings.extend(wrong)
        findings.extend(box_findings(image, size))
        objects += len(image.objects)
        seen()
    return Checked(
        format=dataset.format,
        root=dataset.root,
        images=len(dataset.images),
        objects=objects,
        classes=len(dataset.classes or {one.class_name for image in dataset.images for one in image.objects}),
        findings=tuple(findings),
    )
