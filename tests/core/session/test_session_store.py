"""Proposals, failures, results, annotations and counts."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from session_fakes import (
    PRODUCER,
    assign_ids,
    auto,
    current,
    decision,
    failure,
    in_haste,
    listed,
    proposal,
    proposed_session,
    sync,
)

from annot_core.errors import SessionError
from annot_core.geometry import Box
from annot_core.records import Annotation, Candidate, Proposal, Status, Verdict
from annot_core.session import Counts, ImageResult, Session

ONE = "a/1.jpg"


def same(left: Proposal | None, right: Proposal) -> bool:
    """Compare proposals, whose arrays have no truth of their own."""
    assert left is not None
    blank = np.zeros((0, 0), np.float16)
    fields = [replace(each, heatmap=blank) for each in (left, right)]
    return repr(fields[0]) == repr(fields[1]) and np.array_equal(left.heatmap, right.heatmap)


def test_a_proposal_comes_back_as_it_was_after_a_restart(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE):
        pass
    with Session.load(tmp_path / "out") as session:
        stored = session.proposal(ONE)
        assert same(stored, proposal(ONE))
        assert stored is not None
        assert stored.heatmap.dtype == np.float16


unit = st.floats(0, 1)
boxes = st.builds(Box, *[st.integers(0, 10**6)] * 4)
candidates = st.builds(Candidate, boxes, st.sampled_from(["exact", "bayes"]), unit | st.sampled_from(["otsu"]))


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with proposed_session(tmp_path_factory.mktemp("hasty"), ONE) as session:
        yield in_haste(session)


@given(
    score=unit,
    probability=unit,
    stability=unit,
    image_size=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
    status=st.sampled_from([Status.PROPOSED, Status.NO_EVIDENCE, Status.BACKGROUND]),
    candidates=st.lists(candidates, max_size=5).map(tuple),
    heatmap=npst.arrays(np.float16, npst.array_shapes(min_dims=2, max_dims=2), elements=st.floats(0, 1, width=16)),
)
@settings(deadline=None)
def test_any_proposal_comes_back_as_it_was(hasty: Session, **fields: Any) -> None:
    one = proposal(ONE, **fields)
    hasty.record([one], PRODUCER)
    assert same(hasty.proposal(ONE), one)


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    edge = np.int64(7)
    one = proposal(
        ONE,
        score=np.float32(0.5),
        image_size=(np.int32(64), np.int64(48)),
        candidates=(Candidate(Box(edge, edge, edge, edge), "exact", np.float32(0.25)),),  # type: ignore[arg-type]
    )
    with proposed_session(tmp_path, ONE) as session:
        session.record([one], PRODUCER)
        session.decide([decision(ONE, box=one.box)])
        stored = session.result(ONE)
        assert stored is not None
        assert (stored.score, stored.image_size) == (0.5, (64, 48))
        assert stored.candidates == (Candidate(Box(7, 7, 7, 7), "exact", 0.25),)
        assert current(session, ONE) == decision(ONE, box=Box(7, 7, 7, 7))


def test_what_is_stored_is_no_view_of_what_was_handed_in(tmp_path: Path) -> None:
    turned = np.asfortranarray(np.linspace(0, 1, 12, dtype=np.float16).reshape(3, 4)).T
    with proposed_session(tmp_path, ONE) as session:
        session.record([proposal(ONE, heatmap=turned)], PRODUCER)
        stored = session.heatmap(ONE)
        stored[:] = 0
        assert np.array_equal(session.heatmap(ONE), turned)


def test_a_result_says_all_but_the_heat_map(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE, Verdict.LATER)])
        assert list(session.results()) == [
            ImageResult(
                image_id=assign_ids([("a", ONE)], ())[0],
                source=ONE,
                class_name="a",
                is_background=False,
                content="v1",
                status=Status.PROPOSED,
                stage="",
                reason="",
                image_size=(64, 48),
                score=0.75,
                probability=0.9,
                stability=0.6,
                candidates=proposal(ONE).candidates,
                producer=PRODUCER,
                decision=decision(ONE, Verdict.LATER),
            )
        ]
        assert next(session.results()).box == Box(1, 2, 30, 40)


def test_a_failure_says_where_and_why(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.record([failure(ONE, "bad \udcff name")], PRODUCER)
        result = session.result(ONE)
        assert result is not None
        assert (result.status, result.stage, result.reason) == (Status.FAILED, "decode", r"bad \udcff name")
        assert (result.score, result.box, session.proposal(ONE)) == (None, None, None)


def test_an_image_that_is_not_known_has_nothing(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        assert session.result("a/9.jpg") is None
        assert session.proposal("a/9.jpg") is None
        assert session.heatmap("a/9.jpg").shape == (0, 0)


def test_a_pending_image_has_a_result_without_a_status(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        sync(session, [listed(session.root, ONE)])
        (result,) = session.results()
        assert (result.status, result.content, result.image_size, result.candidates) == (None, "", None, ())


def test_another_producer_finds_everything_pending_and_replaces_it(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "a/2.jpg") as session:
        assert list(session.pending(PRODUCER)) == []
        assert [image.source for image in session.pending("settings-2")] == [ONE, "a/2.jpg"]
        session.register_producer("settings-2", {})
        session.record([proposal(ONE, score=0.125, candidates=()), failure("a/2.jpg")], "settings-2")
        assert list(session.pending("settings-2")) == []
        assert [(result.score, result.box) for result in session.results()] == [(0.125, None), (None, None)]


def test_recording_while_pending_is_read_gives_each_image_once(tmp_path: Path) -> None:
    sources = [f"a/{number:04}.jpg" for number in range(1200)]
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        sync(session, [listed(session.root, source) for source in sources])
        session.register_producer(PRODUCER, {})
        seen, batch = [], []
        for image in session.pending(PRODUCER):
            seen.append(image.source)
            batch.append(proposal(image.source))
            if len(batch) == 100:
                session.record(batch, PRODUCER)
                batch = []
        assert seen == sources
        assert session.counts().proposed == 1200


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        with pytest.raises(SessionError, match="list the data set first"):
            session.record([failure(ONE), proposal("a/unknown.jpg")], PRODUCER)
        assert session.counts().failed == 0
        assert same(session.proposal(ONE), proposal(ONE))


def test_a_producer_has_to_be_registered(tmp_path: Path) -> None:
    with (
        proposed_session(tmp_path, ONE) as session,
        pytest.raises(SessionError, match="call register_producer"),
    ):
        session.record([proposal(ONE)], "nobody")


def test_what_a_producer_is_stays_as_first_said(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        session.register_producer(PRODUCER, {"search": "exact", "model": Path("m.keras")})
        session.register_producer(PRODUCER, {"search": "bayes"})
        described = session.describe_producer(PRODUCER)
        assert described["description"] == {"search": "exact", "model": "m.keras"}
        assert described["program_version"]
        assert session.describe_producer("nobody") == {}


def test_a_new_run_never_overwrites_a_decision(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "a/2.jpg") as session:
        session.decide([decision(ONE, box=Box(5, 5, 9, 9)), auto("a/2.jpg")])
        session.register_producer("settings-2", {})
        session.record([proposal(ONE, candidates=()), failure("a/2.jpg")], "settings-2")
        assert session.decide([auto(ONE), auto("a/2.jpg", verdict=Verdict.DROP)]) == 0
        assert current(session, ONE) == decision(ONE, box=Box(5, 5, 9, 9))
        assert current(session, "a/2.jpg") == auto("a/2.jpg")


def test_a_proposal_on_other_bytes_makes_its_content_the_present_one(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        session.record([proposal(ONE, "v2")], PRODUCER)
        assert current(session, ONE) is None
        session.record([proposal(ONE, "v1")], PRODUCER)
        assert current(session, ONE) == decision(ONE)


def test_forgetting_proposals_makes_all_pending_and_leaves_decisions(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "a/2.jpg") as session:
        session.record([failure("a/2.jpg")], PRODUCER)
        session.decide([decision(ONE)])
        assert session.forget_proposals() == 2
        assert [image.source for image in session.pending(PRODUCER)] == [ONE, "a/2.jpg"]
        assert current(session, ONE) == decision(ONE)
        assert session.heatmap(ONE).shape == (0, 0)
        assert session.forget_proposals() == 0


def test_annotations_are_the_kept_images_as_they_were_decided(tmp_path: Path) -> None:
    with proposed_session(tmp_path, "b/3.jpg", "a/2.jpg", ONE, "a/4.jpg") as session:
        session.decide(
            [
                decision("b/3.jpg", class_name="other", box=Box(0, 0, 5, 6)),
                decision("a/2.jpg", Verdict.DROP),
                decision(ONE, box=None),
                decision("a/4.jpg", Verdict.LATER),
            ]
        )
        ids = {result.source: result.image_id for result in session.results()}
        root = session.root
        assert list(session.annotations()) == [
            Annotation(ids[ONE], root / ONE, ONE, "a", None, (64, 48), "v1"),
            Annotation(ids["b/3.jpg"], root / "b/3.jpg", "b/3.jpg", "other", Box(0, 0, 5, 6), (64, 48), "v1"),
        ]


def test_counts_add_up(tmp_path: Path) -> None:
    statuses = [Status.PROPOSED] * 4 + [Status.NO_EVIDENCE] * 2 + [Status.BACKGROUND]
    sources = [f"a/{number}.jpg" for number in range(10)]
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        sync(session, [listed(session.root, source) for source in [*sources, "a/gone.jpg"]])
        sync(session, [listed(session.root, source) for source in sources])
        session.register_producer(PRODUCER, {})
        session.record([proposal(s, status=t) for s, t in zip(sources, statuses, strict=False)], PRODUCER)
        session.record([failure(sources[7])], PRODUCER)
        session.decide([decision(sources[0]), decision(sources[4], Verdict.DROP), auto(sources[1])])
        session.decide([decision(sources[2], Verdict.LATER)])
        assert session.counts() == Counts(
            images=10,
            proposed=4,
            no_evidence=2,
            background=1,
            failed=1,
            pending=2,
            kept=2,
            dropped=1,
            later=1,
            undecided=3,
            missing=1,
        )


def test_threads_may_share_a_session(tmp_path: Path) -> None:
    sources = [f"a/{number:03}.jpg" for number in range(40)]
    with proposed_session(tmp_path, *sources) as session:
        troubles: list[BaseException] = []

        def work(share: list[str]) -> None:
            try:
                for source in share:
                    session.decide([decision(source)])
                    assert current(session, source) == decision(source)
            except BaseException as error:
                troubles.append(error)

        threads = [threading.Thread(target=work, args=(sources[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        assert session.counts().kept == 40


def asked(session: Session, question: Callable[[], object]) -> int:
    """How many statements SQLite runs to answer a question."""
    statements: list[str] = []
    session._connection.set_trace_callback(statements.append)
    question()
    session._connection.set_trace_callback(None)
    return len(statements)


@pytest.mark.parametrize(
    ("question", "statements"),
    [
        pytest.param(lambda session: session.counts(), 1, id="counts"),
        pytest.param(lambda session: session.class_counts(), 1, id="class_counts"),
        pytest.param(lambda session: session.settled_count(), 1, id="settled_count"),
        pytest.param(lambda session: session.waiting_count("other"), 1, id="waiting_count"),
        pytest.param(lambda session: session.index(), 1, id="index"),
        pytest.param(lambda session: next(session.waiting("other")), 1, id="the first that waits"),
        pytest.param(lambda session: next(session.results()), 1, id="the first result"),
        # A page, and the one after it that is empty.
        pytest.param(lambda session: list(session.failures()), 2, id="failures"),
    ],
)
def test_a_question_takes_as_many_queries_whatever_the_number_of_images(
    tmp_path: Path, question: Callable[[Session], object], statements: int
) -> None:
    with proposed_session(tmp_path, *(f"a/{number:05}.jpg" for number in range(1600))) as session:
        session.record([failure("a/01500.jpg")], PRODUCER)
        assert session.root
        assert asked(session, lambda: question(session)) == statements


def test_failures_are_those_of_present_images_in_order(tmp_path: Path) -> None:
    sources = [f"a/{number}.jpg" for number in range(5)]
    with proposed_session(tmp_path, *sources) as session:
        session.record([failure(sources[4], "late"), failure(sources[1], "early"), failure(sources[2])], PRODUCER)
        session.record([proposal(sources[2])], PRODUCER)
        sync(session, [listed(session.root, source) for source in sources[:4]])
        assert list(session.failures()) == [failure(sources[1], "early")]


def test_what_waits_is_counted_as_it_is_given(tmp_path: Path) -> None:
    sources = [f"a/{number}.jpg" for number in range(5)]
    with proposed_session(tmp_path, *sources) as session:
        session.decide([decision(sources[0])])
        session.forget_proposals()
        session.record([proposal(source) for source in sources[:3]], PRODUCER)
        for producer in (PRODUCER, "other"):
            assert session.waiting_count(producer) == len(list(session.waiting(producer))) > 0
