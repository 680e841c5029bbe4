"""Making planned copies: drawn, written to their places, and with a box from the geometry or from the pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from annot_core.augment.drawing import Drawer, Drawn
from annot_core.augment.files import CopyFiles
from annot_core.engine import Engine
from annot_core.errors import ImageError
from annot_core.export.parallel import in_order
from annot_core.imaging import bytes_hash
from annot_core.records import Annotation, Copy, Decider, Failure, LabelledImage, Proposal, Status
from annot_core.session.copies import FILES

STAGE: Final = "augment"
"""The stage that a `Failure` of this room names."""

DRAFTS: Final = 3
"""How often an image is drawn anew until the pipeline finds a box that is good enough."""

AT_ONCE: Final = 128
"""How many images the pipeline is handed at once."""


@dataclass(frozen=True, slots=True)
class Order:
    """A copy to be made: its number and id, the hash of all that it is made from, and what that is."""

    number: int
    image_id: str
    plan: str
    original: Annotation
    ground: Annotation | None


class Maker(Protocol):
    """Makes copies: all that a way to boxes has to do."""

    def make(self, orders: Iterable[Order]) -> Iterator[Copy | Failure]:
        """Yield what came of each order; its file is in its place by then, unless there is none to be.

        Raises:
            ExportError: a file could not be written.
        """
        ...


class TransformMaker:
    """Takes the boxes that the geometry gives."""

    def __init__(self, drawer: Drawer, files: CopyFiles, workers: int | None = None) -> None:
        self._drawer = drawer
        self._files = files
        self._workers = workers or os.cpu_count() or 1

    def make(self, orders: Iterable[Order]) -> Iterator[Copy | Failure]:
        """Draw by a few threads; see `Maker`."""
        yield from in_order(self._one, orders, self._workers)

    def drafts(self, orders: Sequence[Order], draft: int) -> list[Copy | Failure]:
        """Make copies of which several drafts may be needed."""
        return list(in_order(lambda order: self._one(order, draft), orders, self._workers))

    def _one(self, order: Order, draft: int = 0) -> Copy | Failure:
        try:
            drawn = self._drawer.draw(order.original, order.ground, order.number, draft)
        except ImageError as error:
            return Failure(order.original.source, STAGE, str(error))
        self._files.write(order.image_id, drawn.jpeg)
        return _copy(order, drawn, self._files)


class AnnotateMaker:
    """Has the pipeline find the boxes anew, and leaves out what it is not sure of."""

    def __init__(
        self, drafting: TransformMaker, files: CopyFiles, engine: Engine, classes: Sequence[str], min_score: float
    ) -> None:
        """Prepare.

        Args:
            drafting: draws the images.
            files: where they lie.
            engine: runs the pipeline over them.
            classes: those that its classifier knows.
            min_score: the least score of a box, 0 to 1.
        """
        self._drafting = drafting
        self._files = files
        self._engine = engine
        self._classes = frozenset(classes)
        self._min_score = min_score

    def make(self, orders: Iterable[Order]) -> Iterator[Copy | Failure]:
        """Draw some, have boxes found on them, and draw anew those where that came to nothing; see `Maker`."""
        waiting = iter(orders)
        while batch := [order for _, order in zip(range(AT_ONCE), waiting, strict=False)]:
            yield from self._batch(batch)

    def _batch(self, batch: Sequence[Order]) -> Iterator[Copy | Failure]:
        done: dict[int, Copy | Failure] = {}
        for draft in range(DRAFTS):
            missing = [order for order in batch if order.number not in done]
            made = self._drafting.drafts(missing, draft)
            for order, outcome in zip(missing, self._found(made), strict=True):
                if outcome is not None:
                    done[order.number] = outcome
        for order in batch:
            yield done[order.number] if order.number in done else self._left_out(order)

    def _found(self, made: Sequence[Copy | Failure]) -> list[Copy | Failure | None]:
        """Return copies with the boxes that were found on them; None for those with none, or a doubtful one."""
        asked = [copy for copy in made if isinstance(copy, Copy) and self._is_known(copy)]
        images = [
            LabelledImage(self._files.folder, f"{one.image_id}.jpg", one.class_name, False, 0, 0)
            for one in (copy.annotation for copy in asked)
        ]
        found = (
            {outcome.source: outcome for outcomes in self._engine.run(images) for outcome in outcomes} if asked else {}
        )
        return [self._judged(copy, found) for copy in made]

    def _judged(self, copy: Copy | Failure, found: dict[str, Proposal | Failure]) -> Copy | Failure | None:
        if isinstance(copy, Failure) or copy.annotation.box is None:
            return copy
        outcome = found.get(f"{copy.annotation.image_id}.jpg")
        if not isinstance(outcome, Proposal) or outcome.status is not Status.PROPOSED:
            return None
        if outcome.score < self._min_score:
            return None
        annotation = replace(copy.annotation, box=outcome.box, score=outcome.score, decider=Decider.AUTO)
        return replace(copy, annotation=annotation)

    def _is_known(self, copy: Copy) -> bool:
        return copy.annotation.box is not None and copy.annotation.class_name in self._classes

    def _left_out(self, order: Order) -> Copy:
        self._files.remove(order.image_id)
        known = order.original.class_name in self._classes
        reason = "no box with a score that is high enough" if known else "the classifier does not know its class"
        annotation = replace(_annotation(order, self._files, b"", (0, 0)), box=None, content="")
        return Copy(order.number, order.plan, annotation, _parents(order), reason)


def _copy(order: Order, drawn: Drawn, files: CopyFiles) -> Copy:
    annotation = replace(_annotation(order, files, drawn.jpeg, drawn.size), box=drawn.box)
    return Copy(order.number, order.plan, annotation, _parents(order))


def _annotation(order: Order, files: CopyFiles, jpeg: bytes, size: tuple[int, int]) -> Annotation:
    """Return the original's annotation as that of its copy."""
    return replace(
        order.original,
        image_id=order.image_id,
        path=files.path(order.image_id),
        source=f"{FILES}/{order.image_id}.jpg",
        image_size=size,
        content=bytes_hash(jpeg),
        original=order.original.image_id,
        ground="" if order.ground is None else order.ground.image_id,
    )


def _parents(order: Order) -> tuple[Annotation, ...]:
    return (order.original,) if order.ground is None else (order.original, order.ground)
