"""The app and its engine: what the engine says is told, and nothing that it does loses a decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from review_pilot import NO_EVIDENCE, PENDING, READY, SOURCES, outcome_of, proposal, reviewing

from annot_core.engine.messages import Broken, Died, Drained, Outcomes, Progressed, Quarantined, Refused
from annot_core.errors import SessionError
from annot_core.plan import Plan, plan_run
from annot_core.progress import EpochFinished, Level, Notice
from annot_core.records import Failure
from annot_core.session import Session
from tui.desk import Desk
from tui.display import Display
from tui.frame.depth import ColorDepth
from tui.frame.halfblocks import Frame
from tui.keys import bind_keys
from tui.settings import Settings
from tui.terminal.answers import Answers
from tui.terminal.driver import TerminalAnswered
from tui.widgets.stage import Stage

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
FIRST = "bolt/b1.png"


async def test_outcomes_that_arrive_are_counted_and_listed_and_the_easel_stays(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("n", "tab", "tab")
        assert [image.source for image in (await given(review))] == [PENDING]
        await review.say(Outcomes((outcome_of(resumed.root, PENDING),)))
        assert (review.source, review.tally.counts.pending) == (NO_EVIDENCE, 0)
        assert "7 ready" in review.text
        await review.press("G")
        assert "candidate 1 of 5" in review.panel


async def given(review):  # type: ignore[no-untyped-def]
    """Have the engine become ready, and return the images that it was given."""
    await review.say(READY)
    return review.engine.given


async def test_the_image_on_the_easel_shows_its_outcome_when_it_comes(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("G")
        assert "waiting for its box" in review.panel
        await review.say(READY, Outcomes((outcome_of(resumed.root, PENDING),)))
        assert "candidate 1 of 5" in review.panel
        assert review.stage.source is not None


async def test_outcomes_are_in_the_file_before_they_are_shown(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    async with reviewing(resumed) as review:
        take = review.reviewer.take

        def taken(sources: list[str]) -> bool:
            with Session.load(resumed.output) as session:
                result = session.result(PENDING)
            assert result is not None
            seen.append(result.status)
            return take(sources)

        monkeypatch.setattr(review.reviewer, "take", taken)
        await review.say(READY, Outcomes((outcome_of(resumed.root, PENDING),)))
    assert seen == ["proposed"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Progressed(EpochFinished(3, 20, 0.5, 0.75, 0.25, 0.5)), "training 3 of 20"),
        (Progressed(Notice("no weights here", Level.WARNING)), "no weights here"),
        (READY, "finding boxes"),
        (Died("signal 9 (SIGKILL)", ()), "the engine stopped, R starts it again (signal 9 (SIGKILL)); decisions are"),
        (Broken("Traceback\n  File\nValueError: no such shape"), "ValueError: no such shape"),
        (Refused("expected a model, found none", 2), "expected a model, found none"),
    ],
    ids=["epoch", "warning", "ready", "died", "broken", "refused"],
)
async def test_what_the_engine_says_is_told_in_the_status_line(resumed: Plan, said: object, text: str) -> None:
    async with reviewing(resumed, size=(120, 24)) as review:
        await review.say(said)  # type: ignore[arg-type]
        assert text in review.text
        await review.press("k")
        assert review.decision(FIRST) is not None


async def test_an_engine_that_died_is_started_again_by_a_key_and_goes_on(resumed: Plan) -> None:
    async with reviewing(resumed, size=(120, 24)) as review:
        await review.press("k")
        await review.say(READY, Died("signal 9 (SIGKILL)", (PENDING,)))
        await review.until(lambda: not review.app.is_working, "the end of the engine")
        await review.press("d", "R")
        await review.until(lambda: review.engine.calls == 2, "the second start")
        # The same one: it knows which image is to blame.
        assert len(review.engines) == 1
        await review.say(READY, Outcomes((outcome_of(resumed.root, PENDING),)), Drained())
        assert (review.tally.counts.pending, review.tally.counts.decided) == (0, 2)
        assert "stopped" not in review.text


async def test_the_last_words_of_a_broken_engine_are_the_reason_that_stays(resumed: Plan) -> None:
    settings = Settings(bindings=bind_keys({"restart": "F"}))
    async with reviewing(resumed, size=(120, 24), settings=settings) as review:
        await review.say(READY, Broken("Traceback\n\nValueError: no such [b]shape[/b]\n"), Died("exit code 1", ()))
        assert "the engine stopped, F starts it again (ValueError: no such [b]shape[/b])" in review.text
        await review.press("F")
        await review.say(READY, Died("signal 9", ()))
        assert "the engine stopped, F starts it again (signal 9)" in review.text


async def test_a_bug_in_following_the_engine_is_told_and_another_engine_can_be_started(
    resumed: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    async with reviewing(resumed, size=(120, 24)) as review:
        await review.say(READY)
        with monkeypatch.context() as patch:
            patch.setattr(Desk, "record", fail)
            await review.say(Outcomes((outcome_of(resumed.root, PENDING),)))
            await review.until(lambda: not review.app.is_working, "the end of the engine")
            await review.settle()
        assert "ZeroDivisionError: a bug of ours" in review.text
        assert review.engine.is_stopped
        await review.press("k", "R")
        await review.until(lambda: len(review.engines) == 2, "another engine")
        assert review.decision(FIRST) is not None


async def test_restarting_does_nothing_while_the_engine_works(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.say(READY)
        await review.press("R", "R")
        assert (review.engine.calls, len(review.engines)) == (1, 1)


async def test_a_death_is_told_in_the_gallery_too_and_a_restart_works_there(resumed: Plan) -> None:
    async with reviewing(resumed, size=(120, 24)) as review:
        await review.press("v")
        await review.say(READY, Died("signal 9 (SIGKILL)", ()))
        assert "R starts it again" in review.text
        await review.press("R")
        await review.until(lambda: review.engine.calls == 2, "the second start")
        await review.say(READY)
        assert "finding boxes" in review.text
        await review.press("v")
        assert "finding boxes" in review.text


async def test_a_quarantined_image_is_told_and_listed_as_failed(resumed: Plan) -> None:
    failure = Failure(PENDING, "engine", "the process that worked on it ended twice")
    async with reviewing(resumed, size=(160, 24)) as review:
        await review.say(READY, Quarantined(failure), Died("signal 11", (PENDING,)))
        assert review.tally.counts.failed == 2
        await review.press("G")
        assert "the process that worked on it ended twice" in " ".join(review.panel.split())
    async with reviewing(resumed) as review:
        # It is not tried again by itself.
        assert review.tally.counts.pending == 0


async def test_outcomes_that_cannot_be_written_are_told_and_the_engine_stops(
    resumed: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SessionError("expected room for boxes, but: database or disk is full; free some")

    async with reviewing(resumed, size=(160, 24)) as review:
        await review.say(READY)
        monkeypatch.setattr(Session, "record", full)
        await review.say(Outcomes((outcome_of(resumed.root, PENDING),)))
        await review.until(lambda: not review.app.is_working, "the end of the engine")
        await review.settle()
        assert "database or disk is full" in review.text
        monkeypatch.undo()
        await review.press("k", "R")
        assert review.decision(FIRST) is not None
        await review.until(lambda: len(review.engines) == 2, "another engine")


async def test_an_image_that_was_decided_keeps_its_decision_when_it_is_proposed_again(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("2")
        decision = review.decision(FIRST)
        await review.say(READY, Outcomes((proposal(resumed.root, FIRST, score=0.1),)))
        assert review.decision(FIRST) == decision
        assert review.tally.counts.decided == 1


async def test_quitting_stops_the_engine_and_ends_with_no_error(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.say(READY)
        review.hit("q")
        await review.until(lambda: not review.app.is_running, "the end")
        assert review.app.return_code in (None, 0)
    assert review.engine.is_stopped


async def test_an_error_of_ours_ends_the_app_and_leaves_no_engine_behind(
    resumed: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    engines = []

    async def fail_in_mid_review() -> None:
        async with reviewing(resumed) as review:
            engines.extend(review.engines)
            await review.say(READY)
            monkeypatch.setattr(type(review.app.screen), "show_tally", fail)
            await review.press("n")

    with pytest.raises(ZeroDivisionError):
        await fail_in_mid_review()
    assert engines[0].is_stopped


@pytest.mark.parametrize(
    ("make", "text", "code"),
    [
        (lambda folder: None, "expected", 2),
        (lambda folder: (folder / "photos").mkdir(), "has no class folders", 2),
    ],
    ids=["no folder", "no images"],
)
async def test_a_data_set_that_cannot_be_used_ends_the_app_with_the_reason(
    tmp_path: Path, make: object, text: str, code: int
) -> None:
    make(tmp_path)  # type: ignore[operator]
    async with reviewing(plan_run(tmp_path / "photos"), ready=False) as review:
        await review.until(lambda: not review.app.is_running, "the end")
        assert text in review.app.farewell
        assert review.app.return_code == code


async def test_a_session_that_is_open_elsewhere_is_refused(resumed: Plan) -> None:
    async with reviewing(resumed), reviewing(resumed, ready=False) as second:
        await second.until(lambda: not second.app.is_running, "the end")
        assert "another" in second.app.farewell


@pytest.mark.parametrize("theme", ["textual-light", "nord"])
async def test_every_screen_works_in_the_theme_of_the_settings(resumed: Plan, theme: str) -> None:
    async with reviewing(resumed, settings=Settings(theme=theme)) as review:
        assert review.app.theme == theme
        await review.press("k", "v", "enter", "v", "question_mark", "escape", "x")
        assert review.app.screen.id == "summary"


async def test_a_theme_that_there_is_not_ends_the_app_with_a_list_of_those_there_are(resumed: Plan) -> None:
    async with reviewing(resumed, settings=Settings(theme="pink")) as review:
        await review.until(lambda: not review.app.is_running, "the end")
        assert "expected a theme out of " in review.app.farewell
        assert "textual-light" in review.app.farewell
        assert "found 'pink'" in review.app.farewell
        assert review.app.return_code == 2


async def test_redo_withdraws_nothing_that_a_person_decided(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("k", "d")
    async with reviewing(resumed, redo=True) as review:
        await review.press("enter")
        await review.say(READY, Outcomes((outcome_of(resumed.root, "nut/n1.png"),)))
        assert {image.source for image in review.engine.given} == set(SOURCES)
        assert review.tally.counts.decided == 2


async def test_answers_that_come_late_change_how_pictures_are_drawn(resumed: Plan) -> None:
    def after(answers: Answers) -> Display:
        return Display(ColorDepth.TRUECOLOR if answers.truecolor else ColorDepth.PALETTE_256, measures=False)

    display = Display(ColorDepth.PALETTE_256, measures=False)
    async with reviewing(resumed, display=display, display_after=after) as review:
        stage = review.app.screen.query_one(Stage)
        frame = stage.source
        assert isinstance(frame, Frame)
        assert frame.depth is ColorDepth.PALETTE_256
        review.app.post_message(TerminalAnswered(Answers(complete=True, truecolor=True)))
        await review.settle()
        frame = stage.source
        assert isinstance(frame, Frame)
        assert frame.depth is ColorDepth.TRUECOLOR
