"""Measuring a learning curve: train on growing parts of a data set, test always on the same images."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from annot_core.curve.parts import Parts, part_sizes, plan_parts
from annot_core.curve.plot import PLOT_FILE, save_plot
from annot_core.curve.points import Point, key_for, read_points, write_points
from annot_core.curve.verdict import Verdict, judge
from annot_core.detector.examples import Example, TrueBox
from annot_core.detector.request import DetectorSettings
from annot_core.errors import ExportError, UsageError
from annot_core.exporting import check_images
from annot_core.native_output import LOG_FILE, output_to
from annot_core.progress import Listener, Notice, ignore
from annot_core.records import Annotation
from annot_core.session import Session

DEFAULT_SIZES: Final = (100, 500, 1000, 2500)
FOLDER: Final = "curve"
LOCK_FILE: Final = "curving"
"""The file in the session's folder that keeps two programs from measuring the same curve at once."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A measured curve: its points, smallest first, and what they say.

    `held_out` is the number of images that every point was tested on. `plot` is a PNG file, and `model` the file of
    the detector that was trained on most images.
    """

    points: tuple[Point, ...]
    verdict: Verdict
    held_out: int
    plot: Path
    model: Path


def learning_curve(
    output: str | Path,
    sizes: Sequence[int] = DEFAULT_SIZES,
    *,
    settings: DetectorSettings | None = None,
    log_output: bool = False,
    listener: Listener = ignore,
) -> Curve:
    """Measure how well a detector does that was trained on more and more of what is kept in an output folder.

    Everything is written to `curve/` there, each point as soon as it is known: the same command goes on where a run
    was stopped, and trains anew only what other images or settings would change.

    Args:
        output: a folder that a data set was annotated to.
        sizes: numbers of images, each at least 1; all there are take the place of larger ones.
        settings: how each detector is trained.
        log_output: send what libraries print, native ones too, to the session's log file.
        listener: hears of every epoch and point.

    Raises:
        UsageError: there is no session, its images are gone, too little is kept in it, another program is at it, or a
            size is below 1.
        TrainingError: no image with a box can be read.
        ExportError: the results cannot be written.
    """
    if not sizes or min(sizes) < 1:
        raise UsageError(f"expected numbers of images, each at least 1, found {', '.join(map(str, sizes)) or 'none'}")
    chosen = settings or DetectorSettings()
    folder = Path(output) / FOLDER
    with Session.load(Path(output)) as session:
        check_images(session)
        parts = plan_parts(_annotations(session), chosen.seed)
        _check(parts, session)
        usable = part_sizes(sizes, len(parts.training))
        if max(sizes) > len(parts.training):
            listener(
                Notice(
                    f"{len(parts.training)} images can train and {len(parts.held_out)} are held out, and no part is "
                    "larger; `autoannot-tui augment` makes more"
                )
            )
        quietly = output_to(session.folder / LOG_FILE) if log_output else contextlib.nullcontext()
        with session.alone(LOCK_FILE), quietly, _written(folder):
            folder.mkdir(exist_ok=True)
            points = _measure(parts, usable, chosen, folder, listener)
            verdict = judge([(point.images, point.loss) for point in points])
            save_plot(points, f"{verdict} ({len(parts.held_out)} images held out)", folder / PLOT_FILE)
    return Curve(tuple(points), verdict, len(parts.held_out), folder / PLOT_FILE, folder / points[-1].model_file)


def _annotations(session: Session) -> Iterator[Annotation]:
    """Give the data set's own images and the augmented ones."""
    yield from session.annotations()
    yield from session.copies()


def _check(parts: Parts, session: Session) -> None:
    """Make sure that there is something to learn and something to test on."""
    has_boxes = [any(one.box is not None for one in part) for part in (parts.training, parts.held_out)]
    if not all(has_boxes):
        raise UsageError(
            f"expected kept boxes on some images for training and some for testing in {str(session.folder.parent)!r}, "
            f"found {sum(one.box is not None for one in (*parts.training, *parts.held_out))} boxes in all; keep more, "
            "or accept them with --auto-accept"
        )


def _measure(
    parts: Parts, sizes: Sequence[int], settings: DetectorSettings, folder: Path, listener: Listener
) -> list[Point]:
    """Return the points of all sizes, taking from disk what is there."""
    classes = sorted({one.class_name for one in (*parts.training, *parts.held_out) if one.box is not None})

    def key(size: int) -> str:
        return key_for(parts.training[:size], parts.held_out, classes, settings)

    # Points of other sizes stay: one may want them again. Those of other images or settings go.
    known = {point.images: point for point in read_points(folder) if point.key == key(point.images)}
    for size in sizes:
        if size in known:
            listener(Notice(f"{size} images: measured before"))
            continue
        # A detector's file must not change under a point that is on disk.
        write_points(folder, known.values())
        known[size] = _point(parts.training[:size], parts.held_out, classes, settings, key(size), folder, listener)
        write_points(folder, known.values())
    return [known[size] for size in sizes]


def _point(
    training: Sequence[Annotation],
    held_out: Sequence[Annotation],
    classes: Sequence[str],
    settings: DetectorSettings,
    key: str,
    folder: Path,
    listener: Listener,
) -> Point:
    # Keras takes seconds to start, so nothing of it is imported where all is known already.
    from annot_core.detector.files import save_detector
    from annot_core.detector.measuring import measure
    from annot_core.detector.training import train_detector

    images = len(training)
    detector = train_detector(
        to_examples(training, classes), classes, settings, title=f"{images} images", listener=listener
    )
    found = measure(detector, to_examples(held_out, classes))
    point = Point(images, key, found.loss, found.map50, found.mean_iou, found.average_precision)
    save_detector(detector, folder / point.model_file)
    listener(
        Notice(f"{images} images: loss {point.loss:.3f}  mAP@0.5 {point.map50:.3f}  mean IoU {point.mean_iou:.3f}")
    )
    return point


def to_examples(annotations: Sequence[Annotation], classes: Sequence[str]) -> list[Example]:
    """Return annotations as a detector takes them, with classes by their places in `classes`."""
    return [
        Example(
            one.path,
            one.image_size,
            () if one.box is None else (TrueBox(one.box, classes.index(one.class_name)),),
        )
        for one in annotations
    ]


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Say of trouble with writing what was being written."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"expected to write the curve to {str(folder)!r}, but: {error}; make room there, and run the same again"
        ) from error
