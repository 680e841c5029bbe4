"""The first screen: what was found, what will be used, and training as it goes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from review_pilot import READY, SOURCES, draw, outcome_of, reviewing

from annot_core.classifier.training import TrainingSettings
from annot_core.engine.messages import Broken, Died, Outcomes, Progressed, Refused
from annot_core.plan import Plan, plan_run
from annot_core.progress import EpochFinished, Level, Notice, Stage, StageStarted
from tui.desk import Desk
from tui.screens.start import StartScreen
from tui.widgets.training_progress import TrainingProgress, duration, sparkline

pytestmark = pytest.mark.asyncio


def epoch(number: int, loss: float, of: int = 20) -> Progressed:
    return Progressed(EpochFinished(number, of, loss, 0.5 + number / 100, loss + 0.1, 0.4 + number / 100))


async def test_it_is_painted_before_anything_is_read(fresh: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    may_open = threading.Event()
    open_desk = Desk.open

    def opened(plan: Plan, *, redo: bool) -> Desk:
        assert may_open.wait(20)
        return open_desk(plan, redo=redo)

    monkeypatch.setattr(Desk, "open", opened)
    async with reviewing(fresh, ready=False) as review:
        await review.until(lambda: "looking through" in review.text, "the first screen")
        assert "one is trained from these images" in review.text
        # A key that comes too early waits for nothing, and starts nothing.
        review.hit("enter")
        may_open.set()
        await review.until(lambda: "8 images in" in review.text, "what was found")
        assert not review.engines


async def test_what_was_found_is_listed_with_what_was_skipped_and_why(fresh: Plan) -> None:
    async with reviewing(fresh) as review:
        text = review.text
        assert "8 images in" in text
        for line in ("2  bolt", "1  nothing  no object", "5  nut", "1 files skipped", "nut/notes.txt: not an image"):
            assert line in text
        assert "one is trained from these images (backbone auto)" in text
        assert "heat map" in text
        assert "output" in text
        assert "enter starts" in text
        assert not review.engines


async def test_a_given_model_is_named(photos: Path, tmp_path: Path) -> None:
    plan = plan_run(photos, tmp_path / "out", model=tmp_path / "mine.keras", training=TrainingSettings())
    async with reviewing(plan, size=(200, 30)) as review:
        assert str(tmp_path / "mine.keras") in review.text


async def test_enter_starts_once_and_the_first_boxes_open_the_review(fresh: Plan) -> None:
    async with reviewing(fresh) as review:
        await review.press("enter", "enter")
        await review.say(Progressed(StageStarted(Stage.TRAIN, 20, "epochs")))
        assert (len(review.engines), review.engine.calls) == (1, 1)
        assert "first epoch" in review.text
        await review.say(READY)
        assert "making the first boxes" in review.text
        assert {image.source for image in review.engine.given} == set(SOURCES)
        await review.say(Outcomes(tuple(outcome_of(fresh.root, source) for source in SOURCES[3:5])))
        assert review.app.screen.id == "review"
        assert review.source == SOURCES[3]
        assert "2 ready" in review.text
        await review.press("k", "k")
        assert review.tally.counts.kept == 2


async def test_training_is_shown_live(fresh: Plan) -> None:
    async with reviewing(fresh) as review:
        await review.press("enter")
        training = review.app.screen.query_one(TrainingProgress)
        now = [0.0]
        training._clock = lambda: now[0]
        await review.say(Progressed(StageStarted(Stage.TRAIN, 20, "epochs")))
        for number, loss in enumerate((2.0, 1.5, 1.0, 0.5), 1):
            now[0] = 30.0 * number
            await review.say(epoch(number, loss))
        text = review.text
        assert "epoch 4 of 20   about 8 min left" in text
        assert "loss      0.500   hold-out 0.600" in text
        assert "accuracy  0.54    hold-out 0.44" in text
        assert "█▆▃▁" in text


async def test_notices_warnings_and_ends_are_told(fresh: Plan) -> None:
    async with reviewing(fresh, size=(120, 30)) as review:
        await review.press("enter")
        for said, text in [
            (Progressed(Notice("weights come from the internet")), "weights come from the internet"),
            (Progressed(Notice("no weights, so [b]small[/b]", Level.WARNING)), "no weights, so [b]small[/b]"),
            (Broken("Traceback\nValueError: a shape"), "ValueError: a shape"),
            (Died("signal 9 (SIGKILL)", ()), "the engine stopped, R starts it again (ValueError: a shape)"),
        ]:
            await review.say(said)
            assert text in review.text
        await review.until(lambda: not review.app.is_working, "the end of the engine")
        await review.press("R")
        await review.until(lambda: review.engine.calls == 2, "the second start")


async def test_an_engine_that_cannot_do_what_was_asked_ends_the_app(fresh: Plan) -> None:
    async with reviewing(fresh) as review:
        await review.press("enter")
        review.engine.say(Refused("expected a model of 3 classes, found 2", 2))
        await review.until(lambda: not review.app.is_running, "the end")
        assert review.app.farewell == "expected a model of 3 classes, found 2"
        assert review.app.return_code == 2


async def test_a_session_without_a_result_is_begun_by_enter_again(fresh: Plan) -> None:
    for _ in range(2):
        async with reviewing(fresh) as review:
            assert isinstance(review.app.screen, StartScreen)
            assert "enter starts" in review.text


async def test_many_classes_and_skipped_files_are_cut_short(tmp_path: Path) -> None:
    for number in range(60):
        draw(tmp_path / "photos" / f"kind {number:02}" / "1.png", size=(4, 4))
        (tmp_path / "photos" / "kind 00" / f"{number:02}.txt").write_text("no picture")
    async with reviewing(plan_run(tmp_path / "photos", tmp_path / "out"), size=(100, 200)) as review:
        assert "and 10 more classes" in review.text
        assert "60 files skipped" in review.text
        assert "  and 10 more" in review.text


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([1.0], "▁"), ([3.0, 2.0, 1.0], "█▅▁"), ([1.0] * 4, "▁▁▁▁"), ([4.0, 4.0, 2.0, 2.0, 0.0, 0.0], "█▅▁")],
)
async def test_a_sparkline_is_as_high_as_its_values(values: list[float], expected: str) -> None:
    assert sparkline(values, 3 if len(values) == 6 else 40) == expected


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (89, "89 s"), (600, "10 min"), (7200, "2.0 h")])
async def test_durations_in_the_largest_fitting_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
