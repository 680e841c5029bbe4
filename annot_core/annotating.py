"""The whole job: a folder of labelled images in, a detection data set out."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annot_core.classifier.request import TrainingSettings
from annot_core.dataset import Dataset, list_dataset
from annot_core.engine import BATCH_SIZE
from annot_core.engine.job import EngineJob
from annot_core.engine.preparing import prepared_engine
from annot_core.errors import UsageError
from annot_core.export import DEFAULT_FORMATS, TRAIN_VAL, ExportSummary, check_export
from annot_core.exporting import export_session
from annot_core.imaging import content_hash
from annot_core.limits import MAX_PIXELS
from annot_core.naming import image_ids
from annot_core.native_output import LOG_FILE, output_to
from annot_core.plan import Plan, plan_run
from annot_core.progress import (
    Event,
    Listener,
    Notice,
    Stage,
    StageAdvanced,
    StageFinished,
    StageStarted,
    ignore,
)
from annot_core.recipes import DEFAULT_RECIPE
from annot_core.records import Decider, Decision, Failure, Skipped, Status, Verdict
from annot_core.report import check_report_path, write_report
from annot_core.session import Counts, ImageResult, Session
from annot_core.thresholds import Threshold

_DECISIONS_AT_ONCE = 1000

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Annotated:
    """What a run came to. `timings_s` are seconds by stage; `problems` could not be exported.

    `failures` are all present images that could not be read or worked on, with their reasons.
    """

    output: Path
    counts: Counts
    timings_s: dict[str, float]
    skipped: tuple[Skipped, ...]
    failures: tuple[Failure, ...]
    problems: tuple[Failure, ...]
    export: ExportSummary | None

    @property
    def boxes(self) -> int:
        """How many boxes were written."""
        return self.export.boxes if self.export is not None else 0


def annotate(
    dataset: str | Path,
    output: str | Path | None = None,
    *,
    model: str | Path | None = None,
    classes: str | Path | None = None,
    trust_model: bool = False,
    recipe: str = DEFAULT_RECIPE,
    cam: str | None = None,
    threshold: Threshold | None = None,
    search: str | None = None,
    max_iter: int | None = None,
    background: Collection[str] = (),
    auto_accept: bool = True,
    min_score: float = 0.0,
    training: TrainingSettings | None = None,
    redo: bool = False,
    max_pixels: int = MAX_PIXELS,
    batch_size: int | None = None,
    formats: Sequence[str] = DEFAULT_FORMATS,
    shares: Mapping[str, float] = TRAIN_VAL,
    report: str | Path | None = None,
    log_output: bool = False,
    listener: Listener = ignore,
    clock: Clock = time.monotonic,
) -> Annotated:
    """Annotate a folder of labelled images, `dataset/<class>/<image>`, and write the files of one or more formats.

    A run that was killed goes on where it was when it is started again. Decisions are never overwritten.

    Args:
        dataset: the folder of class folders.
        output: where everything is written; None: `<dataset>-annotated` beside it.
        model: a Keras classifier; None: the one trained for this output before, else a new one.
        classes: a file with one class a line, in the order of the model's outputs.
        trust_model: run code that the model file carries.
        recipe: a name out of `recipe_names()`; the next four override parts of it.
        cam: the heat map method.
        threshold: where heat begins, as `binarize` takes it.
        search: the box search.
        max_iter: steps of the search `bayes`.
        background: names of class folders whose images hold no object.
        auto_accept: keep every proposal with a score of at least `min_score`; else leave all undecided.
        min_score: 0 to 1.
        training: how a classifier is trained, where one is.
        redo: withdraw automatic decisions (never a person's) and propose anew.
        max_pixels: images with more pixels are not decoded.
        batch_size: images worked on at once, and on disk together; None: as many as the engine likes.
        formats: what is written, names out of `exporter_names()`.
        shares: share of the images by set, as `parse_shares` gives them; split by the seed of `training`.
        report: a file to write a JSON report to.
        log_output: send what libraries print, native ones too, to the session's log file.
        listener: hears how far the run is.
        clock: gives seconds.

    Raises:
        UsageError: the data set, the model, the session or an option is not usable.
        TrainingError: no classifier could be trained.
        ExportError: the files could not be written.
    """
    plan = plan_run(
        dataset,
        output,
        model=model,
        classes=classes,
        trust_model=trust_model,
        recipe=recipe,
        cam=cam,
        threshold=threshold,
        search=search,
        max_iter=max_iter,
        background=background,
        training=training,
        max_pixels=max_pixels,
        batch_size=batch_size,
    )
    if not 0 <= min_score <= 1:
        raise UsageError(f"expected a least score from 0 to 1, found {min_score}")
    check_export(formats, shares)
    if report is not None:
        check_report_path(Path(report))
    timings = _Timings(listener, clock)
    with timings.stage(Stage.LIST):
        listed = list_dataset(plan.root, background=plan.background)
    with Session.open(plan.output, plan.root) as session:
        with output_to(session.folder / LOG_FILE) if log_output else contextlib.nullcontext():
            session.sync(listed.images, content_hash, image_ids)
            if redo:
                session.forget_automatic()
                session.forget_proposals()
            _propose(session, listed, plan, timings)
            if auto_accept:
                _accept(session, min_score)
            export = export_session(
                session,
                plan.output,
                formats,
                shares=shares,
                seed=plan.request.training.seed,
                listener=timings.listener,
            )
        problems = export.problems if export is not None else ()
        if report is not None:
            write_report(Path(report), session, timings_s=timings.seconds, skipped=listed.skipped, problems=problems)
        return Annotated(
            plan.output,
            session.counts(),
            dict(timings.seconds),
            listed.skipped,
            tuple(session.failures()),
            problems,
            export,
        )


class _Timings:
    """Tells a listener when stages begin and end, and remembers how long each took."""

    def __init__(self, listener: Listener, clock: Clock) -> None:
        self._outer = listener
        self.clock = clock
        self.seconds: dict[str, float] = {}

    def listener(self, event: Event) -> None:
        """Hear an event, remember it if a stage finished, and pass it on."""
        if isinstance(event, StageFinished):
            self.seconds[event.stage.value] = self.seconds.get(event.stage.value, 0.0) + event.seconds
        self._outer(event)

    @contextlib.contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        started = self.clock()
        yield
        self.listener(StageFinished(stage, self.clock() - started))


def _propose(
    session: Session,
    dataset: Dataset,
    plan: Plan,
    timings: _Timings,
) -> None:
    """Fill the session with proposals for everything that is not settled yet."""
    settled = session.settled_count()
    if settled:
        timings.listener(
            Notice(f"{settled} images were decided before and stay as they are; redo decides automatic ones anew")
        )
    if settled == session.counts().images:
        return
    job = EngineJob(dataset, plan.request, plan.recipe, session.folder, plan.max_pixels, plan.batch_size or BATCH_SIZE)
    # Keras takes seconds to start, so nothing of it is imported where there is nothing left to do.
    with prepared_engine(job, listener=timings.listener, clock=timings.clock) as (ready, engine):
        session.register_producer(ready.producer, ready.description)
        timings.listener(StageStarted(Stage.ANNOTATE, session.waiting_count(ready.producer)))
        with timings.stage(Stage.ANNOTATE):
            done = 0
            for outcomes in engine.run(session.waiting(ready.producer)):
                session.record(outcomes, ready.producer)
                done += len(outcomes)
                timings.listener(StageAdvanced(Stage.ANNOTATE, done))


def _accept(session: Session, min_score: float) -> None:
    """Keep what is good enough; a decision that stands is never touched."""
    ready = (_keep(result) for result in session.results() if _acceptable(result, min_score))
    while decisions := list(itertools.islice(ready, _DECISIONS_AT_ONCE)):
        session.decide(decisions)


def _acceptable(result: ImageResult, min_score: float) -> bool:
    if result.decision is not None:
        return False
    if result.status is Status.BACKGROUND:
        return True
    return result.status is Status.PROPOSED and result.score is not None and result.score >= min_score


def _keep(result: ImageResult) -> Decision:
    return Decision(result.source, result.content, Verdict.KEEP, result.class_name, result.box, Decider.AUTO)
