"""Keys that come in a heap, as they do over a slow line, mean what they would have meant one by one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from review_pilot import Review, copied_plan, reviewing

from annot_core.plan import Plan
from annot_core.records import Decision
from annot_core.session import Session
from tui.widgets.prompt import Prompt

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
KEYS = (*"kdl125ahjklHL[]rnpNgG:34bc2uUm+-zbsf", "tab", "tab", "enter", "enter", "escape", "escape")


def at_random(seed: int, count: int) -> list[str]:
    """Draw keys, among them questions with their answers."""
    generator = random.Random(seed)
    return [generator.choice(KEYS) for _ in range(count)]


async def outcome(review: Review) -> tuple[dict[str, Decision], str, object, bool, str]:
    """What a person would find: decisions in the file, image, box in hand, question, and list."""
    with Session.load(review.app.plan.output) as session:
        decided = {one.source: one.decision for one in session.results() if one.decision is not None}
    reviewer = review.reviewer
    asking = review.app.screen.query_one(Prompt).is_asking
    return decided, review.source, reviewer.adjuster, asking, f"{reviewer.queue.filter} {reviewer.queue.order}"


@pytest.mark.parametrize(
    "keys",
    [
        [":", "4", "enter", "k", "d"],
        ["a", "l", "L", "enter", "d", "a", "k", "k", "escape", "d"],
        ["n", "n", "c", "n", "u", "t", "enter", "l", "enter", "k"],
        ["c", "b", "o", "l", "t", "s", "enter", "u", "U", "u", ":", "n", "3", "enter", "2"],
        ["A", "enter", "u", "f", "end", "ctrl+u", "k", "e", "p", "t", "enter", "d"],
        *(at_random(seed, 40) for seed in (1, 2)),
    ],
    ids=["go to", "adjust", "class", "new class", "keep all", "random 1", "random 2"],
)
async def test_a_heap_of_keys_does_the_same_as_one_key_at_a_time(begun: Plan, tmp_path: Path, keys: list[str]) -> None:
    outcomes = []
    for name in ("slow", "fast"):
        (tmp_path / name).mkdir()
        async with reviewing(copied_plan(begun, tmp_path / name)) as review:
            for key in keys:
                review.hit(key)
                if name == "slow":
                    await review.settle()
            await review.settle()
            outcomes.append(await outcome(review))
    assert outcomes[0] == outcomes[1]


async def test_keys_behind_the_one_that_opens_a_screen_do_no_harm(resumed: Plan) -> None:
    async with reviewing(resumed) as review:
        keys = "v n p g G d right u U f escape s v k v enter v x escape ? escape d"
        for key in keys.split():
            review.hit(key)
        await review.settle()
        assert review.app.screen.id == "review"
