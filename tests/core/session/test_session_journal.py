"""Decisions: who may replace whom, what is taken back, and that the journal only grows."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from session_fakes import PRODUCER, auto, current, decision, in_haste, proposal, proposed_session, ticking

from annot_core.errors import SessionError
from annot_core.geometry import Box
from annot_core.records import Decider, Decision, Verdict
from annot_core.session import Session, UndoStep

ONE, TWO = "a/1.jpg", "a/2.jpg"


def entries(session: Session) -> list[tuple[object, ...]]:
    return session._connection.execute("SELECT * FROM journal ORDER BY seq").fetchall()


def test_a_person_replaces_anything(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        for one in (auto(ONE), decision(ONE, Verdict.LATER), decision(ONE, Verdict.DROP), decision(ONE)):
            assert session.decide([one]) == 1
            assert current(session, ONE) == one


@pytest.mark.parametrize("first", [auto(ONE), decision(ONE, Verdict.LATER)], ids=["auto", "person"])
def test_auto_replaces_nothing(tmp_path: Path, first: Decision) -> None:
    with proposed_session(tmp_path, ONE, TWO) as session:
        session.decide([first])
        assert session.decide([auto(ONE, verdict=Verdict.DROP), auto(TWO), auto(TWO, verdict=Verdict.DROP)]) == 1
        assert current(session, ONE) == first
        assert current(session, TWO) == auto(TWO)


@pytest.mark.parametrize(
    "stale",
    [
        auto(ONE, "v0"),
        decision(ONE, class_name="b", decider=Decider.AUTO),
        decision(ONE, box=None, decider=Decider.AUTO),
    ],
    ids=["other content", "other class", "no box for an object"],
)
def test_auto_is_taken_only_for_the_image_as_it_is(tmp_path: Path, stale: Decision) -> None:
    with proposed_session(tmp_path, ONE) as session:
        assert session.decide([stale]) == 0
        assert entries(session) == []


def test_a_persons_word_on_other_content_is_kept_for_its_return(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        old = decision(ONE, Verdict.DROP, content="v0")
        assert session.decide([old]) == 1
        assert current(session, ONE) is None
        session.record([proposal(ONE, "v0")], PRODUCER)
        assert current(session, ONE) == old


@pytest.mark.parametrize(
    "wrong", [decision("a/9.jpg"), decision(TWO, content="")], ids=["unknown source", "no content"]
)
def test_decisions_are_taken_all_or_none(tmp_path: Path, wrong: Decision) -> None:
    with proposed_session(tmp_path, ONE, TWO) as session:
        with pytest.raises(SessionError, match="expected"):
            session.decide([decision(ONE), wrong])
        assert current(session, ONE) is None
        assert entries(session) == []


def test_decisions_are_dated_by_the_clock_that_was_handed_in(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        # The clock was read once before, for the producer.
        session.decide([decision(ONE)])
        times = session._connection.execute("SELECT happened_at FROM journal").fetchall()
        assert times == [("2024-01-01T00:00:01+00:00",)]


def test_undo_takes_a_whole_step_back_and_redo_makes_it_again(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, TWO) as session:
        session.decide([auto(ONE), decision(TWO, Verdict.LATER)])
        step = (decision(ONE, Verdict.DROP), decision(TWO))
        session.decide(step)
        assert session.undo() == UndoStep(step)
        assert [current(session, source) for source in (ONE, TWO)] == [
            auto(ONE),
            decision(TWO, Verdict.LATER),
        ]
        assert session.redo() == UndoStep(step)
        assert [current(session, source) for source in (ONE, TWO)] == list(step)
        assert session.redo() is None


def test_undo_never_takes_back_an_automatic_decision(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([auto(ONE)])
        assert session.undo() is None
        assert session.redo() is None
        assert current(session, ONE) == auto(ONE)


def test_a_new_decision_drops_what_could_be_redone(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, TWO) as session:
        session.decide([decision(ONE)])
        session.decide([decision(ONE, Verdict.DROP)])
        session.undo()
        session.decide([auto(TWO)])
        assert session.redo() == UndoStep((decision(ONE, Verdict.DROP),))
        session.undo()
        session.decide([decision(TWO)])
        assert session.redo() is None
        assert session.undo() == UndoStep((decision(TWO),))
        assert session.undo() == UndoStep((decision(ONE),))
        assert session.undo() is None


def test_undo_and_redo_outlive_a_restart(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        session.decide([decision(ONE, Verdict.DROP)])
    for turn, expected in [("undo", decision(ONE)), ("redo", decision(ONE, Verdict.DROP))]:
        with Session.open(tmp_path / "out", tmp_path / "data") as session:
            getattr(session, turn)()
            assert current(session, ONE) == expected


def test_a_redo_wins_over_what_came_in_by_itself_meanwhile(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE, Verdict.DROP)])
        session.undo()
        session.decide([auto(ONE)])
        session.redo()
        assert current(session, ONE) == decision(ONE, Verdict.DROP)


def test_forgetting_withdraws_what_no_person_said(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, TWO, "a/3.jpg") as session:
        session.decide([auto(ONE), auto(TWO), decision("a/3.jpg"), decision(TWO, Verdict.DROP)])
        assert session.forget_automatic() == 1
        assert current(session, ONE) is None
        assert current(session, TWO) == decision(TWO, Verdict.DROP)
        assert current(session, "a/3.jpg") == decision("a/3.jpg")
        assert session.forget_automatic() == 0
        session.undo()
        assert current(session, TWO) is None
        assert session.decide([auto(ONE)]) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.decide([decision(ONE, Verdict.DROP)]),
        lambda session: session.undo(),
        lambda session: session.forget_automatic(),
        lambda session: session.record([proposal(ONE, "v2")], PRODUCER),
        lambda session: session.forget_proposals(),
    ],
    ids=["decide", "undo", "forget_automatic", "record", "forget_proposals"],
)
def test_the_journal_only_grows(tmp_path: Path, act: Callable[[Session], object]) -> None:
    with proposed_session(tmp_path, ONE, TWO) as session:
        session.decide([decision(ONE), auto(TWO)])
        before = entries(session)
        act(session)
        assert entries(session)[: len(before)] == before


sources = st.sampled_from([ONE, TWO])
contents = st.sampled_from(["v1", "v2"])
verdicts = st.sampled_from(list(Verdict))
choices = st.builds(
    lambda source, content, verdict, edge: decision(source, verdict, content=content, box=Box(0, 0, edge, edge)),
    sources,
    contents,
    verdicts,
    st.integers(1, 9),
)


class JournalMachine(RuleBasedStateMachine):
    """The session against two lists of a person's steps, and a dict of the automatic decisions."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        with proposed_session(Path(self.folder.name), ONE, TWO):
            pass
        self.session = self.opened()
        self.content = {ONE: "v1", TWO: "v1"}
        self.done: list[list[Decision]] = []
        self.undone: list[list[Decision]] = []
        self.automatic: dict[tuple[str, str], Decision] = {}

    def opened(self) -> Session:
        path = Path(self.folder.name)
        return in_haste(Session.open(path / "out", path / "data", now=ticking()))

    def holding(self, source: str) -> Decision | None:
        key = (source, self.content[source])
        said = [one for step in self.done for one in step if (one.source, one.content) == key]
        return said[-1] if said else self.automatic.get(key)

    @rule(batch=st.lists(choices, min_size=1, max_size=3))
    def decide(self, batch: list[Decision]) -> None:
        assert self.session.decide(batch) == len(batch)
        self.done.append(batch)
        self.undone.clear()

    @rule(source=sources, content=contents, verdict=verdicts)
    def decide_automatically(self, source: str, content: str, verdict: Verdict) -> None:
        one = auto(source, content, verdict)
        is_open = self.content[source] == content and self.holding(source) is None
        assert self.session.decide([one]) == is_open
        if is_open:
            self.automatic[source, content] = one

    @rule()
    def undo(self) -> None:
        step = self.session.undo()
        assert step == (UndoStep(tuple(self.done[-1])) if self.done else None)
        if self.done:
            self.undone.append(self.done.pop())

    @rule()
    def redo(self) -> None:
        step = self.session.redo()
        assert step == (UndoStep(tuple(self.undone[-1])) if self.undone else None)
        if self.undone:
            self.done.append(self.undone.pop())

    @precondition(lambda self: self.automatic)
    @rule()
    def forget_automatic(self) -> None:
        held = [self.holding(source) for source in self.content]
        expected = sum(one is not None and one.decider is Decider.AUTO for one in held)
        assert self.session.forget_automatic() == expected
        self.automatic.clear()

    @rule(source=sources, content=contents)
    def change_file(self, source: str, content: str) -> None:
        self.session.record([proposal(source, content)], PRODUCER)
        self.content[source] = content

    @rule()
    def restart(self) -> None:
        self.session.close()
        self.session = self.opened()

    @invariant()
    def the_same_decisions_hold(self) -> None:
        expected = {source: self.holding(source) for source in self.content}
        assert {result.source: result.decision for result in self.session.results()} == expected
        kept = [source for source, one in expected.items() if one and one.verdict is Verdict.KEEP]
        assert [annotation.source for annotation in self.session.annotations()] == kept

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.folder.cleanup()


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


SIX = [f"a/{number}.jpg" for number in range(6)]


def in_pairs(*sources: str) -> Iterator[list[Decision]]:
    return ([decision(source) for source in sources[start : start + 2]] for start in range(0, len(sources), 2))


def test_parts_are_one_step_and_each_is_there_once_its_number_is(tmp_path: Path) -> None:
    with proposed_session(tmp_path, *SIX) as session:
        parts = session.decide_in_parts(in_pairs(*SIX[:5]))
        assert [(taken, session.counts().kept) for taken in parts] == [(2, 2), (2, 4), (1, 5)]
        assert session.undo() == UndoStep(tuple(decision(source) for source in SIX[:5]))
        assert session.undo() is None
        session.redo()
        assert session.counts().kept == 5


def test_a_part_that_is_refused_leaves_those_before_it(tmp_path: Path) -> None:
    with proposed_session(tmp_path, *SIX) as session:
        with pytest.raises(SessionError, match="list the data set first"):
            list(session.decide_in_parts(in_pairs(*SIX[:3], "a/unknown.jpg", *SIX[3:])))
        assert session.counts().kept == 2


def test_a_step_that_was_undone_has_no_more_parts(tmp_path: Path) -> None:
    with proposed_session(tmp_path, *SIX) as session:
        parts = session.decide_in_parts(in_pairs(*SIX))
        next(parts)
        session.undo()
        assert list(parts) == []
        assert session.counts().kept == 0


def test_automatic_parts_that_were_withdrawn_have_no_more(tmp_path: Path) -> None:
    with proposed_session(tmp_path, *SIX) as session:
        parts = session.decide_in_parts([auto(source)] for source in SIX)
        next(parts)
        session.forget_automatic()
        assert list(parts) == []
        assert session.counts().kept == 0


def test_what_was_undone_is_not_made_again_after_one_more_part(tmp_path: Path) -> None:
    with proposed_session(tmp_path, *SIX) as session:
        parts = session.decide_in_parts(in_pairs(*SIX))
        next(parts)
        session.decide([decision(SIX[2], Verdict.DROP)])
        session.undo()
        assert sum(parts) == 4
        # Else a drop would be made again that a later keep of the same image goes before.
        assert session.redo() is None
        assert current(session, SIX[2]) == decision(SIX[2])
