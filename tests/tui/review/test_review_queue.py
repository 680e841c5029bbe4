"""The queue: stable while a person works, and the cursor on its image."""

from __future__ import annotations

import bisect
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from review_fakes import (
    CLASSES,
    decided,
    failure,
    index_of,
    index_rows,
    open_session,
    proposal,
    row,
)

from annot_core.records import Status, Verdict
from annot_core.session import IndexRow
from tui.review.filters import EVERYTHING, Filter, Shown
from tui.review.order import Order
from tui.review.queue import ReviewQueue, go_to

UNDECIDED = Filter(Shown.UNDECIDED)


def queue_of(*rows: IndexRow, chosen: Filter = EVERYTHING, order: Order = Order.PATH) -> ReviewQueue:
    return ReviewQueue(index_of(rows), chosen, order)


def listed(queue: ReviewQueue) -> list[int]:
    return list(queue.ids(0, len(queue)))


def test_moving_stops_at_the_ends() -> None:
    queue = queue_of(row(5), row(6), row(7))
    assert [queue.current, queue.next(), queue.next(), queue.next(), queue.current] == [5, True, True, False, 7]
    assert [queue.previous(), queue.place, queue.first(), queue.previous(), queue.current] == [True, 1, True, False, 5]
    assert (queue.last(), queue.current) == (True, 7)


def test_an_empty_list_has_no_current_image_until_one_arrives() -> None:
    queue = queue_of(row(5, None, None), chosen=UNDECIDED)
    assert (len(queue), queue.current, queue.place, queue.neighbours()) == (0, None, None, ())
    assert not any([queue.next(), queue.previous(), queue.first(), queue.last(), queue.go_to_any([5])])
    assert queue.next_undecided() is queue.first_undecided() is None
    queue.update([row(5)])
    assert (listed(queue), queue.current) == ([5], 5)


@pytest.mark.parametrize(
    ("number", "there"), [(1, True), (3, True), (0, False), (-1, False), (4, False)], ids=lambda value: str(value)
)
def test_go_to_a_number(number: int, there: bool) -> None:
    queue = queue_of(row(5), row(6), row(7))
    queue.next()
    assert queue.go_to_number(number) == there
    assert queue.current == (4 + number if there else 6)


def test_an_image_with_a_verdict_stays_until_the_filter_is_chosen_anew() -> None:
    one, two = row(5), row(6)
    queue = queue_of(one, two, chosen=UNDECIDED)
    queue.update([decided(one, Verdict.KEEP)])
    assert queue.next_undecided() == 6
    assert (queue.previous(), queue.current) == (True, 5)
    queue.choose(UNDECIDED, Order.PATH)
    assert listed(queue) == [6]


def test_results_that_arrive_are_put_at_their_place_and_the_cursor_stays_on_its_image() -> None:
    queue = queue_of(row(5, None, None), row(6), row(7, None, None), row(8), chosen=UNDECIDED)
    queue.next()
    queue.update([row(5), row(7, Status.FAILED, None)])
    assert (listed(queue), queue.current, queue.place) == ([5, 6, 8], 8, 2)


def test_a_score_that_arrives_moves_its_image_and_the_cursor_with_it() -> None:
    queue = queue_of(row(5, score=0.3), row(6, None, None), row(7, score=0.9), order=Order.SCORE)
    assert listed(queue) == [5, 7, 6]
    queue.show(6)
    queue.update([row(6, score=0.1)])
    assert (listed(queue), queue.current, queue.place) == ([6, 5, 7], 6, 0)


def test_a_class_given_by_a_person_moves_nothing_until_the_order_is_chosen_anew() -> None:
    one, two = row(5, class_name="a b"), row(6)
    queue = queue_of(one, two, order=Order.CLASS)
    queue.update([decided(one, Verdict.KEEP, "zebra")])
    assert listed(queue) == [5, 6]
    queue.choose(EVERYTHING, Order.CLASS)
    assert listed(queue) == [6, 5]


def test_an_image_is_placed_by_class_also_when_a_new_class_came_up() -> None:
    rows = [row(5, class_name="kangaroo"), row(6, None, None, class_name="none"), row(7)]
    queue = queue_of(*rows, chosen=UNDECIDED, order=Order.CLASS)
    queue.last()
    queue.update([decided(rows[0], Verdict.KEEP, "apple"), row(6, class_name="none")])
    assert (listed(queue), queue.current) == ([5, 6, 7], 7)


def test_the_next_undecided_image_is_ready_and_found_from_the_beginning_too() -> None:
    ready, kept = row(5), decided(row(7), Verdict.KEEP)
    queue = queue_of(ready, row(6, None, None), kept, row(8, Status.FAILED, None))
    queue.last()
    assert queue.next_undecided() == 5
    assert (queue.next_undecided(), queue.current) == (None, 5)
    queue.last()
    assert queue.first_undecided() == 5


def test_the_next_undecided_image_is_found_however_far_it_is() -> None:
    done = [decided(row(number), Verdict.KEEP) for number in range(1, 5001)]
    queue = queue_of(*done, row(6000), *(decided(row(number), Verdict.DROP) for number in range(7000, 7100)))
    assert (queue.next_undecided(), queue.place) == (6000, 5000)
    queue.last()
    assert queue.next_undecided() == 6000


def test_going_to_any_of_some_images_takes_the_next_after_the_cursor() -> None:
    queue = queue_of(row(5), row(6, Status.FAILED, None), row(7), row(8), chosen=UNDECIDED)
    found = []
    for _ in range(3):
        assert queue.go_to_any([8, 6, 5, 99])
        found.append(queue.current)
    assert found == [8, 5, 8]
    assert (queue.go_to_any([6, 99]), queue.current) == (False, 8)


def test_a_verdict_leaves_the_list_untouched_however_long_it_is() -> None:
    rows = [row(number) for number in range(3000)]
    queue = queue_of(*rows, chosen=UNDECIDED)
    keys = queue._keys
    queue.update([decided(rows[1500], Verdict.DROP)])
    assert queue._keys is keys
    assert (queue.counts().dropped, queue.counts().undecided) == (1, 2999)


def test_an_image_can_be_shown_although_the_filter_left_it_out() -> None:
    queue = queue_of(row(5), row(6, Status.FAILED, None), row(7), chosen=UNDECIDED)
    assert (queue.show(6), queue.current, listed(queue)) == (True, 6, [5, 6, 7])
    assert [queue.show(99), queue.show(None), queue.current] == [False, False, 6]


def test_choosing_keeps_the_image_or_goes_to_the_one_that_follows() -> None:
    queue = queue_of(row(5, score=0.9), row(6, Status.FAILED, None), row(7, score=0.5), row(8, score=0.7))
    queue.show(6)
    queue.choose(UNDECIDED, Order.PATH)
    assert queue.current == 7
    queue.choose(UNDECIDED, Order.SCORE)
    assert (queue.current, listed(queue)) == (7, [7, 8, 5])
    queue.choose(Filter(Shown.FAILED), Order.PATH)
    queue.choose(Filter(Shown.UNDECIDED, score=(0.9, 1.0)), Order.PATH)
    assert queue.current == 5


@pytest.mark.parametrize(
    ("at", "ahead", "behind", "expected"),
    [(6, 3, 1, (8, 10, 5, 7)), (6, 1, 0, (8, 7)), (5, 3, 1, (8, 10, 6)), (6, 0, 2, (5,)), (10, 2, 2, (5, 8, 7))],
)
def test_neighbours_are_what_keys_show_next(at: int, ahead: int, behind: int, expected: tuple[int, ...]) -> None:
    queue = queue_of(row(5), decided(row(6), Verdict.KEEP), row(7, None, None), row(8), row(10))
    queue.show(at)
    assert queue.neighbours(ahead, behind) == expected
    assert queue.current == at


def test_reloading_keeps_what_is_listed_and_the_cursor() -> None:
    rows = [row(5), row(6), row(7), row(8, Status.FAILED, None)]
    queue = queue_of(*rows, chosen=UNDECIDED)
    queue.show(7)
    fresh = index_of([row(4), decided(rows[0], Verdict.KEEP), rows[2], decided(rows[3], Verdict.DROP), row(9)])
    queue.reload(fresh)
    assert (listed(queue), queue.current, queue.index) == ([4, 5, 7, 9], 7, fresh)
    queue.reload(index_of([row(4), row(5)]))
    assert (listed(queue), queue.current) == ([4, 5], 5)
    queue.reload(index_of([]))
    assert (listed(queue), queue.current) == ([], None)


@pytest.mark.parametrize(
    ("typed", "source"),
    [
        ("2", "b/2.jpg"),
        (" 3 ", "b/37.jpg"),
        ("37", "b/37.jpg"),
        ("37.JPG", "b/37.jpg"),
        ("B/", "b/2.jpg"),
        ("4", None),
        ("bad", None),
        ("9" * 5000, None),
        ("", None),
    ],
    ids=lambda value: str(value)[:10] or "nothing",
)
def test_going_where_a_person_typed(tmp_path: Path, typed: str, source: str | None) -> None:
    sources = ["a/1.jpg", "b/2.jpg", "b/37.jpg"]
    with open_session(tmp_path, [*map(proposal, sources), failure("c/bad.jpg")]) as session:
        queue = ReviewQueue(session.index(), UNDECIDED)
        assert go_to(queue, session, typed) == (source is not None)
        assert session.source_of(queue.current or 0) == (source or "a/1.jpg")


IDS = [3, 1, 4, 15, 9, 2, 6]
ids = st.sampled_from(IDS)
chosen = st.builds(
    Filter, st.sampled_from(Shown), st.none() | st.sampled_from(CLASSES), st.none() | st.just((0.25, 0.5))
)


class QueueMachine(RuleBasedStateMachine):
    """The queue against a plain list of (sort key, id), and counts against counting."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.rows = {one: data.draw(index_rows(one)) for one in IDS}
        self.queue = ReviewQueue(index_of(list(self.rows.values())))
        self.relist(EVERYTHING, Order.PATH)

    def passes(self, one: int) -> bool:
        alone = index_of([self.rows[one]])
        return bool(self.filter.mask(alone)[0])

    def key(self, one: int) -> tuple[object, ...]:
        known = self.rows[one]
        by = {
            Order.PATH: (),
            Order.SCORE: (known.score is None, known.score or 0),
            Order.CLASS: (known.decided_class or known.class_name,),
        }
        return (*by[self.order], IDS.index(one))

    def relist(self, wanted: Filter, order: Order) -> None:
        self.filter, self.order = wanted, order
        self.listed = sorted((self.key(one), one) for one in IDS if self.passes(one))
        self.at = self.queue.current

    @rule(wanted=chosen, order=st.sampled_from(Order))
    def choose(self, wanted: Filter, order: Order) -> None:
        before = self.queue.current
        self.queue.choose(wanted, order)
        self.relist(wanted, order)
        if before in self.ids():
            assert self.queue.current == before

    @rule(data=st.data(), which=st.lists(ids, unique=True, max_size=3))
    def update(self, data: st.DataObject, which: list[int]) -> None:
        fresh = [data.draw(index_rows(one)) for one in which]
        self.queue.update(fresh)
        for one in fresh:
            old, self.rows[one.id] = self.rows[one.id], one
            is_other = (old.status, old.score, old.class_name) != (one.status, one.score, one.class_name)
            is_listed = one.id in self.ids()
            if is_listed and is_other:
                self.listed = [entry for entry in self.listed if entry[1] != one.id]
            if (is_listed and is_other) or (not is_listed and self.passes(one.id)):
                bisect.insort(self.listed, (self.key(one.id), one.id))
        self.at = self.at if self.at is not None else next(iter(self.ids()), None)

    @rule(one=ids)
    def show(self, one: int) -> None:
        assert self.queue.show(one)
        if one not in self.ids():
            bisect.insort(self.listed, (self.key(one), one))
        self.at = one

    @rule(forward=st.booleans())
    def step(self, forward: bool) -> None:
        place = None if self.at is None else self.ids().index(self.at) + (1 if forward else -1)
        is_there = place is not None and 0 <= place < len(self.listed)
        assert (self.queue.next() if forward else self.queue.previous()) == is_there
        if is_there:
            self.at = self.ids()[place]

    @rule()
    def next_undecided(self) -> None:
        place = 0 if self.at is None else self.ids().index(self.at)
        waiting = [one for one in self.ids()[place + 1 :] + self.ids()[:place] if self.waits(one)]
        assert self.queue.next_undecided() == (waiting[0] if waiting else None)
        if waiting:
            self.at = waiting[0]

    @rule()
    def reload(self) -> None:
        self.queue.reload(index_of([self.rows[one] for one in IDS]))
        self.listed = sorted((self.key(one), one) for one in IDS if one in self.ids() or self.passes(one))
        self.at = self.at if self.at is not None else next(iter(self.ids()), None)

    def waits(self, one: int) -> bool:
        return self.rows[one].verdict is None and self.rows[one].status not in (None, Status.FAILED)

    def ids(self) -> list[int]:
        return [one for _, one in self.listed]

    @invariant()
    def list_and_cursor_are_as_they_should_be(self) -> None:
        assert list(self.queue.ids(0, len(self.queue))) == self.ids()
        assert self.queue.current == self.at
        assert self.queue.place == (None if self.at is None else self.ids().index(self.at))

    @invariant()
    def counts_are_as_counted(self) -> None:
        counts, rows = self.queue.counts(), self.rows.values()
        assert counts.failed == sum(one.status is Status.FAILED for one in rows)
        assert counts.pending == sum(one.status is None for one in rows)
        assert counts.all == counts.ready + counts.failed + counts.pending == len(IDS)
        assert counts.decided == sum(one.verdict is not None for one in rows)
        assert counts.kept == sum(one.verdict is Verdict.KEEP for one in rows)
        assert counts.decided == counts.kept + counts.dropped + counts.later
        assert counts.undecided == sum(map(self.waits, IDS))


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
