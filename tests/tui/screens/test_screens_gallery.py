"""The gallery: what is not marked is kept, a page at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from review_fakes import result
from review_pilot import (
    BACKGROUND,
    BOXES,
    FAILED,
    NO_EVIDENCE,
    PENDING,
    READY,
    SOURCES,
    Review,
    draw,
    outcome_of,
    proposal,
    record,
    reviewing,
)

from annot_core.engine.messages import Outcomes
from annot_core.errors import SessionError
from annot_core.plan import Plan, plan_run
from annot_core.records import Verdict
from annot_core.session import ImageResult, Session
from tui.messages import OutcomesTaken
from tui.pictures import Base, PictureKey, PictureMaker
from tui.screens.gallery import GalleryScreen, tiles_in
from tui.widgets.tile import Tile, caption

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
KEEP, DROP = Verdict.KEEP, Verdict.DROP


@pytest.fixture
def many(tmp_path: Path) -> Plan:
    """A plan for 14 images with a box each: more than a page of twelve."""
    sources = [f"nut/{number:02}.png" for number in range(14)]
    for source in sources:
        draw(tmp_path / "photos" / source)
    draw(tmp_path / "photos" / "bolt" / "1.png")
    plan = plan_run(tmp_path / "photos", tmp_path / "out")
    record(plan, [proposal(plan.root, source, score=0.5) for source in sources])
    return plan


def verdicts(review: Review) -> dict[str, Verdict]:
    """What the session's file says was decided, by source."""
    with Session.load(review.app.plan.output) as session:
        return {one.source: one.decision.verdict for one in session.results() if one.decision is not None}


def current(review: Review) -> str:
    """The source of the image under the cursor."""
    screen = review.app.screen
    assert isinstance(screen, GalleryScreen)
    row_id = screen._page.current
    assert row_id is not None
    return review.reviewer.session.source_of(row_id) or ""


async def test_the_page_shows_the_pictures_with_their_captions(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("v")
        text = review.text
        for caption in ("b1.png 0.35", "b2.png no evidence", "e1.png background", "n4.png failed", "n5.png pending"):
            assert caption in text
        assert ">b1.png" in text
        tiles = list(review.app.screen.query(Tile))
        drawn = [tile._surface.source is not None for tile in tiles]
        assert drawn[: len(SOURCES)] == [source not in (FAILED, PENDING) for source in SOURCES]
        assert not any(drawn[len(SOURCES) :])


async def test_the_cursor_moves_over_the_page_and_not_beyond_it(resumed: Plan) -> None:
    async with reviewing(resumed, size=(80, 30)) as review:
        await review.press("v")
        assert tiles_in(80, 27)[0] == 4
        for key, number in [
            *(("right", 1), ("l", 2), ("h", 1), ("left", 0), ("left", 0), ("down", 4), ("j", 4), ("right", 5)),
            *(("k", 1), ("up", 1), ("j", 5), ("l", 6), ("l", 7), ("l", 7)),
        ]:
            await review.press(key)
            assert current(review) == SOURCES[number], key


async def test_enter_keeps_the_page_but_what_is_marked(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("v", "d", "right", "right", "right", "space", "right", "d", "d")
        assert review.text.count("DROP") == 2
        await review.press("enter")
        assert verdicts(review) == {
            "bolt/b1.png": DROP,
            BACKGROUND: KEEP,
            "nut/n1.png": DROP,
            "nut/n2.png": KEEP,
            "nut/n3.png": KEEP,
        }
        text = review.text
        assert "saved: keep 3, drop 2" in text
        assert "5/8 decided" in text
        # It was the only page; what is on it tells what became of it.
        assert "this was the last page" in text
        assert "n2.png kept" in text
        # Those without a box, failed or pending stay open.
        assert {NO_EVIDENCE, FAILED, PENDING}.isdisjoint(verdicts(review))


async def test_enter_goes_on_to_the_next_page_and_undo_takes_a_whole_page_back(many: Plan) -> None:
    async with reviewing(many, size=(80, 24)) as review:
        await review.press("g", "v", "right", "d", "enter")
        kept = verdicts(review)
        count = len(list(review.app.screen.query(Tile)))
        # The first image of all has no box yet, and the second is dropped.
        assert (len(kept), kept["nut/00.png"]) == (count - 1, DROP)
        assert current(review) == f"nut/{count - 1:02}.png"
        await review.press("u")
        assert verdicts(review) == {}
        assert f"undone: {count - 1} images" in review.text
        await review.press("U")
        assert verdicts(review) == kept
        await review.press("enter", "enter")
        assert set(verdicts(review)) == {f"nut/{number:02}.png" for number in range(14)}


async def test_a_page_is_in_the_file_before_the_next_one_is_shown(many: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    show = Tile.show_image

    def shown(tile: Tile, result: ImageResult | None) -> None:
        with Session.load(many.output) as session:
            seen.append((None if result is None else result.source, session.counts().kept))
        show(tile, result)

    monkeypatch.setattr(Tile, "show_image", shown)
    async with reviewing(many, size=(80, 24)) as review:
        await review.press("g", "v", "enter", "enter")
        size = len(list(review.app.screen.query(Tile)))
        assert next(kept for source, kept in seen if source == f"nut/{size - 1:02}.png") == size - 1
        assert seen[-1][1] == 14


async def test_turning_pages_decides_nothing(many: Plan) -> None:
    async with reviewing(many, size=(80, 24)) as review:
        await review.press("g", "v")
        size = len(list(review.app.screen.query(Tile)))
        sources = ["bolt/1.png", *(f"nut/{number:02}.png" for number in range(14))]
        for key, number in [
            *(("n", size), ("p", 0), ("pagedown", size), ("pageup", 0), ("G", 15 - size), ("g", 0)),
            *(("end", 15 - size), ("home", 0)),
        ]:
            await review.press(key)
            assert current(review) == sources[number], key
        await review.press("p")
        assert "this is the first page" in review.text
        await review.press("G", "n")
        assert "this is the last page" in review.text
        assert verdicts(review) == {}


@pytest.mark.parametrize("key", ["v", "escape"])
async def test_leaving_shows_the_image_under_the_cursor(resumed: Plan, key: str) -> None:
    async with reviewing(resumed) as review:
        await review.press("v", "right", "right", "d", key)
        assert review.app.screen.id == "review"
        assert (review.source, verdicts(review)) == (BACKGROUND, {})


async def test_what_is_dropped_already_is_marked_and_a_mended_box_stays(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("3", "d", "g", "v")
        assert review.text.count("DROP") == 1
        await review.press("enter")
        decision = review.decision("bolt/b1.png")
        assert decision is not None
        assert decision.box == BOXES[2]
        assert verdicts(review)[NO_EVIDENCE] is DROP


async def test_a_page_that_cannot_be_written_stays_as_it_is(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise SessionError("expected room for decisions, but: database or disk is full; free some")

    async with reviewing(resumed, size=(120, 30)) as review:
        await review.press("v", "d")
        with monkeypatch.context() as patch:
            patch.setattr(Session, "decide", full)
            await review.press("enter")
        assert "disk is full" in review.text
        assert (verdicts(review), review.text.count("DROP")) == ({}, 1)
        await review.press("enter")
        assert len(verdicts(review)) == 5


async def test_filter_sort_and_export_are_reached_from_the_gallery(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("v", "s")
        assert "by score" in review.tally.filter_text
        await review.press("f")
        await review.press("end", "ctrl+u")
        await review.type("class:nut")
        await review.press("enter")
        assert review.app.screen.id == "gallery"
        assert "class:nut" in review.tally.filter_text
        assert current(review) == "nut/n3.png"
        await review.press("x")
        assert review.app.screen.id == "summary"
        await review.press("escape")
        assert review.app.screen.id == "gallery"


async def test_an_empty_list_has_an_empty_page(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("f", "end", "ctrl+u")
        await review.type("kept")
        await review.press("enter", "v")
        assert review.app.screen.id == "gallery"
        await review.press("d", "right", "enter", "n", "p", "g", "G", "u", "U", "v")
        assert (review.app.screen.id, verdicts(review)) == ("review", {})


async def test_as_many_tiles_as_fit_at_any_size_and_marks_stay(resumed: Plan) -> None:
    async with reviewing(resumed, size=(80, 24)) as review:
        await review.press("v", "right", "d")
        for size in ((200, 60), (40, 12), (20, 6), (300, 100), (80, 24)):
            await review.resize(*size)
            assert current(review) == "bolt/b2.png"
            assert "DROP" in review.text
        await review.press("enter")
        assert verdicts(review)[NO_EVIDENCE] is DROP


async def test_results_that_arrive_show_up_on_the_page(resumed: Plan) -> None:

    async with reviewing(resumed) as review:
        await review.press("v", "d")
        assert "n5.png pending" in review.text
        await review.say(READY, Outcomes((outcome_of(resumed.root, PENDING),)))
        assert "n5.png 0.50" in review.text
        assert "7 ready" in review.text
        # Neither mark nor cursor is lost.
        assert "DROP" in review.text
        assert current(review) == "bolt/b1.png"


async def test_a_mark_made_while_results_arrive_is_not_lost(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, is_reading = threading.Event(), threading.Event()
    results_of = Session.results_of

    def slow(session: Session, row_ids: object) -> object:
        is_reading.set()
        assert goes_on.wait(20)
        return results_of(session, row_ids)  # type: ignore[arg-type]

    async with reviewing(resumed) as review:
        await review.press("v")
        monkeypatch.setattr(Session, "results_of", slow)
        review.app.screen.post_message(OutcomesTaken())
        await review.until(is_reading.is_set, "the reading")
        review.hit("right")
        review.hit("d")
        await review.until(lambda: "DROP" in review.text, "the mark")
        goes_on.set()
        await review.settle()
        assert (current(review), review.text.count("DROP")) == (NO_EVIDENCE, 1)


async def test_a_page_that_is_not_drawn_yet_is_not_accepted(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    may_draw = threading.Event()
    make = PictureMaker.make

    def slow(maker: PictureMaker, key: PictureKey) -> Base:
        assert may_draw.wait(20)
        return make(maker, key)

    async with reviewing(resumed) as review:
        monkeypatch.setattr(PictureMaker, "make", slow)
        monkeypatch.setattr("tui.screens.gallery.DRAWN_WITHIN_S", 0.01)
        review.hit("v")
        await review.until(lambda: ">b1.png" in review.text, "the captions")
        review.hit("enter")
        await review.until(lambda: "the page is not drawn yet" in review.text, "the refusal")
        assert verdicts(review) == {}
        may_draw.set()
        await review.settle()
        await review.press("enter")
        assert len(verdicts(review)) == 5


@pytest.mark.parametrize(
    ("name", "width", "expected"),
    [
        ("nut-001.jpg", 18, ">nut-001.jpg 0.50 "),
        ("bolt-024.jpg", 18, ">bolt-024.jpg 0.50"),
        ("a-long-name-001.jpg", 18, ">a-lon…1.jpg 0.50"),
    ],
)
async def test_a_caption_has_as_much_of_the_name_as_fits(name: str, width: int, expected: str) -> None:
    shown = caption(result(source=f"nut/{name}"), width, is_marked=False, is_current=True).plain
    assert len(shown) == width
    assert shown.rstrip() == expected.rstrip()
