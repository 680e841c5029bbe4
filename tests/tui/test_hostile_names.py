"""Names are shown as text on every screen, whatever they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from review_pilot import READY, Review, copied_plan, draw, proposal, record, reviewing

from annot_core.engine.messages import Died, Quarantined
from annot_core.plan import Plan, plan_run
from annot_core.records import Failure
from tui.keys import bind_keys
from tui.settings import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

ESCAPES = "\x1b]0;title\x07\x1b[2J\x1b[31mred"
CLASSES = (
    "[bold]nut",
    f"a{ESCAPES}",
    os.fsdecode(b"bytes-\xff\xfe"),
    "right\u202eto left",
    "x" * 250,
    "[@click=app.quit]q",
)
FILES = (
    "[bold]x.png",
    "[link=etc]y[.png",
    f"{ESCAPES}.png",
    "two\nlines\tand\r.png",
    os.fsdecode(b"bytes-\xff\xfe.png"),
    "right\u202eto\u200fleft\u2066.png",
    f"{'n' * 246}.png",
    "猫🐈‍⬛ é.png",
)


@pytest.fixture
def hostile(hostile_once: Plan, tmp_path: Path) -> Plan:
    """A plan for a data set of names that hurt, with a session."""
    return copied_plan(hostile_once, tmp_path)


@pytest.fixture(scope="module")
def hostile_once(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The same, drawn once."""
    folder = tmp_path_factory.mktemp("hostile [b]")
    for name in CLASSES:
        draw(folder / "photos [red]" / name / "1.png")
    sources = [f"{CLASSES[0]}/{name}" for name in FILES]
    for source in sources:
        draw(folder / "photos [red]" / source)
    (folder / "photos [red]" / CLASSES[0] / "[b]notes.txt").write_text("no picture")
    plan = plan_run(folder / "photos [red]", folder / "out")
    failed = Failure(sources[0], "read", f"[blink]{ESCAPES}[/] is no image")
    labels = [f"{name}/1.png" for name in CLASSES]
    record(plan, [*(proposal(plan.root, source) for source in [*sources[1:], *labels]), failed])
    return plan


def check(review: Review) -> None:
    """See that nothing on the screen is more than text, or took more cells than it may."""
    text = review.text
    assert not any(ord(each) < 32 and each != "\n" for each in text), "a control character"
    assert not any(each in text for each in "\u202e\u200f\u2066\x1b\x07\u009b"), "a format character"
    assert not any("\ud800" <= each <= "\udfff" for each in text), "a byte that is no text"
    width = review.app.size.width
    assert all(strip.cell_length == width for strip in review.app.screen._compositor.render_strips())


@pytest.mark.parametrize("size", [(80, 24), (130, 42)], ids=["narrow", "wide"])
async def test_every_image_on_every_screen(hostile: Plan, size: tuple[int, int]) -> None:
    async with reviewing(hostile, size=size) as review:
        seen = ""
        await review.press("g")
        for _ in range(len(FILES) + len(CLASSES)):
            check(review)
            seen += review.text
            await review.press("n")
        assert "[bold]x.png" in seen
        assert "[bold]nut" in seen
        for keys in ("v", "right down", "v", "c", "escape", "A", "escape", "f", "escape", "x", "escape", "ctrl+p"):
            await review.press(*keys.split())
            check(review)


async def test_the_status_line_tells_names_and_reasons_as_text(hostile: Plan) -> None:
    async with reviewing(hostile, size=(130, 42)) as review:
        await review.press("g", "d")
        check(review)
        assert "saved: drop" in review.text
        await review.press("u")
        source = f"{CLASSES[0]}/{FILES[0]}"
        failure = Failure(source, "engine", f"[red]it ended[/red] twice {ESCAPES}")
        await review.say(READY, Quarantined(failure))
        check(review)
        assert "[red]it ended[/red]" in review.text
        await review.say(Died(f"[b]signal[/b] {ESCAPES}", ()))
        check(review)
        assert "[b]signal[/b]" in review.text


async def test_what_is_typed_is_told_as_text(hostile: Plan) -> None:
    async with reviewing(hostile, size=(130, 42)) as review:
        await review.press("colon")
        await review.type("[b]no[/b] [/")
        await review.press("enter")
        assert "found '[b]no[/b] [/'" in review.text
        await review.press("f", "end", "ctrl+u")
        await review.type('class:"[/b]"')
        await review.press("enter")
        assert "found '[/b]'" in review.status.warning
        check(review)
        await review.press("c")
        await review.type("[u]new[/u]")
        await review.press("enter", "p", "c")
        assert "[u]new[/u]" in review.panel
        check(review)


async def test_the_first_screen(hostile: Plan, tmp_path: Path) -> None:
    plan = plan_run(hostile.root, tmp_path / f"out {ESCAPES}")
    async with reviewing(plan, size=(130, 42)) as review:
        check(review)
        for text in ("photos [red]", "[bold]nut", "[b]notes.txt", "[@click=app.quit]q"):
            assert text in review.text
        await review.press("enter")
        await review.say(Died("[b]signal[/b]", ()))
        assert "[b]signal[/b]" in review.text


async def test_the_summary_and_the_export(hostile: Plan) -> None:
    async with reviewing(hostile, size=(80, 60)) as review:
        await review.press("n", "k", "k", "x")
        check(review)
        assert "[blink]" in review.text
        assert "2 boxes on 2 images" in review.text


async def test_keys_that_look_like_markup_are_shown_in_help_hints_and_palette(hostile: Plan) -> None:
    settings = Settings(bindings=bind_keys({"keep": "[", "quit": "}"}))
    async with reviewing(hostile, size=(100, 50), settings=settings) as review:
        assert "[ keep" in review.text
        await review.press("question_mark")
        assert "[  keep the box" in review.text
        await review.press("escape", "ctrl+p")
        await review.type("keep the box")
        await review.until(lambda: "keep the box  ([)" in review.text, "the palette's hit")
