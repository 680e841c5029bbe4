"""The review screen, key by key: a verdict is on disk before anything else is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from review_pilot import (
    BACKGROUND,
    BOXES,
    FAILED,
    NO_EVIDENCE,
    PATCH,
    PENDING,
    SOURCES,
    draw,
    outcome_of,
    record,
    reviewing,
)

from annot_core.errors import SessionError
from annot_core.geometry import Box
from annot_core.plan import Plan, plan_run
from annot_core.records import Decider, Verdict
from annot_core.session import Session
from tui.display import Display
from tui.frame.colors import ColorDepth
from tui.pictures import Mode
from tui.widgets.stage import DROPPED, OFFERED, Look, Stage, outlines
from tui.widgets.tile import Tile

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
FIRST, SECOND = "bolt/b1.png", "nut/n1.png"


async def test_a_session_that_exists_is_resumed_at_the_first_undecided_image(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("k", "d")
    async with reviewing(resumed) as review:
        assert review.source == BACKGROUND
        assert "2/8 decided  6 ready  1 pending  1 failed  filter: all  3 of 8" in review.text
        assert review.engines, "the engine has to go on with what is pending"


@pytest.mark.parametrize(
    ("key", "verdict", "box"),
    [
        ("k", Verdict.KEEP, PATCH),
        ("space", Verdict.KEEP, PATCH),
        ("d", Verdict.DROP, None),
        ("l", Verdict.LATER, None),
        *((f"{number}", Verdict.KEEP, box) for number, box in enumerate(BOXES, 1)),
    ],
)
async def test_a_verdict_is_kept_and_the_next_undecided_image_shown(
    resumed: Plan, key: str, verdict: Verdict, box: Box | None
) -> None:
    async with reviewing(resumed) as review:
        await review.press(key)
        decision = review.decision(FIRST)
        assert decision is not None
        assert (decision.verdict, decision.box, decision.class_name) == (verdict, box, "bolt")
        assert decision.decider is Decider.PERSON
        assert review.source == NO_EVIDENCE
        assert f"saved: {verdict} b1.png" in review.text
        assert review.tally.counts.decided == 1


async def test_no_image_is_shown_before_the_verdict_on_the_one_before_is_in_the_file(
    resumed: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, frozenset[str]]] = []
    show = Stage.look_at

    def looked_at(stage: Stage, look: Look | None) -> None:
        assert look is not None
        with Session.load(resumed.output) as session:
            decided = frozenset(one.source for one in session.results() if one.decision is not None)
        seen.append((look.easel.result.source, decided))
        show(stage, look)

    monkeypatch.setattr(Stage, "look_at", looked_at)
    async with reviewing(resumed) as review:
        await review.press("k", "d", "k", "3", "l", "space")
    order = list(dict.fromkeys(source for source, _ in seen))
    assert order == [FIRST, NO_EVIDENCE, BACKGROUND, SECOND, "nut/n2.png", "nut/n3.png"]
    for source, decided in seen:
        assert set(order[: order.index(source)]) <= decided, f"{source} was shown too early"


async def test_a_session_that_cannot_be_written_is_told_and_nothing_moves(
    resumed: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise SessionError("expected room for a decision, but: database or disk is full; free some")

    async with reviewing(resumed, size=(160, 30)) as review:
        await review.press("tab")
        with monkeypatch.context() as patch:
            patch.setattr(Session, "decide", full)
            await review.press("k")
            assert "database or disk is full" in review.text
            assert (review.source, review.box, review.tally.counts.decided) == (FIRST, BOXES[1], 0)
            assert "saved" not in review.text
        await review.press("k")
        decision = review.decision(FIRST)
        assert decision is not None
        assert decision.box == BOXES[1]
        assert "disk is full" not in review.text


async def test_tab_shows_the_candidates_in_turn_and_a_keep_takes_the_shown_one(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        shown = []
        for _ in range(6):
            shown.append(review.box)
            await review.press("tab")
        assert shown == [*BOXES, BOXES[0]]
        assert ">2 ensemble" in review.panel
        await review.press("k")
        decision = review.decision(FIRST)
        assert decision is not None
        assert decision.box == BOXES[1]


async def test_moving_without_a_verdict(resumed: Plan) -> None:
    first, second, last = SOURCES[0], SOURCES[1], SOURCES[-1]
    async with reviewing(resumed) as review:
        for key, source in [
            *(("p", first), ("n", second), ("p", first), ("right", second), ("left", first), ("down", second)),
            *(("up", first), ("G", last), ("n", last), ("g", first), ("end", last), ("home", first), ("end", last)),
            *(("N", first), ("N", second)),
        ]:
            await review.press(key)
            assert review.source == source, key
            assert f"{SOURCES.index(source) + 1} of 8" in review.text
        assert review.tally.counts.decided == 0


async def test_the_next_undecided_image_is_neither_decided_nor_failed_nor_pending(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("d", "n", "d", "p", "N")
        assert review.source == "nut/n1.png"
        await review.press("G", "p", "p", "N")
        assert review.source == NO_EVIDENCE
        await review.press("d", "d", "d", "d", "N")
        assert (review.tally.counts.undecided, review.source) == (0, "nut/n3.png")


@pytest.mark.parametrize(
    ("text", "source", "warning"),
    [
        ("4", SOURCES[3], ""),
        ("n3", "nut/n3.png", ""),
        ("nothing/e1.png", BACKGROUND, ""),
        ("NUT", "nut/n1.png", ""),
        ("99", FIRST, "expected a number from 1 to 8, or a name in the list, found '99'"),
        ("[b]", FIRST, "found '[b]'"),
    ],
)
async def test_go_to_a_number_or_a_name(resumed: Plan, text: str, source: str, warning: str) -> None:
    async with reviewing(resumed) as review:
        await review.press("colon")
        assert "go to number or name:" in review.text
        await review.type(text)
        await review.press("enter")
        assert review.source == source
        assert warning in review.status.warning
        # The keys mean verdicts again.
        await review.press("d")
        assert review.tally.counts.decided == 1


async def test_undo_and_redo_show_the_image_and_go_back_over_a_restart(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("k", "d")
    async with reviewing(resumed) as review:
        await review.press("u")
        assert (review.source, review.decision(NO_EVIDENCE)) == (NO_EVIDENCE, None)
        assert "saved: undone: drop b2.png" in review.text
        await review.press("u")
        assert (review.source, review.decision(FIRST)) == (FIRST, None)
        await review.press("u")
        assert "there is nothing to be undone" in review.text
    async with reviewing(resumed) as review:
        await review.press("U")
        decision = review.decision(FIRST)
        assert decision is not None
        assert (review.source, decision.verdict) == (FIRST, Verdict.KEEP)
        await review.press("U", "U")
        assert review.decision(NO_EVIDENCE) is not None
        assert "there is nothing to be redone" in review.text


async def test_the_views_come_in_turn_and_are_named(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        frames, named = [], []
        for _ in range(4):
            frames.append(review.stage.source)
            named.append([str(mode) for mode in Mode if f"shown: {mode}" in review.panel])
            await review.press("m")
        assert named == [[], ["heat map"], ["binary map"], []]
        pixels = [frame.row(15) for frame in frames if frame is not None]
        assert len(set(pixels)) == 3
        assert pixels[0] == pixels[3]


async def test_the_box_follows_the_threshold_at_once_and_is_what_a_keep_takes(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        areas = []
        for _ in range(3):
            await review.press("plus")
            assert review.box is not None
            areas.append(review.box.area)
        assert "threshold 0.45" in review.panel
        assert areas[0] > areas[1] > areas[2]
        await review.press("minus")
        assert review.box is not None
        assert review.box.area == areas[1]
        chosen = review.box
        await review.press("k")
        decision = review.decision(FIRST)
        assert decision is not None
        assert decision.box == chosen


async def test_the_binary_map_follows_the_threshold(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("m", "m", "b")
        rows = set()
        for _ in range(3):
            assert review.stage.source is not None
            rows.add(review.stage.source.row(6))
            await review.press("plus", "plus", "plus")
        assert len(rows) == 3


async def test_without_a_heat_map_the_threshold_says_so(resumed: Plan) -> None:
    async with reviewing(resumed, size=(130, 30)) as review:
        for source in (NO_EVIDENCE, BACKGROUND, FAILED, PENDING):
            await review.press("colon")
            await review.type(source)
            await review.press("enter", "plus")
            assert review.source == source
            assert "there is no heat map to find a box in" in review.text


async def test_zoom_to_the_box_and_back_until_the_next_image(resumed: Plan) -> None:
    def placement() -> Box | None:
        look = review.stage._look
        return None if look is None else look.zoom

    async with reviewing(resumed) as review:
        whole = review.stage.source
        await review.press("z")
        assert placement() == PATCH
        assert whole is not None
        assert review.stage.source is not None
        assert review.stage.source.row(20) != whole.row(20)
        await review.press("z")
        assert placement() is None
        await review.press("z", "n")
        assert placement() is None


async def test_the_box_can_be_hidden(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        drawn = [outlines(review.look)]
        await review.press("b")
        drawn.append(outlines(review.look))
        await review.press("n", "n", "n")
        drawn.append(outlines(review.look))
        await review.press("b")
        drawn.append(outlines(review.look))
        assert [len(each) for each in drawn] == [1, 0, 0, 1]


async def test_a_dropped_image_has_its_box_in_another_color(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        assert [one.color for one in outlines(review.look)] == [OFFERED]
        await review.press("d", "p")
        assert review.source == FIRST
        assert [one.color for one in outlines(review.look)] == [DROPPED]
        assert "dropped" in review.panel


@pytest.mark.parametrize("key", ["k", "3"])
async def test_without_evidence_a_keep_begins_with_the_centered_box(resumed: Plan, key: str) -> None:
    async with reviewing(resumed) as review:
        await review.press("n", key)
        assert review.source == NO_EVIDENCE
        assert review.decision(NO_EVIDENCE) is None
        assert review.reviewer.adjuster is not None
        centered = Box(6, 5, 58, 43)
        assert review.box == centered
        await review.press("enter")
        decision = review.decision(NO_EVIDENCE)
        assert decision is not None
        assert (decision.box, review.source) == (centered, BACKGROUND)


async def test_a_background_image_is_kept_without_a_box(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("n", "n")
        assert "no object" in review.panel
        await review.press("1")
        assert "there is no box to take" in review.text
        await review.press("a")
        assert review.reviewer.adjuster is None
        await review.press("k")
        decision = review.decision(BACKGROUND)
        assert decision is not None
        assert (decision.verdict, decision.box) == (Verdict.KEEP, None)


async def test_a_failed_image_shows_why_and_can_only_be_dropped_or_left(resumed: Plan) -> None:
    async with reviewing(resumed, size=(160, 30)) as review:
        await review.press("G", "p")
        assert review.source == FAILED
        assert "failed: expected an image, found" in " ".join(review.panel.split())
        await review.press("k")
        assert "it can only be dropped or left for later" in review.text
        assert review.decision(FAILED) is None
        await review.press("a", "plus", "z", "m", "b", "tab", "1")
        assert (review.source, review.decision(FAILED)) == (FAILED, None)
        await review.press("d")
        decision = review.decision(FAILED)
        assert decision is not None
        assert decision.verdict is Verdict.DROP


async def test_a_pending_image_says_that_it_waits_and_is_not_decided(resumed: Plan) -> None:
    async with reviewing(resumed, size=(160, 30)) as review:
        await review.press("G")
        assert review.source == PENDING
        assert "waiting for its box" in review.panel
        for key in ("k", "d", "l", "1", "a"):
            await review.press(key)
            assert review.source == PENDING
            assert review.status.warning
        assert review.decision(PENDING) is None


@pytest.mark.parametrize("depth", list(ColorDepth))
async def test_every_view_is_drawn_in_any_number_of_colors(resumed: Plan, depth: ColorDepth) -> None:
    async with reviewing(resumed, size=(80, 24), display=Display(depth, measures=False)) as review:
        for key in ("m", "m", "m", "z", "b", "a", "escape", "d", "p"):
            await review.press(key)
            assert review.stage.source is not None, key
        await review.press("v")
        assert all(tile._surface.source is not None for tile in list(review.app.screen.query(Tile))[:3])


# ---- data sets that are unusual


def plan_of(folder: Path, *sources: str, left_out: tuple[str, ...] = ()) -> Plan:
    """Draw a data set, and leave a session with a box for each image but some."""
    for source in sources:
        draw(folder / "photos" / source)
    plan = plan_run(folder / "photos", folder / "out")
    record(plan, [outcome_of(plan.root, source) for source in sources if source not in left_out])
    return plan


async def test_one_image_alone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "nut/n1.png", "bolt/b1.png", left_out=("bolt/b1.png",))
    async with reviewing(plan) as review:
        await review.press("f")
        await review.press(*["backspace"] * 3)
        await review.type("class:nut")
        await review.press("enter", "n", "p", "N", "G", "g")
        assert (review.source, review.tally.position) == ("nut/n1.png", "1 of 1")
        await review.press("k")
        assert review.source == "nut/n1.png"
        assert "kept" in review.panel


async def test_where_all_is_decided_the_last_verdicts_are_shown_and_no_engine_starts(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "bolt/b1.png", "nut/n1.png")
    async with reviewing(plan) as review:
        await review.press("k", "d")
        assert review.source == "nut/n1.png"
    async with reviewing(plan) as review:
        assert review.source == "bolt/b1.png"
        assert "2/2 decided" in review.text
        assert not review.engines
        await review.press("k", "u", "x")
        assert "1 boxes on 1 images" in review.text


async def test_a_file_that_changed_or_vanished_meanwhile_is_told(tmp_path: Path) -> None:
    # So many that the last ones are not made ahead, from the files as they were.
    sources = [f"nut/m{number}.png" for number in range(1, 8)]
    plan = plan_of(tmp_path, "bolt/b1.png", *sources)
    async with reviewing(plan, size=(160, 30)) as review:
        draw(plan.root / sources[-2], box=Box(0, 0, 5, 5))
        (plan.root / sources[-1]).unlink()
        await review.press("G")
        assert "the file is gone" in review.text
        assert review.stage.source is None
        await review.press("p")
        assert "the file has changed since its box was found" in review.text
        await review.press("g")
        assert review.status.warning == ""
        assert review.stage.source is not None


async def test_a_box_of_a_larger_image_than_the_one_that_is_there_now_does_no_harm(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "bolt/b1.png", "nut/n1.png")
    async with reviewing(plan) as review:
        draw(plan.root / "bolt/b1.png", size=(16, 12), box=Box(0, 0, 5, 5))
        await review.resize(90, 30)
        await review.press("z", "m", "m", "m", "k")
        assert review.source == "nut/n1.png"
