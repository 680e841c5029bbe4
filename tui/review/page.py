"""A page of the gallery, where everything is kept that is not marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from annot_core.records import Decider, Decision, Verdict
from annot_core.session import ImageResult
from annot_core.session.index import VERDICTS
from tui.review.queue import ReviewQueue
from tui.review.verdicts import drop, keep, shown_box

_DROPPED = VERDICTS.index(Verdict.DROP)


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Some images side by side, in rows; it stays as it is while the list behind it changes.

    Attributes:
        ids: row ids, in the order of the list.
        marked: row ids of those to drop; at first these are the ones that are dropped already.
        at: the cursor's place on the page, from 0.
    """

    ids: tuple[int, ...]
    marked: frozenset[int] = frozenset()
    at: int = 0

    @property
    def current(self) -> int | None:
        """The row id of the image at the cursor; None on an empty page."""
        return self.ids[self.at] if self.ids else None

    def moved(self, dx: int, dy: int, columns: int) -> Self:
        """Move the cursor by `dx` images and `dy` rows of `columns` images; not beyond the page."""
        to = self.at + dx + dy * columns
        return replace(self, at=to) if 0 <= to < len(self.ids) else self

    def toggled(self) -> Self:
        """Mark the image at the cursor to be dropped, or take the mark away."""
        if self.current is None:
            return self
        return replace(self, marked=self.marked ^ {self.current})


@dataclass(frozen=True, slots=True)
class PageVerdicts:
    """What a page comes to: decisions for one step, and the row ids of the images that stay undecided.

    `left` ones failed, are pending, or have an object but no box.
    """

    decisions: tuple[Decision, ...]
    left: tuple[int, ...]


def page_at_cursor(queue: ReviewQueue, size: int) -> GalleryPage:
    """Return the page of at most `size` images that begins at the queue's cursor."""
    return _page(queue, queue.place, size)


def next_page(queue: ReviewQueue, page: GalleryPage, size: int) -> GalleryPage | None:
    """Return the page after this one and put the cursor on it; None, and nothing, where the list ends.

    Args:
        queue: what the page is of.
        page: the present one.
        size: how many images fit now, at most.
    """
    place = queue.place_of(page.ids[-1]) if page.ids else None
    if place is None or not queue.go_to_number(place + 2):
        return None
    return page_at_cursor(queue, size)


def previous_page(queue: ReviewQueue, page: GalleryPage, size: int) -> GalleryPage | None:
    """Return the page before this one and put the cursor on it; None, and nothing, where the list begins."""
    place = queue.place_of(page.ids[0]) if page.ids else None
    if not place:
        return None
    queue.go_to_number(max(0, place - size) + 1)
    return page_at_cursor(queue, size)


def refitted(queue: ReviewQueue, page: GalleryPage, size: int) -> GalleryPage:
    """Return the page with as many images as fit now, with the marks and the cursor's image, which stays on it."""
    current = page.current
    place = queue.place_of(current)
    if current is None or place is None:
        return page_at_cursor(queue, size)
    fresh = _page(queue, place - min(page.at, size - 1), size)
    stay = frozenset(fresh.ids).intersection(page.ids)
    return replace(fresh, marked=(fresh.marked - stay) | (page.marked & stay), at=fresh.ids.index(current))


def verdicts_of(page: GalleryPage, results: Iterable[ImageResult], background: Collection[str] = ()) -> PageVerdicts:
    """Keep what is not marked with its shown box, drop what is, and leave what can be neither.

    What a person decided like that before, or left for later, is not decided again: a mended box stays.

    Args:
        page: the page.
        results: its images, in the order of its row ids, as `Session.results_of` gives them.
        background: the classes without an object.
    """
    decisions, left = [], []
    for row_id, result in zip(page.ids, results, strict=True):
        wanted = Verdict.DROP if row_id in page.marked else Verdict.KEEP
        if _is_said(result, wanted):
            continue
        decision = drop(result) if wanted is Verdict.DROP else keep(result, shown_box(result), background)
        if isinstance(decision, Decision):
            decisions.append(decision)
        else:
            left.append(row_id)
    return PageVerdicts(tuple(decisions), tuple(left))


def _is_said(result: ImageResult, wanted: Verdict) -> bool:
    said = result.decision
    if said is None or said.decider is not Decider.PERSON:
        return False
    return said.verdict is wanted or (said.verdict is Verdict.LATER and wanted is Verdict.KEEP)


def _page(queue: ReviewQueue, place: int | None, size: int) -> GalleryPage:
    if place is None:
        return GalleryPage(())
    start = max(0, place)
    ids = queue.ids(start, start + size)
    positions = queue.index.positions_of(np.array(ids, dtype=np.int64))
    dropped = queue.index.verdict[positions] == _DROPPED
    marked = frozenset(one for one, is_dropped in zip(ids, dropped, strict=True) if is_dropped)
    return GalleryPage(ids, marked)
