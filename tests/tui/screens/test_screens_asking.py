"""What is asked under the picture: filters, orders, classes, and how many to keep at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from review_pilot import (
    BACKGROUND,
    BOXES,
    FAILED,
    NO_EVIDENCE,
    PATCH,
    SCORES,
    SOURCES,
    Review,
    draw,
    outcome_of,
    record,
    reviewing,
)

from annot_core.plan import Plan, plan_run
from annot_core.records import Verdict
from tui.keys import bind_keys
from tui.review.filters import Filter
from tui.settings import Settings
from tui.widgets.prompt import Prompt
from tui.widgets.side_panel import SidePanel

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
FIRST = "bolt/b1.png"


async def answer(review: Review, key: str, text: str) -> None:
    """Press the key of a question, and answer it in place of the answer that is there."""
    await review.press(key, "end", "ctrl+u")
    await review.type(text)
    await review.press("enter")


def listed(review: Review) -> list[str]:
    """The sources in the list, in their order."""
    queue, session = review.reviewer.queue, review.reviewer.session
    return [session.source_of(row_id) or "" for row_id in queue.ids(0, len(queue))]


# ---- what is listed


async def test_every_filter_lists_what_it_says_and_is_named_in_the_header(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        # Kept, dropped, left, and kept with another candidate.
        await review.press("k", "d", "l", "2")
        for text, sources in [
            ("undecided", ["nut/n2.png", "nut/n3.png"]),
            ("kept", [FIRST, "nut/n1.png"]),
            ("dropped", [NO_EVIDENCE]),
            ("later", [BACKGROUND]),
            ("failed", [FAILED]),
            ("mended", ["nut/n1.png"]),
            ("class:bolt", [FIRST, NO_EVIDENCE]),
            ("score:0.7-1 class:nut", ["nut/n1.png", "nut/n2.png"]),
            ("score:-0.4", [FIRST, NO_EVIDENCE]),
            ("undecided score:0.8-", ["nut/n2.png"]),
            ("", SOURCES),
        ]:
            await answer(review, "f", text)
            assert listed(review) == sources, text
            assert review.tally.filter_text == f"filter: {review.reviewer.queue.filter}"
            assert review.source in sources


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lost", "expected a filter of all, undecided"),
        ("class:cat", "expected a class out of bolt, nothing, nut, found 'cat'"),
        ("score:3-4", "expected scores from 0 to 1"),
        ("kept dropped", "expected one word of what was decided"),
        ('class:"nut', "expected a closing"),
    ],
)
async def test_a_wrong_filter_says_why_and_the_list_stays(resumed: Plan, text: str, told: str) -> None:
    async with reviewing(resumed, size=(200, 30)) as review:
        await answer(review, "f", text)
        assert told in review.text
        assert listed(review) == SOURCES
        assert review.tally.filter_text == "filter: all"


async def test_an_empty_list_says_so_until_the_filter_is_another_one(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await answer(review, "f", "kept")
        assert review.reviewer.easel is None
        assert "no image passes the filter 'kept'" in " ".join(review.panel.split())
        assert review.stage.source is None
        await review.press(*"kdl12n p N g G u U m + - z b s a v escape A escape".replace(" ", " ").split(), "tab")
        assert review.app.is_running
        await answer(review, "f", "all")
        assert review.source in SOURCES


async def test_what_can_be_answered_is_listed_beside_the_picture(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("f")
        assert review.app.screen.query_one(Prompt).is_asking
        for word in ("undecided", "kept", "dropped", "later", "failed", "class:NAME", "score:0.2-0.6"):
            assert word in review.panel
        await review.press("escape")
        assert not review.app.screen.query_one(Prompt).is_asking
        assert "candidate 1 of 5" in review.panel


async def test_a_question_that_is_left_changes_nothing_and_gives_the_keys_back(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        for key in ("f", "c", "A", "colon"):
            await review.press(key)
            await review.type("k3")
            await review.press("escape")
            assert (review.source, review.tally.counts.decided) == (FIRST, 0), key
            assert listed(review) == SOURCES
        await review.press("k")
        assert review.tally.counts.decided == 1


async def test_sorting_goes_through_the_orders(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("s")
        scored = [source for source in listed(review) if source in SCORES]
        assert scored == sorted(SCORES, key=lambda source: SCORES[source])
        assert review.tally.filter_text == "filter: all by score"
        # The cursor stays on its image.
        assert (review.source, listed(review)[0]) == (FIRST, NO_EVIDENCE)
        await review.press("s")
        assert listed(review) == SOURCES
        assert review.tally.filter_text == "filter: all by class"
        await review.press("s")
        assert review.tally.filter_text == "filter: all"


# ---- which class


@pytest.mark.parametrize(
    ("text", "name", "boxed"),
    [
        ("3", "nut", True),
        ("nut", "nut", True),
        ("2", "nothing", False),
        ("nothing", "nothing", False),
        ("a new one", "a new one", True),
        ("9", "9", True),
    ],
    ids=["number", "name", "number of background", "background", "new", "no number of a class"],
)
async def test_a_class_is_picked_or_typed(resumed: Plan, text: str, name: str, boxed: bool) -> None:
    async with reviewing(resumed) as review:
        await review.press("c")
        assert "1 bolt" in review.panel
        assert "2 nothing" in review.panel
        await review.type(text)
        await review.press("enter")
        decision = review.decision(FIRST)
        assert decision is not None
        assert (decision.verdict, decision.class_name) == (Verdict.KEEP, name)
        assert decision.box == (PATCH if boxed else None)
        assert review.source == NO_EVIDENCE


async def test_typing_a_class_narrows_the_list(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("c")
        await review.type("NO")
        assert "2 nothing" in review.panel
        assert "bolt" not in review.panel
        await review.press("backspace", "backspace", "enter")
        assert review.tally.counts.decided == 0


async def test_a_background_image_gets_a_class_with_an_object_by_drawing_a_box(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("n", "n")
        await answer(review, "c", "nut")
        assert (review.source, review.decision(BACKGROUND)) == (BACKGROUND, None)
        assert review.reviewer.adjuster is not None
        assert "nut" in review.panel
        box = review.box
        await review.press("enter")
        decision = review.decision(BACKGROUND)
        assert decision is not None
        assert (decision.class_name, decision.box) == ("nut", box)


async def test_a_new_class_can_be_picked_afterwards(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await answer(review, "c", "washer")
        await review.press("n", "c")
        assert "4 washer" in review.panel
        await review.type("4")
        await review.press("enter")
        decision = review.decision(BACKGROUND)
        assert decision is None
        await review.press("enter")
        decision = review.decision(BACKGROUND)
        assert decision is not None
        assert decision.class_name == "washer"


# ---- keeping many


async def test_keep_all_shows_how_many_and_a_sample_first(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("A")
        # 0.8, 0.9, and the background image, whose class nobody doubts.
        assert "3 images" in review.panel
        shown = [line for line in review.panel.splitlines() if ".png" in line]
        assert shown[0].startswith("0.80 nut/n2.png")
        assert len(shown) == 3
        await review.press("backspace")
        await review.type("5")
        assert "4 images" in review.panel
        await review.press("escape")
        assert review.tally.counts.decided == 0
        assert "candidate 1 of 5" in review.panel


async def test_a_preview_that_comes_too_late_is_not_shown(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        for key in ("escape", "enter"):
            review.hit("A")
            review.hit(key)
            await review.settle()
            assert "some of them" not in review.panel
            assert "size   64 x 48" in review.panel


async def test_keep_all_is_one_step_for_undo(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await answer(review, "A", "0.5")
        assert "saved: keep 4 images" in review.text
        assert review.tally.counts.kept == 4
        for source in ("nut/n1.png", "nut/n2.png", "nut/n3.png"):
            decision = review.decision(source)
            assert decision is not None
            assert decision.box == BOXES[0]
        assert review.decision(FIRST) is None
        await review.press("u")
        assert review.tally.counts.decided == 0
        assert "undone: 4 images" in review.text


async def test_keys_have_their_turn_while_many_are_kept(resumed: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.review.bulk.KEPT_AT_ONCE", 1)
    async with reviewing(resumed) as review:
        await answer(review, "A", "0.5")
        assert "saved: keep 4 images" in review.text
        await review.press("u")
        for key in ("A", "enter", "G", "u"):
            review.hit(key)
        await review.settle()
        assert review.tally.counts.decided == 0
        assert review.source == BACKGROUND  # the first one of the step


async def test_keep_all_keeps_only_what_the_filter_lists(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await answer(review, "f", "class:bolt")
        await answer(review, "A", "0")
        assert review.tally.counts.kept == 1
        assert review.decision(FIRST) is not None


@pytest.mark.parametrize("text", ["", "1.5", "-1", "nan", "much"])
async def test_keep_all_refuses_what_is_no_score(resumed: Plan, text: str) -> None:
    async with reviewing(resumed) as review:
        await answer(review, "A", text)
        assert f"expected a score from 0 to 1, found {text!r}" in review.text
        assert review.tally.counts.decided == 0


# ---- where the panel is folded away


@pytest.mark.parametrize(
    ("key", "expected"),
    [("f", "score:0.2-0.6"), ("c", "3 nut"), ("A", "3 images")],
    ids=["filter", "class", "keep all"],
)
async def test_on_a_narrow_terminal_the_panel_unfolds_while_it_is_needed(
    resumed: Plan, key: str, expected: str
) -> None:
    async with reviewing(resumed, size=(80, 24)) as review:
        panel = review.app.screen.query_one(SidePanel)
        assert not panel.display
        await review.press(key)
        assert panel.display
        assert expected in review.text
        await review.press("escape")
        assert not panel.display
        await review.press("colon")
        assert not panel.display


async def test_many_classes_are_counted_and_found_by_typing(tmp_path: Path) -> None:
    sources = [f"kind {number:02}/1.png" for number in range(60)]
    for source in sources:
        draw(tmp_path / "photos" / source)
    plan = plan_run(tmp_path / "photos", tmp_path / "out")
    record(plan, [outcome_of(plan.root, source) for source in sources])
    async with reviewing(plan) as review:
        await review.press("c")
        assert "and 20 more" in review.panel
        await review.type("kind 59")
        assert "60 kind 59" in review.panel
        await review.press("enter")
        decision = review.decision(sources[0])
        assert decision is not None
        assert decision.class_name == "kind 59"


async def test_a_class_whose_name_is_a_number_goes_before_the_number_of_a_class(tmp_path: Path) -> None:
    sources = [f"{digit}/1.png" for digit in range(4)]
    for source in sources:
        draw(tmp_path / "photos" / source)
    plan = plan_run(tmp_path / "photos", tmp_path / "out")
    record(plan, [outcome_of(plan.root, source) for source in sources])
    async with reviewing(plan) as review:
        for source, text, name in zip(sources, ("3", "1", "4"), ("3", "1", "3"), strict=False):
            await answer(review, "c", text)
            decision = review.decision(source)
            assert decision is not None
            assert decision.class_name == name


async def test_a_filter_by_class_takes_names_with_spaces(tmp_path: Path) -> None:
    for source in ("a b/1.png", "c/1.png"):
        draw(tmp_path / "photos" / source)
    plan = plan_run(tmp_path / "photos", tmp_path / "out")
    record(plan, [outcome_of(plan.root, source) for source in ("a b/1.png", "c/1.png")])
    async with reviewing(plan) as review:
        await answer(review, "f", 'class:"a b"')
        assert listed(review) == ["a b/1.png"]
        # The filter that holds is the answer to begin with.
        await review.press("f", "enter")
        assert str(review.reviewer.queue.filter) == str(replace(Filter(), class_name="a b"))
        assert listed(review) == ["a b/1.png"]


async def test_a_question_has_the_keys_that_mean_something_else_elsewhere(resumed: Plan) -> None:
    settings = Settings(bindings=bind_keys({"keep": "enter,e"}))
    async with reviewing(resumed, settings=settings) as review:
        await answer(review, "colon", "be12")
        assert review.tally.counts.decided == 0
        await review.press("e")
        assert review.tally.counts.decided == 1
