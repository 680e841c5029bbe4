"""How the screens look, as pictures to compare: names, sizes and pixels are the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from review_pilot import (
    FAILED,
    PENDING,
    SIZE,
    SOURCES,
    FakeEngine,
    Review,
    draw,
    outcome_of,
    record,
)
from textual.pilot import Pilot

from annot_core.geometry import Box
from annot_core.plan import Plan, plan_run
from tui.app import ReviewApp
from tui.display import Display
from tui.frame.colors import ColorDepth
from tui.settings import Settings

pytestmark = pytest.mark.slow

SIZES = pytest.mark.parametrize("size", [(80, 24), (130, 42)], ids=["80x24", "130x42"])


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan whose paths are short and relative, for pictures of one color each: nothing is rounded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for source in SOURCES:
        draw(Path("photos") / source, box=Box(0, 0, *SIZE))
    (Path("photos") / FAILED).write_bytes(b"")
    (Path("photos") / "nut" / "notes.txt").write_text("no picture")
    return plan_run("photos", "out")


@pytest.fixture
def app(plan: Plan) -> Iterator[ReviewApp]:
    app = ReviewApp(
        plan,
        settings=Settings(),
        shown=Display(ColorDepth.TRUECOLOR, measures=False),
        start_engine=lambda job, log: FakeEngine(),
    )
    yield app
    app.close()


def keys(*pressed: str) -> Callable[[Pilot[int]], object]:
    """Return what presses these keys once the desk is open, and waits until all is drawn."""

    async def press(pilot: Pilot[int]) -> None:
        assert isinstance(pilot.app, ReviewApp)
        review = Review(pilot.app, pilot, [])
        await review.until(lambda: review.app.desk is not None, "the desk")
        await review.settle()
        await review.press(*pressed)

    return press


def begin(plan: Plan) -> None:
    record(plan, [outcome_of(plan.root, source) for source in SOURCES if source != PENDING])


@SIZES
def test_start(plan: Plan, app: ReviewApp, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=keys())


@SIZES
@pytest.mark.parametrize(
    "pressed",
    [
        ("n", "n", "n", "tab"),
        ("n", "n", "n", "a", "tab", "l"),
        ("c",),
        ("v", "right", "d"),
        ("k", "n", "d", "3", "x"),
    ],
    ids=["review", "adjusting", "asking", "gallery", "summary"],
)
def test_screens(
    plan: Plan, app: ReviewApp, size: tuple[int, int], pressed: tuple[str, ...], snap_compare: Callable[..., bool]
) -> None:
    begin(plan)
    assert snap_compare(app, terminal_size=size, run_before=keys(*pressed))
