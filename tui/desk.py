"""What a review works on: the data set, its session, and the job for the engine. No screen is known here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from annot_core.classifier.obtaining import check_trainable
from annot_core.dataset import Dataset, list_dataset
from annot_core.engine import BATCH_SIZE
from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Ready
from annot_core.export import ExportSummary
from annot_core.exporting import export_session
from annot_core.imaging import content_hash
from annot_core.naming import image_ids
from annot_core.native_output import LOG_FILE
from annot_core.plan import Plan
from annot_core.progress import Listener, ignore
from annot_core.records import Failure, LabelledImage, Proposal
from annot_core.session import Session


@dataclass(slots=True)
class Desk:
    """An open session with what was planned for it.

    Its methods may be called from worker threads; the session takes turns.
    """

    plan: Plan
    dataset: Dataset
    session: Session
    producer: str = ""

    @classmethod
    def open(cls, plan: Plan, *, redo: bool = False) -> Desk:
        """List the data set and bring its session in line with it; seconds for large ones.

        Args:
            plan: where and what.
            redo: withdraw automatic decisions (never a person's) and have boxes proposed anew.

        Raises:
            UsageError: the data set or the session cannot be used.
        """
        dataset = list_dataset(plan.root, background=plan.background)
        if plan.request.model is None:
            check_trainable(dataset)
        session = Session.open(plan.output, plan.root)
        try:
            session.sync(dataset.images, content_hash, image_ids)
            if redo:
                session.forget_automatic()
                session.forget_proposals()
        except BaseException:
            session.close()
            raise
        return cls(plan, dataset, session)

    def close(self) -> None:
        """Close the session; closing twice does no harm."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def log(self) -> Path:
        """The file that takes what libraries print."""
        return self.session.folder / LOG_FILE

    @property
    def is_begun(self) -> bool:
        """Whether an earlier run left results behind, so that there is something to resume."""
        counts = self.session.counts()
        return counts.pending < counts.images

    @property
    def is_done(self) -> bool:
        """Whether everything is decided and read, so that no engine is needed."""
        return self.session.settled_count() == self.session.counts().images

    def job(self) -> EngineJob:
        """Return what the engine's process has to know."""
        return EngineJob(
            dataset=self.dataset,
            request=self.plan.request,
            recipe=self.plan.recipe,
            folder=self.session.folder,
            max_pixels=self.plan.max_pixels,
            batch_size=self.plan.batch_size or BATCH_SIZE,
        )

    def feed(self, ready: Ready) -> Iterator[LabelledImage]:
        """Give the images that an engine, once it is ready, has work on."""
        self.session.register_producer(ready.producer, ready.description)
        self.producer = ready.producer
        return self.session.waiting(ready.producer)

    def record(self, outcomes: Sequence[Proposal | Failure]) -> None:
        """Keep what the engine said of some images; it is on disk when this returns."""
        self.session.record(outcomes, self.producer)

    def failures(self, most: int) -> Iterator[Failure]:
        """Give the present images that could not be worked on, at most so many, in path order."""
        return itertools.islice(self.session.failures(), most)

    def export(self, listener: Listener = ignore) -> ExportSummary | None:
        """Write the files of everything that is kept, in the default formats; None where nothing is.

        Raises:
            SessionError: another program is writing them.
            ExportError: the files could not be written.
        """
        seed = self.plan.request.training.seed
        return export_session(self.session, self.plan.output, seed=seed, listener=listener)
