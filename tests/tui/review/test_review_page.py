"""Pages of the gallery: kept unless marked."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_fakes import (
    FIRST,
    OTHER,
    SECOND,
    background,
    decided,
    decision,
    failure,
    index_of,
    no_evidence,
    open_session,
    proposal,
    row,
)

from annot_core.records import Decider, Decision, Verdict
from tui.review.page import GalleryPage, next_page, page_at_cursor, previous_page, refitted, verdicts_of
from tui.review.queue import ReviewQueue


def queue_of(count: int) -> ReviewQueue:
    return ReviewQueue(index_of([row(number) for number in range(10, 10 + count)]))


def test_pages_follow_each_other_without_gaps() -> None:
    queue = queue_of(8)
    pages = [page_at_cursor(queue, 3)]
    while page := next_page(queue, pages[-1], 3):
        pages.append(page)
        assert queue.current == page.ids[0]
    assert [page.ids for page in pages] == [(10, 11, 12), (13, 14, 15), (16, 17)]
    assert queue.current == 16
    back = previous_page(queue, pages[-1], 3)
    assert back == pages[1]


def test_the_first_page_is_a_whole_one() -> None:
    queue = queue_of(8)
    queue.go_to_number(3)
    page = page_at_cursor(queue, 5)
    assert page.ids == (12, 13, 14, 15, 16)
    first = previous_page(queue, page, 5)
    assert first is not None
    assert first.ids == (10, 11, 12, 13, 14)
    assert previous_page(queue, first, 5) is None
    assert queue.current == 10


def test_an_empty_list_has_an_empty_page() -> None:
    queue = queue_of(0)
    page = page_at_cursor(queue, 4)
    assert (page, page.current, page.toggled(), page.moved(1, 0, 2)) == (GalleryPage(()), None, page, page)
    assert next_page(queue, page, 4) is previous_page(queue, page, 4) is None
    assert refitted(queue, page, 2) == page


@pytest.mark.parametrize(
    ("at", "dx", "dy", "to"),
    [
        (0, 1, 0, 1),
        (2, 1, 0, 3),
        (1, 0, 1, 4),
        (4, 0, -1, 1),
        (0, -1, 0, 0),
        (1, 0, -1, 1),
        (4, 0, 1, 7),
        (5, 0, 1, 5),
        (7, 1, 0, 7),
    ],
)
def test_the_cursor_moves_in_rows_of_three_and_stays_on_the_page(at: int, dx: int, dy: int, to: int) -> None:
    page = GalleryPage(tuple(range(8)), at=at)
    assert page.moved(dx, dy, 3).at == to


def test_a_mark_is_set_and_taken_away() -> None:
    page = GalleryPage((10, 11)).moved(1, 0, 2).toggled()
    assert page.marked == {11}
    assert page.toggled().marked == frozenset()


def test_dropped_images_are_marked_at_first() -> None:
    queue = ReviewQueue(index_of([row(1), decided(row(2), Verdict.DROP), decided(row(3), Verdict.KEEP)]))
    assert page_at_cursor(queue, 9).marked == {2}


@given(st.integers(0, 19), st.integers(1, 25), st.integers(0, 24), st.integers(1, 25))
def test_a_page_that_is_fitted_anew_keeps_cursor_and_marks(start: int, size: int, at: int, new_size: int) -> None:
    queue = queue_of(20)
    queue.go_to_number(start + 1)
    page = page_at_cursor(queue, size)
    page = page.moved(min(at, len(page.ids) - 1), 0, 1).toggled()
    fresh = refitted(queue, page, new_size)
    assert (fresh.current, fresh.marked, len(fresh.ids) <= new_size) == (page.current, page.marked, True)


OUTCOMES = [
    proposal("a/1.jpg"),
    proposal("a/2.jpg"),
    proposal("a/mended.jpg"),
    proposal("a/automatic.jpg"),
    proposal("a/dropped.jpg"),
    proposal("a/later.jpg"),
    no_evidence("a/nothing.jpg"),
    background("b/1.jpg"),
    failure("c/bad.jpg"),
    failure("c/worse.jpg"),
]


def person(source: str, verdict: Verdict = Verdict.KEEP, **changes: object) -> Decision:
    return decision(source, verdict, class_name=source[0], **changes)


def test_a_page_keeps_what_is_not_marked_and_drops_what_is(tmp_path: Path) -> None:
    with open_session(tmp_path, OUTCOMES, pending=["d/waits.jpg"]) as session:
        session.decide([person("a/mended.jpg", box=OTHER), person("a/later.jpg", Verdict.LATER)])
        session.decide([person("a/dropped.jpg", Verdict.DROP)])
        session.decide([person("a/automatic.jpg", box=FIRST, decider=Decider.AUTO)])
        queue = ReviewQueue(session.index())
        page = page_at_cursor(queue, 50)
        ids = {session.source_of(one): one for one in page.ids}
        assert page.marked == {ids["a/dropped.jpg"]}
        page = GalleryPage(page.ids, page.marked | {ids["a/2.jpg"], ids["c/bad.jpg"]})
        given = verdicts_of(page, session.results_of(page.ids), queue.index.background)
        assert {(one.source, one.verdict, one.box) for one in given.decisions} == {
            ("a/1.jpg", Verdict.KEEP, FIRST),
            ("a/2.jpg", Verdict.DROP, None),
            ("a/automatic.jpg", Verdict.KEEP, FIRST),
            ("b/1.jpg", Verdict.KEEP, None),
            ("c/bad.jpg", Verdict.DROP, None),
        }
        assert given.left == (ids["a/nothing.jpg"], ids["c/worse.jpg"], ids["d/waits.jpg"])
        assert session.decide(given.decisions) == 5
        step = session.undo()
        assert step is not None
        assert step.decisions == given.decisions


def test_what_a_person_decided_changes_when_the_mark_does(tmp_path: Path) -> None:
    with open_session(
        tmp_path, [proposal("a/dropped.jpg"), proposal("a/kept.jpg"), proposal("a/later.jpg")]
    ) as session:
        session.decide([person("a/dropped.jpg", Verdict.DROP), person("a/kept.jpg", box=SECOND)])
        session.decide([person("a/later.jpg", Verdict.LATER)])
        page = page_at_cursor(ReviewQueue(session.index()), 3)
        for _ in range(3):
            page = page.toggled().moved(1, 0, 3)
        given = verdicts_of(page, session.results_of(page.ids))
        assert given.decisions == (
            person("a/dropped.jpg", box=FIRST),
            person("a/kept.jpg", Verdict.DROP),
            person("a/later.jpg", Verdict.DROP),
        )
