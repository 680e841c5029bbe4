"""The summary: what the review has come to, and the files that are written."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event

import pytest
from lxml import etree
from review_pilot import FAILED, PENDING, READY, Review, draw_photos, outcome_of, record, reviewing
from textual.widgets import ProgressBar

from annot_core.engine.messages import Outcomes
from annot_core.errors import ExportError
from annot_core.plan import Plan, plan_run
from annot_core.progress import Listener, Stage, StageAdvanced, StageStarted
from annot_core.session import Session
from tui.desk import Desk

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


def rows(review: Review) -> dict[str, list[int]]:
    """The table of counts, by class."""
    lines = [line.split() for line in review.text.splitlines()]
    names = ("bolt", "nothing", "nut", "all")
    counts = [line for line in lines if len(line) == 9 and line[0] in names and all(map(str.isdecimal, line[1:]))]
    return {name: list(map(int, numbers)) for name, *numbers in counts}


async def test_the_counts_per_class_and_the_failures_with_their_reasons(resumed: Plan) -> None:
    async with reviewing(resumed, size=(80, 40)) as review:
        await review.press("k", "d", "l", "2", "x")
        # images kept mended dropped later undecided failed pending
        assert rows(review) == {
            "bolt": [2, 1, 0, 1, 0, 0, 0, 0],
            "nothing": [1, 0, 0, 0, 1, 0, 0, 0],
            "nut": [5, 1, 1, 0, 0, 2, 1, 1],
            "all": [8, 2, 1, 1, 1, 2, 1, 1],
        }
        assert f"{FAILED}: expected an image, found 0 bytes" in review.text


async def test_x_writes_what_was_decided_and_names_it(resumed: Plan) -> None:
    async with reviewing(resumed, size=(120, 40)) as review:
        await review.press("k", "d", "k", "2", "x")
        assert "2 boxes on 3 images" in review.text
        assert str(resumed.output) in "".join(review.text.split())
        await review.press("escape")
        assert (review.app.screen.id, review.source) == ("review", "nut/n2.png")
    written = {path.name for path in (resumed.output / "Annotations").iterdir()}
    assert written == {"b1.xml", "e1.xml", "n1.xml"}
    tree = etree.parse(resumed.output / "Annotations" / "n1.xml")
    # The second candidate, Box(4, 6, 40, 36), in the 1-based inclusive pixels of the format.
    assert [tree.findtext(f".//{side}") for side in ("xmin", "ymin", "xmax", "ymax")] == ["5", "7", "40", "36"]
    assert [path.name for path in (resumed.output / "yolo3").iterdir()]


async def test_exporting_again_writes_what_was_decided_since(resumed: Plan) -> None:
    async with reviewing(resumed, size=(120, 40)) as review:
        await review.press("x")
        assert "nothing is kept, so there is nothing to write" in review.text
        await review.press("escape", "k", "x")
        assert "1 boxes on 1 images" in review.text
        await review.press("escape", "u", "3", "x", "x")
        assert "1 boxes on 1 images" in review.text
    tree = etree.parse(resumed.output / "Annotations" / "b1.xml")
    assert tree.findtext(".//xmin") == "11"


async def test_a_bar_shows_how_far_the_export_is(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, is_there = Event(), Event()

    def export(_: Desk, listener) -> None:  # type: ignore[no-untyped-def]
        listener(StageStarted(Stage.EXPORT, 10))
        listener(StageAdvanced(Stage.EXPORT, 4))
        is_there.set()
        goes_on.wait(20)

    monkeypatch.setattr(Desk, "export", export)
    async with reviewing(resumed) as review:
        review.hit("x")
        await review.until(is_there.is_set, "the export")
        bar = review.app.screen.query_one(ProgressBar)
        await review.until(lambda: bar.percentage == 0.4, "the bar")
        assert "writing ..." in review.text
        assert "40%" in review.text
        # Neither a second export nor leaving and coming back does harm meanwhile.
        review.hit("x")
        goes_on.set()
        await review.settle()
        assert not bar.display
        assert "nothing is kept" in review.text


async def test_files_that_cannot_be_written_are_told(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def export(*_: object) -> None:
        raise ExportError("expected to write [b]there[/b], but: No space left on device")

    monkeypatch.setattr(Desk, "export", export)
    async with reviewing(resumed, size=(120, 30)) as review:
        await review.press("k", "x")
        assert "expected to write [b]there[/b], but: No space left on device" in review.text
        await review.press("escape", "d")
        assert review.tally.counts.decided == 2


async def test_the_counts_follow_what_arrives(resumed: Plan) -> None:
    async with reviewing(resumed, size=(80, 40)) as review:
        await review.press("x")
        assert rows(review)["all"][-1] == 1
        await review.say(READY, Outcomes((outcome_of(resumed.root, PENDING),)))
        assert rows(review)["all"][-1] == 0


async def test_a_file_that_vanished_is_named_in_the_export(resumed: Plan, tmp_path: Path) -> None:
    root = draw_photos(tmp_path / "own")
    plan = plan_run(root, tmp_path / "own-out")
    record(plan, [outcome_of(root, source) for source in ("bolt/b1.png", "nut/n1.png")])
    async with reviewing(plan, size=(160, 40)) as review:
        await review.press("k", "k")
        shutil.rmtree(root / "bolt")
        await review.press("x")
        assert "not written: bolt/b1.png" in review.text
        assert "1 boxes on 1 images" in review.text


async def test_leaving_before_all_is_counted_and_written_does_no_harm(
    resumed: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = Event()
    class_counts, export = Session.class_counts, Desk.export

    def slow_counts(session: Session) -> object:
        assert goes_on.wait(20)
        return class_counts(session)

    def slow_export(desk: Desk, listener: Listener) -> object:
        assert goes_on.wait(20)
        return export(desk, listener)

    monkeypatch.setattr(Session, "class_counts", slow_counts)
    monkeypatch.setattr(Desk, "export", slow_export)
    async with reviewing(resumed) as review:
        await review.press("k")
        review.hit("x")
        await review.until(lambda: review.app.screen.id == "summary", "the summary")
        review.hit("escape")
        await review.until(lambda: review.app.screen.id == "review", "the review")
        goes_on.set()
        await review.settle()
        await review.press("d")
        assert review.tally.counts.decided == 2
    # What was begun was written all the same.
    assert [path.name for path in (resumed.output / "Annotations").iterdir()] == ["b1.xml"]
