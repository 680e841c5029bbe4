"""Keeping all with a good score: only those, in one step, after a sample of the doubtful ones."""

from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from review_fakes import (
    FIRST,
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

from annot_core.records import Decider, Status, Verdict
from annot_core.session import Session
from tui.review.bulk import KEPT_AT_ONCE, BulkKeep, bulk_keep, plan_bulk_keep
from tui.review.filters import EVERYTHING, Filter
from tui.review.queue import ReviewQueue
from tui.review.reviewer import Reviewer, Said


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


def keep_whole(session: Session, plan: BulkKeep) -> int:
    return sum(part.kept for part in bulk_keep(session, plan))


INDEX = index_of(
    [
        row(1, score=0.6),
        row(2, score=0.59),
        row(3, None, None),
        row(4, Status.FAILED, None),
        row(5, Status.NO_EVIDENCE, 0.0),
        row(6, Status.BACKGROUND, 1.0, class_name="none"),
        decided(row(7, score=0.9), Verdict.LATER),
        row(8, score=0.8, class_name="kangaroo"),
    ]
)


@pytest.mark.parametrize(
    ("min_score", "within", "ids"),
    [
        (0.6, EVERYTHING, [1, 6, 8]),
        (0.0, EVERYTHING, [1, 2, 6, 8]),
        (0.6, Filter(class_name="raccoon"), [1]),
        (1.0, EVERYTHING, [6]),
        (0.9, Filter(class_name="raccoon"), []),
    ],
)
def test_what_would_be_kept(min_score: float, within: Filter, ids: list[int]) -> None:
    plan = plan_bulk_keep(INDEX, min_score, generator(), within=within)
    assert plan.ids.tolist() == ids
    assert len(plan) == len(ids)
    assert sorted(plan.sample) == ids


def test_the_sample_is_drawn_by_the_generator_and_has_the_doubtful_first() -> None:
    scores = np.random.default_rng(0).permutation(100) / 100
    index = index_of([row(place, score=float(score)) for place, score in enumerate(scores)])
    sample = plan_bulk_keep(index, 0.5, generator(), sample=10).sample
    shown = [scores[one] for one in sample]
    assert (len(set(sample)), shown) == (10, sorted(shown))
    assert min(shown) >= 0.5
    assert sample == plan_bulk_keep(index, 0.5, generator(), sample=10).sample
    assert sample != plan_bulk_keep(index, 0.5, np.random.default_rng(8), sample=10).sample


def test_all_are_kept_by_a_person_in_one_step(tmp_path: Path) -> None:
    sources = [f"raccoon/{number:04}.jpg" for number in range(1100)]
    outcomes = [
        *(proposal(source, score=number / 1100) for number, source in enumerate(sources)),
        background("none/1.jpg"),
        no_evidence("raccoon/nothing.jpg"),
        failure("raccoon/bad.jpg"),
    ]
    with open_session(tmp_path, outcomes) as session:
        session.decide([decision(sources[0], Verdict.LATER)])
        plan = plan_bulk_keep(session.index(), 0.4, generator())
        assert keep_whole(session, plan) == len(plan) == 660 + 1
        kept = [one for one in session.results() if one.decision and one.decision.verdict is Verdict.KEEP]
        assert [one.source for one in kept] == ["none/1.jpg", *sources[440:]]
        assert {one.decision.box for one in kept[1:] if one.decision} == {FIRST}
        assert {one.decision.decider for one in kept if one.decision} == {Decider.PERSON}
        assert sum(each.mended for each in session.class_counts()) == 0
        step = session.undo()
        assert step is not None
        assert len(step.decisions) + step.more == len(plan)
        assert (session.counts().kept, session.counts().later) == (0, 1)


def test_what_changed_since_the_plan_stays_as_it_is(tmp_path: Path) -> None:
    sources = [f"raccoon/{number}.jpg" for number in range(4)]
    with open_session(tmp_path, [proposal(source) for source in sources]) as session:
        plan = plan_bulk_keep(session.index(), 0.7, generator())
        session.decide([decision(sources[0], box=SECOND), decision(sources[1], Verdict.DROP)])
        session.record([proposal(sources[2], score=0.1)], "settings-1")
        assert (len(plan), keep_whole(session, plan)) == (4, 1)
        assert [each.decision and each.decision.box for each in session.results()] == [SECOND, None, None, FIRST]


def test_a_score_counts_as_it_does_in_the_index(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposal("raccoon/1.jpg", score=0.1)]) as session:
        plan = plan_bulk_keep(session.index(), 0.1, generator())
        assert (len(plan), keep_whole(session, plan)) == (1, 1)


def test_a_part_is_on_disk_when_it_is_given_and_others_decide_in_between(tmp_path: Path) -> None:
    sources = [f"raccoon/{number:04}.jpg" for number in range(2 * KEPT_AT_ONCE + 10)]
    with open_session(tmp_path, [proposal(source) for source in sources]) as session:
        parts = bulk_keep(session, plan_bulk_keep(session.index(), 0.5, generator()))
        assert next(parts).kept == KEPT_AT_ONCE == session.counts().kept
        session.decide([decision(sources[-1], Verdict.DROP)])
        assert [part.kept for part in parts] == [KEPT_AT_ONCE, 9]
        assert (session.counts().kept, session.counts().dropped) == (len(sources) - 1, 1)
        # Each of the two is one step, the one that was begun last the first to be undone.
        for kept, dropped in ((len(sources) - 1, 0), (0, 0)):
            session.undo()
            assert (session.counts().kept, session.counts().dropped) == (kept, dropped)


def test_undoing_it_ends_it(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposal(f"raccoon/{number:04}.jpg") for number in range(600)]) as session:
        parts = bulk_keep(session, plan_bulk_keep(session.index(), 0.5, generator()))
        next(parts)
        session.undo()
        assert list(parts) == []
        assert session.counts().kept == 0
        session.redo()
        assert session.counts().kept == KEPT_AT_ONCE


def test_keeping_nothing_makes_no_step(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposal("raccoon/1.jpg")]) as session:
        plan = plan_bulk_keep(session.index(), 0.99, generator())
        assert (len(plan), plan.sample, keep_whole(session, plan)) == (0, (), 0)
        assert session.undo() is None


@pytest.fixture
def in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have images kept two at a time."""
    monkeypatch.setattr("tui.review.bulk.KEPT_AT_ONCE", 2)


def five(folder: Path) -> AbstractContextManager[Session]:
    return open_session(folder, [proposal(f"raccoon/{number}.jpg") for number in range(5)])


@pytest.mark.usefixtures("in_pairs")
def test_the_reviewer_says_how_far_it_is_and_goes_on_at_the_end(tmp_path: Path) -> None:
    with five(tmp_path) as session:
        session.record([no_evidence("raccoon/3.jpg")], "settings-1")
        reviewer = Reviewer(session, ReviewQueue(session.index()))
        plan = plan_bulk_keep(reviewer.queue.index, 0.5, generator())
        said = reviewer.keep_all(plan)
        assert next(said) == Said(saved="keep 2 of 4 images ...")
        assert reviewer.queue.counts().kept == 2
        # What is looked at is shown as it is now.
        assert reviewer.easel is not None
        assert reviewer.easel.result.decision is not None
        assert list(said) == [Said(saved="keep 4 images")]
        assert reviewer.easel.result.source == "raccoon/3.jpg"


@pytest.mark.usefixtures("in_pairs")
def test_whoever_moves_meanwhile_is_left_where_he_is(tmp_path: Path) -> None:
    with five(tmp_path) as session:
        reviewer = Reviewer(session, ReviewQueue(session.index()))
        said = reviewer.keep_all(plan_bulk_keep(reviewer.queue.index, 0.5, generator()))
        next(said)
        reviewer.move(reviewer.queue.next)
        assert reviewer.drop().saved == "drop 1.jpg"
        assert reviewer.queue.place == 2
        assert list(said)[-1] == Said(saved="keep 5 images")
        assert reviewer.queue.place == 2
        assert (reviewer.queue.counts().kept, reviewer.queue.counts().dropped) == (4, 1)


@pytest.mark.usefixtures("in_pairs")
def test_the_reviewer_stops_where_it_is_undone(tmp_path: Path) -> None:
    with five(tmp_path) as session:
        reviewer = Reviewer(session, ReviewQueue(session.index()))
        said = reviewer.keep_all(plan_bulk_keep(reviewer.queue.index, 0.5, generator()))
        next(said)
        assert reviewer.undo().saved == "undone: 2 images"
        assert [bool(one.refused) for one in said] == [True]
        assert reviewer.queue.counts().decided == 0
