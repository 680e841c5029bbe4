"""Mending a box with keys: it stays inside the image, and only enter keeps it."""

from __future__ import annotations

import pytest
from review_pilot import BOXES, PATCH, PENDING, READY, SIZE, outcome_of, proposal, reviewing

from annot_core.engine.messages import Outcomes
from annot_core.geometry import Box
from annot_core.plan import Plan
from annot_core.records import Verdict
from tui.widgets.stage import ADJUSTED, outlines

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
SOURCE = "bolt/b1.png"


def moved(box: Box, left: int, top: int, right: int, bottom: int) -> Box:
    return Box(box.left + left, box.top + top, box.right + right, box.bottom + bottom)


async def test_every_key_changes_the_box_as_it_says(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("a")
        assert "adjusting the whole box, steps of 5 px" in " ".join(review.panel.split())
        for keys, expected in [
            ("l", moved(PATCH, 5, 0, 5, 0)),
            ("right", moved(PATCH, 10, 0, 10, 0)),
            ("h left h", moved(PATCH, -5, 0, -5, 0)),
            ("r", PATCH),
            ("j down", moved(PATCH, 0, 10, 0, 10)),
            ("k up k", moved(PATCH, 0, -5, 0, -5)),
            ("r", PATCH),
            ("L shift+right", moved(PATCH, 0, 0, 10, 0)),
            ("H shift+left H", moved(PATCH, 0, 0, -5, 0)),
            ("r", PATCH),
            ("J shift+down", moved(PATCH, 0, 0, 0, 10)),
            ("K shift+up K", moved(PATCH, 0, 0, 0, -5)),
            ("r", PATCH),
            ("[ l", moved(PATCH, 1, 0, 1, 0)),
            ("[ l", moved(PATCH, 2, 0, 2, 0)),
            ("] l", moved(PATCH, 7, 0, 7, 0)),
            ("] l", moved(PATCH, 27, 0, 27, 0)),
            ("] r", PATCH),
        ]:
            await review.press(*keys.split())
            assert review.box == expected, keys
        assert review.decision(SOURCE) is None


async def test_tab_picks_an_edge_and_the_keys_move_only_that(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("a")
        for keys, edge, expected in [
            ("tab l", "left", moved(PATCH, 5, 0, 0, 0)),
            ("tab k", "top", moved(PATCH, 5, -5, 0, 0)),
            ("tab H", "right", moved(PATCH, 5, -5, -5, 0)),
            ("tab j l", "bottom", moved(PATCH, 5, -5, -5, 5)),
            ("shift+tab l", "right", moved(PATCH, 5, -5, 0, 5)),
            ("tab tab r", "the whole box", PATCH),
        ]:
            await review.press(*keys.split())
            assert review.box == expected, keys
            assert f"adjusting {edge}, steps" in " ".join(review.panel.split())
            assert review.look.edge == (None if " " in edge else edge)


async def test_the_box_stays_inside_the_image_whatever_is_pressed(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("a", "]")
        for key in ("h", "k", "H", "K", "l", "j", "L", "J", "L", "tab", "h", "tab", "k", "tab", "L", "tab", "J"):
            await review.press(*([key] if key == "tab" else [key] * 4))
            assert review.box is not None
            assert review.box.fits(*SIZE)
        assert review.box == Box(0, 0, *SIZE)


async def test_enter_keeps_the_adjusted_box_and_goes_on(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("tab", "a", "l", "enter")
        decision = review.decision(SOURCE)
        assert decision is not None
        assert (decision.verdict, decision.box) == (Verdict.KEEP, moved(BOXES[1], 5, 0, 5, 0))
        assert review.source == "bolt/b2.png"
        # The keys mean verdicts again.
        await review.press("d", "k")
        assert review.tally.counts.decided == 3


async def test_escape_leaves_without_a_verdict_and_offers_what_was_offered_before(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("tab", "a", "l", "L", "escape")
        assert (review.source, review.box, review.decision(SOURCE)) == (SOURCE, BOXES[1], None)
        assert "candidate 2 of 5" in review.panel
        await review.press("n", "p")
        assert review.box == BOXES[0]


async def test_what_is_adjusted_is_drawn_in_another_color_and_the_hints_tell_the_keys(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("a")
        assert [one.color for one in outlines(review.look)] == [ADJUSTED]
        assert "h-l move" in review.text
        assert "enter keep" in review.text
        await review.press("escape")
        assert "d drop" in review.text


async def test_nothing_leaves_a_box_in_hand_unnoticed(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("d", "p", "a", "l")
        for key in ("d", "1", "n", "p", "g", "G", "N", "u", "U", "f", "s", "c", "A", "v", "x", "colon"):
            await review.press(key)
            assert (review.source, review.box) == (SOURCE, moved(PATCH, 5, 0, 5, 0)), key
            assert review.reviewer.adjuster is not None
            assert review.app.screen.id == "review"
            assert review.tally.counts.decided == 1


async def test_the_view_the_box_and_the_help_are_there_while_adjusting(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("a", "m", "b")
        assert review.look.mode == "heat map"
        assert outlines(review.look) == ()
        await review.press("b", "question_mark")
        assert review.app.screen.id == "help"
        await review.press("escape", "l")
        assert review.box == moved(PATCH, 5, 0, 5, 0)


async def test_a_kept_image_is_mended_from_the_box_that_was_kept(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("2", "p", "a", "[", "l", "enter")
        decision = review.decision(SOURCE)
        assert decision is not None
        assert decision.box == moved(BOXES[1], 1, 0, 1, 0)


async def test_outcomes_that_arrive_leave_the_box_in_hand_alone(resumed: Plan) -> None:
    root = resumed.root
    async with reviewing(resumed) as review:
        await review.press("a", "l")
        again = proposal(root, SOURCE, score=0.99, boxes=[Box(0, 0, 5, 5)])
        await review.say(READY, Outcomes((outcome_of(root, PENDING), again)))
        assert review.box == moved(PATCH, 5, 0, 5, 0)
        assert review.reviewer.adjuster is not None
        await review.press("enter")
        decision = review.decision(SOURCE)
        assert decision is not None
        assert decision.box == moved(PATCH, 5, 0, 5, 0)
