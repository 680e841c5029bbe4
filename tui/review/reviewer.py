"""A review going on: the list, the image on the easel, and what a person does with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from annot_core.geometry import Box
from annot_core.records import Decision, Verdict
from annot_core.session import ImageResult, Session
from annot_core.session.views import UndoStep
from tui.review.adjusting import Adjuster
from tui.review.bulk import BulkKeep, bulk_keep
from tui.review.easel import Easel
from tui.review.filters import parse_filter
from tui.review.queue import ReviewQueue, go_to, show_step
from tui.review.rethreshold import Rethresholder, stepped
from tui.review.verdicts import Refused, drop, keep_as, keep_candidate, later

_WORDS = {Verdict.KEEP: "keep", Verdict.DROP: "drop", Verdict.LATER: "later"}


@dataclass(frozen=True, slots=True)
class Said:
    """What came of an action, in words for the status line: what was saved, or why nothing was."""

    saved: str = ""
    refused: str = ""
    needs_box: bool = False


class Reviewer:
    """Carries out what the keys mean. Whatever it decides is on disk when a method returns.

    Its methods read and write the session's file, so they belong in a worker thread, one at a time.

    Attributes:
        session: open for writing.
        queue: the list, with its cursor.
        easel: the image at the cursor with the box that is offered; None in an empty list.
        adjuster: the box that is being adjusted; None while none is.
    """

    def __init__(self, session: Session, queue: ReviewQueue) -> None:
        self.session = session
        self.queue = queue
        self.easel: Easel | None = None
        self.adjuster: Adjuster | None = None
        self._laid_aside: Easel | None = None
        self._rethresholder = Rethresholder(session)
        self.look()

    @property
    def background(self) -> Collection[str]:
        """The classes without an object."""
        return self.queue.index.background

    # ---- looking

    def look(self) -> None:
        """Put the image at the cursor on the easel, as it is on disk."""
        self.adjuster = None
        row_id = self.queue.current
        results = () if row_id is None else self.session.results_of([row_id])
        self.easel = Easel.of(results[0]) if results else None

    def move(self, step: Callable[[], object]) -> bool:
        """Move the cursor by one of the queue's own methods; tell whether it is elsewhere now."""
        before = self.queue.current
        step()
        if self.queue.current == before:
            return False
        self.look()
        return True

    def go_to(self, text: str) -> bool:
        """Go where a person typed: to a number in the list, or a name; tell whether there is one."""
        found = go_to(self.queue, self.session, text)
        if found:
            self.look()
        return found

    def list_only(self, text: str) -> None:
        """List the images that pass a filter, as a person writes it.

        Raises:
            UsageError: it is no filter, or of a class that there is not.
        """
        self.queue.choose(parse_filter(text, self.queue.index.classes), self.queue.order)
        self.look()

    def sort_on(self) -> None:
        """List in the next order: path, score, class."""
        self.queue.choose(self.queue.filter, self.queue.order.following)
        self.look()

    def neighbours(self) -> tuple[Easel, ...]:
        """Return the images that a key will show, the likeliest first, as they would be shown."""
        return tuple(Easel.of(result) for result in self.session.results_of(self.queue.neighbours()))

    def take(self, sources: Iterable[str]) -> bool:
        """Take over what is on disk now for some images; tell whether the one on the easel is among them."""
        return self._take_rows(list(sources))

    # ---- offering another box

    def next_candidate(self) -> None:
        """Offer the next candidate."""
        if self.easel is not None:
            self.easel = self.easel.with_next_candidate()

    def step_threshold(self, by: int) -> Said:
        """Offer the box at the next threshold above or below."""
        if self.easel is None:
            return Said()
        threshold = stepped(self.easel.start_threshold, by)
        found = self._rethresholder.candidate(self.easel.result, threshold)
        if found is None:
            return Said(refused="there is no heat map to find a box in")
        self.easel = self.easel.with_threshold(threshold, found.box)
        return Said()

    # ---- deciding

    def keep(self) -> Said:
        """Keep the image with the box that is offered, and go on."""
        easel = self.easel
        return self._decide(lambda result: keep_as(result, _class(easel), _box(easel), self.background))

    def keep_candidate(self, number: int) -> Said:
        """Keep the image with the candidate that has a number from 1, and go on."""
        return self._decide(lambda result: keep_candidate(result, number, self.background))

    def keep_as(self, class_name: str) -> Said:
        """Keep the image with another class, and go on."""
        easel = self.easel
        return self._decide(lambda result: keep_as(result, class_name, _box(easel), self.background))

    def drop(self) -> Said:
        """Drop the image, and go on."""
        return self._decide(drop)

    def later(self) -> Said:
        """Leave the image for later, and go on."""
        return self._decide(later)

    def decide_page(self, decisions: Sequence[Decision]) -> Said:
        """Decide the images of a page as one step for undo; the cursor stays where it is."""
        if not decisions:
            return Said(saved="nothing new on this page")
        self.session.decide(decisions)
        self.queue.update(self.session.index_rows([decision.source for decision in decisions]))
        self.look()
        dropped = sum(decision.verdict is Verdict.DROP for decision in decisions)
        return Said(saved=f"keep {len(decisions) - dropped}, drop {dropped}")

    def keep_all(self, plan: BulkKeep) -> Iterator[Said]:
        """Keep what was planned, as one step for undo, saying after each part how far that is.

        Between two parts anything else may be done, and undoing the step ends it. Whoever is still at the image of
        the beginning when all is done goes on to the next one.
        """
        begun_at, kept, looked_at = self.queue.current, 0, 0
        for part in bulk_keep(self.session, plan):
            kept += part.kept
            looked_at += len(part.ids)
            self._take_rows(part.ids.tolist())
            if looked_at < len(plan):
                yield Said(saved=f"keep {kept} of {len(plan)} images ...")
        if looked_at < len(plan):
            yield Said(refused="keeping them has ended, since it was undone")
            return
        if self.queue.current == begun_at and self.adjuster is None:
            self._go_on()
        yield Said(saved=f"keep {kept} images")

    def undo(self) -> Said:
        """Take the latest step back, also one from before a restart, and show its image."""
        return self._turned("undone", self.session.undo())

    def redo(self) -> Said:
        """Make again what was undone last, and show its image."""
        return self._turned("redone", self.session.redo())

    # ---- adjusting

    def begin_adjusting(self, class_name: str = "") -> Said:
        """Take the offered box in hand, or one in the middle where there is none.

        Args:
            class_name: the class that a keep shall take; empty for the one that is offered.
        """
        size = None if self.easel is None else self.easel.result.image_size
        if self.easel is None or size is None:
            return Said(refused="there is no picture to draw a box on")
        named = self.easel.with_class(class_name or self.easel.class_name)
        without = keep_as(named.result, named.class_name, None, self.background)
        if isinstance(without, Decision):
            return Said(refused=f"{named.class_name!r} is a class without an object: there is no box to adjust")
        if not without.needs_box:
            return Said(refused=without.reason)
        self._laid_aside = self.easel
        self.easel = named
        return self._adjusted(Adjuster.start(named.box, size))

    def adjust(self, change: Callable[[Adjuster], Adjuster]) -> Said:
        """Change the box in hand."""
        return Said() if self.adjuster is None else self._adjusted(change(self.adjuster))

    def leave_adjusting(self) -> None:
        """Put the box down, and offer what was offered before."""
        if self.adjuster is not None:
            self.easel = self._laid_aside
        self.adjuster = None

    # ----

    def _take_rows(self, which: Sequence[int | str]) -> bool:
        rows = self.session.index_rows(which)
        was_empty, shown = self.easel is None, self.queue.current
        self.queue.update(rows)
        is_shown = any(row.id == shown for row in rows)
        # A box in a person's hands is not taken away.
        if (was_empty or is_shown) and self.adjuster is None:
            self.look()
        return was_empty or is_shown

    def _adjusted(self, adjuster: Adjuster) -> Said:
        assert self.easel is not None
        self.adjuster = adjuster
        self.easel = self.easel.with_box(adjuster.box)
        return Said()

    def _decide(self, verdict: Callable[[ImageResult], Decision | Refused]) -> Said:
        if self.easel is None:
            return Said(refused="there is no image to decide")
        decision = verdict(self.easel.result)
        if isinstance(decision, Refused):
            return Said(refused=decision.reason, needs_box=decision.needs_box)
        self.session.decide([decision])
        self.queue.update(self.session.index_rows([decision.source]))
        self._go_on()
        return Said(saved=f"{_WORDS[decision.verdict]} {_name(decision.source)}")

    def _go_on(self) -> None:
        """Go to the next undecided image that is ready; stay where there is none, to show what was decided."""
        self.queue.next_undecided()
        self.look()

    def _turned(self, word: str, step: UndoStep | None) -> Said:
        if step is None:
            return Said(refused=f"there is nothing to be {word}")
        show_step(self.queue, self.session, step)
        self.look()
        count = len(step.decisions) + step.more
        first = step.decisions[0]
        what = f"{_WORDS[first.verdict]} {_name(first.source)}" if count == 1 else f"{count} images"
        return Said(saved=f"{word}: {what}")


def _class(easel: Easel | None) -> str:
    return "" if easel is None else easel.class_name


def _box(easel: Easel | None) -> Box | None:
    return None if easel is None else easel.box


def _name(source: str) -> str:
    return source.rpartition("/")[2]
