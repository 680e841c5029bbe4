"""One frame at a time, through a real terminal and Textual's own painting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cell_pictures import picture
from terminal_programs import Gated
from terminals import FakeTerminal, program

from tui.terminal.surface import PictureSurface

QUESTION = "\x1b[6n"


@pytest.fixture(params=[True, False], ids=["answering", "silent"])
def terminal(request: pytest.FixtureRequest) -> Iterator[FakeTerminal]:
    with FakeTerminal(program("gated"), answers_position=request.param) as shown:
        shown.wait_for("ready")
        shown.settle()
        yield shown


def shows(terminal: FakeTerminal, seed: int) -> bool:
    return terminal.cells(0, 0, 60, 24) == picture(60, 24, seed).cells()


@pytest.mark.slow
def test_newest_frame_is_shown_whether_or_not_the_terminal_answers(terminal: FakeTerminal) -> None:
    terminal.type("oooooo")
    terminal.wait(lambda: shows(terminal, 6))
    terminal.type("q")
    assert terminal.end() == 7
    assert terminal.typed_and_not_read() == ""


@pytest.mark.parametrize("terminal", [True], indirect=True, ids=["answering"])
@pytest.mark.slow
def test_question_lies_behind_the_frame_whose_bytes_are_told(terminal: FakeTerminal) -> None:
    sent = len(terminal.sent)
    terminal.type("o")
    terminal.wait_for("arrived 1: ")
    begin = terminal.sent.index("\x1b[38;2;", sent)
    frame, question, _ = terminal.sent[begin:].partition(QUESTION)
    assert question
    told = int(terminal.screen.display[0].partition("arrived 1: ")[2].split()[0])
    assert abs(told - len(frame.encode())) < 50
    assert shows(terminal, 1)


@pytest.mark.parametrize("terminal", [True], indirect=True, ids=["answering"])
@pytest.mark.slow
def test_answers_become_no_keys(terminal: FakeTerminal) -> None:
    # A key that is F3 with shift in some terminals, mouse reports and an answer that nobody asked for come between.
    terminal.type("xo\x1b[<35;5;5My\x1b[2;3Rz\x1b[?62;4c1")
    terminal.wait_for("arrived 1: ")
    terminal.type("\x1b")
    terminal.settle()
    terminal.type("K")
    terminal.wait_for("keys:")
    terminal.settle()
    assert "keys: x o y z 1 escape K" in " ".join("\n".join(terminal.screen.display).replace("▀", "").split())


@pytest.mark.asyncio
async def test_without_a_terminal_every_frame_is_shown() -> None:
    app = Gated()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o", "o", "o")
        await pilot.pause()
        assert app.gate.is_open
        source = app.query_one(PictureSurface).source
        assert source is not None
        assert source.row(0) == picture(60, 24, seed=3).row(0)
        assert app.arrived == []
