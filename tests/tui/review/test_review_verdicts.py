"""Verdicts: what a key decides of each kind of image, or why not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from review_fakes import (
    FIRST,
    OTHER,
    SECOND,
    background,
    decision,
    failure,
    no_evidence,
    open_session,
    proposal,
    result,
)

from annot_core.geometry import Box
from annot_core.records import Decision, Status, Verdict
from annot_core.session import Session, UndoStep, journal
from tui.review.adjusting import Adjuster
from tui.review.filters import Filter, Shown
from tui.review.order import Order
from tui.review.queue import ReviewQueue, show_step
from tui.review.verdicts import Refused, drop, is_background, keep, keep_as, keep_candidate, later, shown_box

PROPOSED, NO_EVIDENCE, BACKGROUND = result(), result(Status.NO_EVIDENCE), result(Status.BACKGROUND)
FAILED, PENDING = result(Status.FAILED), result(None)
MENDED = result(decision=decision(box=OTHER, class_name="kangaroo"))


@pytest.mark.parametrize(
    ("given", "box", "class_name"),
    [
        (keep(PROPOSED, shown_box(PROPOSED)), FIRST, "raccoon"),
        (keep(PROPOSED, OTHER), OTHER, "raccoon"),
        (keep(MENDED, shown_box(MENDED)), OTHER, "kangaroo"),
        (keep_candidate(PROPOSED, 1), FIRST, "raccoon"),
        (keep_candidate(PROPOSED, 2), SECOND, "raccoon"),
        (keep_candidate(MENDED, 2), SECOND, "kangaroo"),
        (keep_as(PROPOSED, "kangaroo", FIRST), FIRST, "kangaroo"),
        (keep_as(PROPOSED, " spaced ", FIRST), FIRST, " spaced "),
        (keep_as(PROPOSED, "none", FIRST, ["none"]), None, "none"),
        (keep(BACKGROUND, None), None, "none"),
        (keep(BACKGROUND, OTHER), None, "none"),
        (keep_as(BACKGROUND, "raccoon", OTHER), OTHER, "raccoon"),
        (keep(NO_EVIDENCE, Adjuster.start(None, (64, 48)).box), Box(6, 5, 58, 43), "raccoon"),
    ],
    ids=[
        "as proposed",
        "adjusted",
        "as mended",
        "first candidate",
        "second candidate",
        "candidate of a mended one",
        "other class",
        "class with spaces",
        "class without an object",
        "background",
        "background has no box",
        "background that is none",
        "drawn",
    ],
)
def test_what_is_kept(given: Decision, box: Box | None, class_name: str) -> None:
    assert given == decision(box=box, class_name=class_name)


@pytest.mark.parametrize(
    ("given", "reason", "needs_box"),
    [
        (keep(NO_EVIDENCE, shown_box(NO_EVIDENCE)), "draw one first", True),
        (keep_as(BACKGROUND, "raccoon", None), "draw one first", True),
        (keep(PROPOSED, Box(0, 0, 65, 48)), "not inside the image of 64 x 48 pixels", True),
        (keep_candidate(PROPOSED, 3), "no candidate 3: there are 2", False),
        (keep_candidate(PROPOSED, 0), "no candidate 0", False),
        (keep_candidate(NO_EVIDENCE, 1), "there is none", True),
        (keep_candidate(BACKGROUND, 1), "without an object", False),
        (keep_as(PROPOSED, "  ", FIRST), "needs a name", False),
        (keep(FAILED, FIRST), "only be dropped", False),
        (keep_candidate(FAILED, 1), "only be dropped", False),
        (keep(PENDING, FIRST), "not ready", False),
        (drop(PENDING), "not ready", False),
        (later(PENDING), "not ready", False),
    ],
)
def test_what_is_refused(given: Refused, reason: str, needs_box: bool) -> None:
    assert reason in given.reason
    assert given.needs_box == needs_box


@pytest.mark.parametrize("verdict", [Verdict.DROP, Verdict.LATER])
def test_any_image_that_was_looked_at_can_be_dropped_or_left(verdict: Verdict) -> None:
    decide = drop if verdict is Verdict.DROP else later
    assert decide(PROPOSED) == decision(verdict=verdict)
    failed = decide(FAILED)
    assert isinstance(failed, Decision)
    assert (failed.verdict, failed.content) == (verdict, "")


def test_the_shown_class_tells_whether_there_is_an_object() -> None:
    assert [is_background(one, ()) for one in (BACKGROUND, PROPOSED)] == [True, False]
    assert is_background(result(decision=decision(class_name="empty")), ["empty"])
    assert not is_background(result(Status.BACKGROUND, decision=decision(class_name="raccoon")), ["none"])


def test_a_dropped_image_shows_the_proposed_box_again() -> None:
    assert shown_box(result(decision=decision(verdict=Verdict.DROP))) == FIRST


ONE, TWO = "raccoon/1.jpg", "raccoon/2.jpg"
OUTCOMES = [proposal(ONE), no_evidence(TWO), background("none/1.jpg"), failure("raccoon/bad.jpg")]


def accepted(session: Session, source: str, decide: Callable[..., Decision | Refused], *arguments: object) -> Decision:
    known = session.result(source)
    assert known is not None
    given = decide(known, *arguments)
    assert isinstance(given, Decision)
    assert session.decide([given]) == 1
    return given


def test_every_verdict_is_taken_by_the_session_and_counted(tmp_path: Path) -> None:
    with open_session(tmp_path, OUTCOMES) as session:
        for source, decide, *arguments in (
            (ONE, keep_candidate, 2),
            (TWO, keep, OTHER),
            ("none/1.jpg", keep, None),
            ("raccoon/bad.jpg", drop),
        ):
            given = accepted(session, source, decide, *arguments)
            known = session.result(source)
            assert known is not None
            assert known.decision == given
        none, raccoon = session.class_counts()
        assert (raccoon.images, raccoon.kept, raccoon.mended, raccoon.dropped, raccoon.failed) == (3, 2, 2, 1, 1)
        assert (none.kept, none.mended) == (1, 0)


@pytest.mark.parametrize("restarts", [False, True], ids=["at once", "after a restart"])
def test_an_undo_tells_which_image_to_show(tmp_path: Path, restarts: bool) -> None:
    with open_session(tmp_path, OUTCOMES) as session:
        accepted(session, TWO, later)
        accepted(session, ONE, drop)
        if restarts:
            session.close()
            session = Session.open(tmp_path / "out", tmp_path / "data")
        queue = ReviewQueue(session.index(), Filter(Shown.UNDECIDED), Order.PATH)
        for turn, shown, counted in ((session.undo, ONE, 1), (session.undo, TWO, 0), (session.redo, TWO, 1)):
            step = turn()
            assert step is not None
            assert show_step(queue, session, step)
            assert session.source_of(queue.current or 0) == shown
            assert queue.counts().decided == counted
        session.close()


def test_an_undo_of_more_than_it_tells_is_seen_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_TOLD", 1)
    with open_session(tmp_path, OUTCOMES) as session:
        session.decide([decision(TWO, Verdict.LATER), decision(ONE, Verdict.DROP)])
        queue = ReviewQueue(session.index())
        step = session.undo()
        assert step is not None
        assert (step.decisions, step.more) == ((decision(TWO, Verdict.LATER),), 1)
        assert show_step(queue, session, step)
        assert session.source_of(queue.current or 0) == TWO
        assert queue.counts().decided == 0


def test_an_undo_of_an_image_that_is_gone_leaves_the_cursor(tmp_path: Path) -> None:
    with open_session(tmp_path, OUTCOMES) as session:
        queue = ReviewQueue(session.index())
        at = queue.current
        session._connection.execute("UPDATE image SET present = 0 WHERE source = ?", (ONE.encode(),))
        assert not show_step(queue, session, UndoStep((decision("raccoon/gone.jpg"),)))
        queue.reload(session.index())
        assert not show_step(queue, session, UndoStep((decision(ONE),)))
        assert queue.current == at
