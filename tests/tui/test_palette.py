"""The command palette finds every binding of a screen, and does what it finds."""

from __future__ import annotations

import pytest
from review_pilot import Review, reviewing
from textual.command import CommandList, CommandPalette

from annot_core.plan import Plan
from tui.keys import Context, bind_keys, bindings_of
from tui.palette import KeyCommands
from tui.settings import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


async def found(review: Review, query: str = "") -> list[str]:
    """The ids of the bindings that the palette offers on the screen that is shown."""
    provider = KeyCommands(review.app.screen)
    hits = provider.search(query) if query else provider.discover()
    return [hit.help or "" async for hit in hits]


async def test_every_binding_of_the_screen_is_offered(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        for keys, context in [
            ((), Context.REVIEW),
            (("a",), Context.ADJUST),
            (("escape", "v"), Context.GALLERY),
            (("x",), Context.SUMMARY),
            (("question_mark",), Context.HELP),
        ]:
            await review.press(*keys)
            assert await found(review) == [one.id for one in bindings_of(context)]


async def test_typing_finds_bindings_by_what_they_do_and_by_their_ids(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        assert "keep-all" in await found(review, "score of at least")
        assert "take-3" in await found(review, "take-3")
        assert await found(review, "no such thing at all") == []


async def test_the_palette_does_what_it_finds(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("ctrl+p")
        assert isinstance(review.app.screen, CommandPalette)
        await review.type("drop the")
        await review.until(lambda: len(review.app.screen.query_one(CommandList).options) > 0, "a hit")
        await review.press("enter")
        await review.until(lambda: review.decision("bolt/b1.png") is not None, "the decision")
        await review.settle()
        assert review.app.screen.id == "review"
        assert "saved: drop b1.png" in review.text


async def test_letters_typed_into_the_palette_are_no_keys(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        await review.press("ctrl+p")
        await review.type("kdq?")
        await review.press("escape")
        await review.settle()
        assert review.app.is_running
        assert (review.app.screen.id, review.tally.counts.decided) == ("review", 0)


async def test_what_a_person_unbound_is_still_found(resumed: Plan) -> None:
    settings = Settings(bindings=bind_keys({"drop": ""}))
    async with reviewing(resumed, settings=settings) as review:
        await review.press("d")
        assert review.tally.counts.decided == 0
        assert "drop" in await found(review, "drop the image")


async def test_a_rebound_key_works_and_shows_in_help_and_hints(resumed: Plan) -> None:
    settings = Settings(bindings=bind_keys({"keep": "y", "gallery-leave": "B", "adjust-keep": "w", "quit": "Q"}))
    async with reviewing(resumed, settings=settings) as review:
        assert " y keep" in review.text
        assert "Q quit" in review.text
        await review.press("k", "space")
        assert review.tally.counts.decided == 0
        await review.press("y")
        assert review.tally.counts.decided == 1
        await review.press("k", "n", "p", "p", "a", "w")
        assert review.tally.counts.decided == 1
        await review.press("v", "v", "B")
        assert review.app.screen.id == "review"
        await review.press("question_mark")
        assert " y  keep the box" in review.text
        await review.press("escape", "q")
        assert review.app.is_running
        review.hit("Q")
        await review.until(lambda: not review.app.is_running, "the end")
