"""The terminal may become larger or smaller at any moment, on any screen."""

from __future__ import annotations

import pytest
from review_pilot import READY, Review, outcome_of, reviewing

from annot_core.engine.messages import Outcomes
from annot_core.plan import Plan
from tui.keys import BINDINGS, Context
from tui.widgets.facts_line import FactsLine
from tui.widgets.key_hints import hints_text
from tui.widgets.side_panel import SidePanel

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
SIZES = ((80, 24), (300, 100), (40, 12), (10, 3), (130, 42))


async def fits(review: Review, *sizes: tuple[int, int]) -> None:
    """Resize the terminal, and see that the screen that is shown takes just that."""
    before = review.app.screen.id
    for size in sizes:
        await review.resize(*size)
        strips = review.app.screen._compositor.render_strips()
        assert (max(strip.cell_length for strip in strips), len(strips)) == size
    assert review.app.screen.id == before


async def test_every_screen_fits_every_size(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await fits(review, *SIZES)
        for keys, leave in [
            *(("a l", "escape"), ("c", "escape"), ("A", "escape"), ("colon 3", "escape"), ("v right d", "v")),
            *(("question_mark", "escape"), ("x", "escape"), ("m z", "m"), ("ctrl+p", "escape")),
        ]:
            await review.press(*keys.split())
            await fits(review, (40, 12), (10, 3), (100, 30))
            await review.press(leave)


async def test_the_first_screen_fits_every_size(fresh: Plan) -> None:
    async with reviewing(fresh) as review:
        for size in SIZES:
            await review.resize(*size)
        await review.press("enter")
        await review.resize(40, 12)
        await review.say(READY, Outcomes((outcome_of(fresh.root, "nut/n1.png"),)))
        assert review.app.screen.id == "review"


@pytest.mark.parametrize("width", [89, 90])
async def test_below_90_columns_the_panel_folds_into_a_row(resumed: Plan, width: int) -> None:
    async with reviewing(resumed, size=(width, 24)) as review:
        is_wide = width >= 90
        assert review.app.screen.query_one(SidePanel).display == is_wide
        assert review.app.screen.query_one(FactsLine).display != is_wide
        assert review.stage.size.width == (width - 28 if is_wide else width)
        await review.resize(300 if not is_wide else 60, 24)
        assert review.app.screen.query_one(SidePanel).display != is_wide


async def test_the_picture_takes_the_room_that_there_is(resumed: Plan) -> None:
    async with reviewing(resumed, size=(80, 24)) as review:
        areas = []
        for size in SIZES[:3]:
            await review.resize(*size)
            assert review.stage.source is not None
            areas.append(review.stage.picture_region.area)
            region, stage = review.stage.picture_region, review.stage.size
            assert region.width == stage.width or region.height == stage.height
        assert areas[1] > areas[0] > areas[2]


async def test_a_narrow_terminal_tells_the_main_facts_in_one_row(resumed: Plan) -> None:
    async with reviewing(resumed, size=(80, 24)) as review:
        assert "undecided  bolt 0.35  candidate 1 of 5  bolt/b1.png" in review.text
        await review.press("tab", "a", "tab")
        assert "adjusting left, steps of 5 px" in review.text
        await review.press("escape", "d", "p")
        assert "dropped  bolt 0.35" in review.text
        await review.press("G", "p")
        assert "failed  nut  failed  nut/n4.png: expected an image, found 0" in review.text
        await review.press("f", "end", "ctrl+u")
        await review.type("later")
        await review.press("enter")
        assert "no image passes the filter 'later'" in review.text


async def test_resizing_in_mid_work_loses_nothing(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        for size, key in zip(SIZES * 2, "kdl2aljuUk", strict=True):
            review.hit(key)
            review.hit("escape")
            await review.resize(*size)
        await review.settle()
        assert review.tally.counts.decided >= 4


@pytest.mark.parametrize(
    ("width", "begins"),
    [
        (110, " autoannot photos  ━━━━━━━━━━━━ 0/8 decided  6 ready"),
        (85, " autoannot photos  0/8 decided  6 ready"),
        (70, " 0/8 decided  6 ready"),
    ],
)
async def test_the_header_gives_up_what_matters_least_first(resumed: Plan, width: int, begins: str) -> None:
    async with reviewing(resumed, size=(width, 24)) as review:
        header = review.text.splitlines()[0]
        assert header.startswith(begins)
        assert header.rstrip().endswith("1 pending  1 failed  filter: all  1 of 8")


@pytest.mark.parametrize(("width", "count"), [(200, 10), (80, 8), (40, 4), (12, 2)])
async def test_the_hints_leave_out_what_does_not_fit_but_not_the_help(width: int, count: int) -> None:
    hints = hints_text(Context.REVIEW, BINDINGS, width).plain
    assert hints.endswith("? help  q quit  ")
    assert len(hints.split("  ")) - 1 == count
    assert hints_text(Context.ADJUST, BINDINGS, 200).plain.startswith(
        " h-l move  H-L size  tab edge  enter keep  escape leave  [ ] step"
    )
    assert "escape leave" in hints_text(Context.ADJUST, BINDINGS, 80).plain
