"""The whole job: from the kept images of an output folder to many more, and an export of them all."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from annot_core.augment.drawing import Drawer
from annot_core.augment.files import CopyFiles
from annot_core.augment.making import AnnotateMaker, Maker, Order, TransformMaker
from annot_core.augment.pasting import free_part
from annot_core.augment.planning import PlannedCopy, Sources, plan_copies
from annot_core.augment.settings import AugmentSettings, BoxSource
from annot_core.errors import UsageError
from annot_core.export import DEFAULT_FORMATS, TRAIN_VAL, ExportSummary, check_export
from annot_core.exporting import check_images, export_session, split_of
from annot_core.naming import clean_id
from annot_core.native_output import LOG_FILE, output_to
from annot_core.plan import plan_run
from annot_core.progress import Listener, Stage, StageAdvanced, StageFinished, StageStarted, ignore
from annot_core.recipes import DEFAULT_RECIPE
from annot_core.records import Annotation, Copy, Failure
from annot_core.session import Session
from annot_core.session.copies import FILES
from annot_core.thresholds import Threshold

DRAWING_VERSION: Final = 1
"""Raised when the same settings give other pictures than before, so that they are made again."""

_TOGETHER: Final = 64
_DIGEST_BYTES: Final = 12
_DEFAULTS: Final = AugmentSettings()


@dataclass(frozen=True, slots=True)
class Augmented:
    """What augmenting came to.

    `classes` counts the augmented images by class. `made` of them are new; `left_out` were asked for but had no box
    that is good enough; `failures` tell of originals that cannot be read. `export` is None where nothing was written.
    """

    output: Path
    classes: Mapping[str, int]
    made: int
    left_out: int
    failures: tuple[Failure, ...]
    export: ExportSummary | None

    @property
    def images(self) -> int:
        """How many augmented images there are now."""
        return sum(self.classes.values())


def augment_output(
    output: str | Path,
    count: int,
    settings: AugmentSettings = _DEFAULTS,
    *,
    model: str | Path | None = None,
    classes: str | Path | None = None,
    trust_model: bool = False,
    recipe: str = DEFAULT_RECIPE,
    cam: str | None = None,
    threshold: Threshold | None = None,
    search: str | None = None,
    max_iter: int | None = None,
    formats: Sequence[str] = DEFAULT_FORMATS,
    shares: Mapping[str, float] = TRAIN_VAL,
    log_output: bool = False,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> Augmented:
    """Make `count` augmented images of those that are kept in an output folder, and export all of them.

    The same kept images, settings and count give the same bytes, and a larger count keeps the images of a smaller
    one. Those that are there already are not made again, so a run that was killed goes on where it was.

    Args:
        output: a folder that a data set was annotated to.
        count: how many augmented images there are to be in all; 0 removes them.
        settings: how they are made.
        model: with boxes that are found anew, the classifier; None: the one that was trained for this output.
        classes: a file with one class a line, in the order of the model's outputs.
        trust_model: run code that the model file carries.
        recipe: how boxes are found anew, a name out of `recipe_names()`; the next four override parts of it.
        cam: the heat map method.
        threshold: where heat begins, as `binarize` takes it.
        search: the box search.
        max_iter: steps of the search `bayes`.
        formats: what to write, names out of `exporter_names()`.
        shares: share of the images by name of the set. An augmented image is always in its original's set.
        log_output: send what libraries print, native ones too, to the session's log file.
        listener: hears how far the run is.
        clock: gives seconds.

    Raises:
        UsageError: nothing is kept there, another program has the session open, or an option is not usable.
        ExportError: files could not be written.
    """
    if count < 0:
        raise UsageError(f"expected 0 or more images to make, found {count}")
    check_export(formats, shares)
    folder = Path(output)
    with Session.load(folder) as reading:
        check_images(reading)
        root = reading.root
    plan = plan_run(
        root,
        folder,
        model=model,
        classes=classes,
        trust_model=trust_model,
        recipe=recipe,
        cam=cam,
        threshold=threshold,
        search=search,
        max_iter=max_iter,
    )
    with Session.open(folder, root) as session:
        log = output_to(session.folder / LOG_FILE) if log_output else contextlib.nullcontext()
        with log:
            files = CopyFiles(session.folder / FILES)
            drafting = TransformMaker(Drawer(settings, session.heatmap), files)
            maker: Maker = drafting
            producer = ""
            if settings.boxes is BoxSource.ANNOTATE and count:
                from annot_core.augment.finding import Finder

                finder = Finder(plan, session, listener=listener)
                maker = AnnotateMaker(drafting, files, finder.engine, finder.classes, settings.min_score)
                producer = finder.name
            run = _Run(session, files, settings, producer, listener, clock)
            if count:
                run.make(maker, shares, count)
            run.clear(count)
            export = export_session(session, folder, formats, shares=shares, listener=listener)
    return Augmented(folder, run.classes, run.made, run.left_out, tuple(run.failures.values()), export)


class _Run:
    """One run over all numbers, with what it came to so far."""

    def __init__(
        self,
        session: Session,
        files: CopyFiles,
        settings: AugmentSettings,
        producer: str,
        listener: Listener,
        clock: Callable[[], float],
    ) -> None:
        self.classes: Counter[str] = Counter()
        self.made = self.left_out = 0
        self.failures: dict[str, Failure] = {}
        self._session = session
        self._files = files
        self._settings = settings
        self._producer = producer
        self._listener = listener
        self._clock = clock
        self._done = 0

    def make(self, maker: Maker, shares: Mapping[str, float], count: int) -> None:
        """Make all copies that are not there as they should be."""
        started = self._clock()
        sources = _sources(self._session)
        if not (sources.objects or sources.empty):
            raise UsageError(
                "expected kept images to make more from, found none; review the boxes, or accept them with "
                "--auto-accept"
            )
        self._listener(StageStarted(Stage.AUGMENT, count))
        planned = plan_copies(sources, split_of(self._session, shares), self._settings, count)
        outcomes = maker.make(self._orders(planned))
        while batch := list(itertools.islice(outcomes, _TOGETHER)):
            self._session.record_copies(outcome for outcome in batch if isinstance(outcome, Copy))
            for outcome in batch:
                self._count(outcome)
            self._step(len(batch))
        self._listener(StageFinished(Stage.AUGMENT, self._clock() - started))

    def clear(self, count: int) -> None:
        """Remove the copies with greater numbers, and files that are none's."""
        self._session.forget_copies(count)
        self._files.remove_others(self._session.is_copy)

    def _orders(self, planned: Iterator[PlannedCopy]) -> Iterator[Order]:
        for one in planned:
            original = self._session.annotation(one.original)
            ground = self._session.annotation(one.ground) if one.ground else None
            assert original is not None, "nothing is decided while the session is ours"
            plan = self._plan(one.number, original, ground)
            found = self._session.copy_made(one.number)
            image_id = self._image_id(one)
            if found is not None and found[:2] == (plan, image_id):
                _, _, content, reason = found
                if reason or self._files.holds(image_id, content):
                    self._tally(original.class_name, is_left_out=bool(reason))
                    self._step(1)
                    continue
            yield Order(one.number, image_id, plan, original, ground)

    def _plan(self, number: int, original: Annotation, ground: Annotation | None) -> str:
        """Return the hash of all that a copy is made from."""
        told = [DRAWING_VERSION, number, self._settings.described(), self._producer]
        parents = [original] if ground is None else [original, ground]
        told += [[one.image_id, one.content, one.class_name, one.box, one.image_size, one.score] for one in parents]
        digest = hashlib.blake2b(json.dumps(told).encode(), digest_size=_DIGEST_BYTES)
        if ground is not None:
            digest.update(self._session.heatmap(original.source).tobytes())
        return digest.hexdigest()

    def _image_id(self, one: PlannedCopy) -> str:
        """Return the id of a copy, another one than every image of the data set has."""
        name = f"{one.original}-aug-{one.number}"
        for number in itertools.count(2):
            image_id = clean_id(name)
            if not self._session.has_id(image_id):
                break
            name = f"{one.original}-aug-{one.number}-{number}"
        return image_id

    def _count(self, outcome: Copy | Failure) -> None:
        if isinstance(outcome, Failure):
            self.failures.setdefault(outcome.source, outcome)
            return
        self.made += not outcome.reason
        self._tally(outcome.annotation.class_name, is_left_out=bool(outcome.reason))

    def _tally(self, class_name: str, *, is_left_out: bool) -> None:
        if is_left_out:
            self.left_out += 1
        else:
            self.classes[class_name] += 1

    def _step(self, images: int) -> None:
        self._done += images
        self._listener(StageAdvanced(Stage.AUGMENT, self._done))


def _sources(session: Session) -> Sources:
    """Return what copies are made from; only ids are kept in memory."""
    objects: dict[str, list[str]] = {}
    empty: list[str] = []
    photos: list[str] = []
    for one in session.annotations():
        if one.box is None:
            empty.append(one.image_id)
            continue
        objects.setdefault(one.class_name, []).append(one.image_id)
        if free_part(one.box, one.image_size) is not None:
            photos.append(one.image_id)
    return Sources(objects, empty, photos)
