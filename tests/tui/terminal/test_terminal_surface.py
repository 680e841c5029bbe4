"""Pictures and single cells in a real terminal: what it shows is compared cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cell_pictures import CellPicture, picture
from terminal_programs import GREEN, NUDGED, Shown
from terminals import FakeTerminal, program

from tui.terminal.surface import PictureSurface

PANEL = 20


@pytest.fixture
def terminal() -> Iterator[FakeTerminal]:
    with FakeTerminal(program("shown")) as shown:
        shown.wait_for("ready")
        shown.settle()
        yield shown


def nudged(shown: CellPicture) -> CellPicture:
    for x, y in NUDGED:
        shown = shown.changed(x, y, GREEN)
    return shown


def shows(terminal: FakeTerminal, expected: CellPicture, left: int = 0, top: int = 0) -> bool:
    return terminal.cells(left, top, expected.columns, expected.rows) == expected.cells()


@pytest.mark.slow
def test_cells_are_written_alone_and_in_place(terminal: FakeTerminal) -> None:
    before = picture(80 - PANEL, 24)
    terminal.wait(lambda: shows(terminal, before))
    sent = len(terminal.sent)
    terminal.type("b")
    terminal.wait_for("wrote some")
    assert shows(terminal, nudged(before))
    # One row of the picture alone takes 2 kB.
    assert len(terminal.sent) - sent < 250


@pytest.mark.slow
def test_cells_stay_right_after_a_resize(terminal: FakeTerminal) -> None:
    terminal.resize((101, 31))
    terminal.wait(lambda: shows(terminal, picture(101 - PANEL, 31)))
    terminal.settle()
    terminal.type("b")
    terminal.wait_for("wrote some")
    assert shows(terminal, nudged(picture(101 - PANEL, 31)))


@pytest.mark.slow
def test_small_picture_is_centered_with_cells_in_place(terminal: FakeTerminal) -> None:
    small = picture(80 - PANEL - 5, 24 - 4, seed=3)
    terminal.type("s")
    terminal.wait_for("small")
    terminal.wait(lambda: shows(terminal, small, 2, 2))
    terminal.type("b")
    terminal.wait_for("wrote some")
    assert shows(terminal, nudged(small), 2, 2)


@pytest.mark.parametrize(("key", "over"), [("t", "toast"), ("m", "over")], ids=["toast", "screen"])
@pytest.mark.slow
def test_what_lies_over_the_picture_is_not_written_into(terminal: FakeTerminal, key: str, over: str) -> None:
    terminal.type(key)
    terminal.wait_for(over)
    terminal.settle()
    terminal.type("b")
    terminal.wait_for("wrote none")
    terminal.settle()
    assert over in "\n".join(terminal.screen.display)


@pytest.mark.slow
def test_cells_are_written_as_one_update_where_the_terminal_knows_such() -> None:
    with FakeTerminal(program("shown"), answers={"\x1b[?2026$p": "\x1b[?2026;2$y"}) as terminal:
        terminal.wait_for("ready")
        terminal.settle()
        sent = len(terminal.sent)
        terminal.type("b")
        terminal.wait_for("wrote some")
        terminal.settle()
        assert re.match(r"\x1b\[\?2026h\x1b\[3;4H[^h]*\x1b\[\?2026l", terminal.sent[sent:])
        terminal.type("q")
        terminal.end()
        assert terminal.modes()["2026"] is False


@pytest.mark.asyncio
async def test_without_a_terminal_the_widget_is_painted_instead() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("b")
        await pilot.pause()
        surface = app.query_one(PictureSurface)
        assert str(app.query_one("#panel").render()) == "wrote none"
        x, y = NUDGED[0]
        style = next(iter(surface.render_line(y).crop(x, x + 1))).style
        assert style is not None
        assert style.color is not None
        assert style.color.triplet == GREEN


@pytest.mark.asyncio
async def test_screenshot_shows_the_picture() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        image = app.export_screenshot()
    up, _ = picture(60, 24).colors(0, 0)
    assert f"#{bytes(up).hex()}" in image


@pytest.mark.asyncio
async def test_without_a_picture_the_widget_is_blank() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        surface = app.query_one(PictureSurface)
        surface.show(None)
        await pilot.pause()
        assert surface.render_line(3).text == " " * 60
        assert surface.picture_region.area == 0
