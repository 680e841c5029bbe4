"""Keeping all with a good score: only those, in one step, after a sample of the doubtful ones."""

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
from tui.review.bulk import bulk_keep, plan_bulk_keep
from tui.review.filters import EVERYTHING, Filter


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


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
        assert bulk_keep(session, plan) == len(plan) == 660 + 1
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
        assert (len(plan), bulk_keep(session, plan)) == (4, 1)
        assert [each.decision and each.decision.box for each in session.results()] == [SECOND, None, None, FIRST]


def test_a_score_counts_as_it_does_in_the_index(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposal("raccoon/1.jpg", score=0.1)]) as session:
        plan = plan_bulk_keep(session.index(), 0.1, generator())
        assert (len(plan), bulk_keep(session, plan)) == (1, 1)


def test_progress_is_told_and_can_break_it_off(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int) -> None:
        told.append(done)
        if len(told) == 3:
            raise StoppedError

    told: list[int] = []
    with open_session(tmp_path, [proposal(f"raccoon/{number:04}.jpg") for number in range(1100)]) as session:
        plan = plan_bulk_keep(session.index(), 0.5, generator())
        with pytest.raises(StoppedError):
            bulk_keep(session, plan, stop)
        assert told == [0, 500, 1000]
        assert (session.counts().kept, session.undo()) == (0, None)


def test_keeping_nothing_makes_no_step(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposal("raccoon/1.jpg")]) as session:
        plan = plan_bulk_keep(session.index(), 0.99, generator())
        assert (len(plan), plan.sample, bulk_keep(session, plan)) == (0, (), 0)
        assert session.undo() is None
