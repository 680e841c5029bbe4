from __future__ import annotations

import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.frame.depth import ColorDepth
from tui.terminal.answers import Answers
from tui.terminal.capabilities import Capabilities, Graphics, Wishes, decide, must_ask

XTERM = {"TERM": "xterm-256color"}
RICH = Answers(complete=True, truecolor=True, kitty=True, sixel=True)
ALL = (Graphics.KITTY, Graphics.SIXEL, Graphics.HALFBLOCK)

ENVIRONMENTS = st.fixed_dictionaries(
    {},
    optional={
        "TERM": st.sampled_from(
            ["", "dumb", "linux", "xterm", "xterm-256color", "screen", "screen-256color", "tmux-256color", "foot"]
        ),
        "COLORTERM": st.sampled_from(["", "truecolor", "24bit", "yes"]),
        "NO_COLOR": st.sampled_from(["", "1"]),
        "TMUX": st.just("/tmp/tmux,1,0"),
        "STY": st.just("1.pts"),
    },
)
ANSWERS = st.builds(
    Answers,
    name=st.sampled_from(["", "XTerm(390)"]),
    truecolor=st.booleans(),
    kitty=st.booleans(),
    sixel=st.booleans(),
)
WISHES = st.builds(
    Wishes,
    colors=st.none() | st.sampled_from(ColorDepth),
    graphics=st.none() | st.sampled_from(Graphics),
    drawable=st.permutations(ALL).map(tuple),
)


@pytest.mark.parametrize(
    ("environ", "answers", "wish", "colors"),
    [
        (XTERM | {"NO_COLOR": "1", "COLORTERM": "truecolor"}, RICH, None, ColorDepth.NONE),
        (XTERM | {"NO_COLOR": ""}, RICH, None, ColorDepth.TRUECOLOR),
        (XTERM | {"NO_COLOR": "1"}, RICH, ColorDepth.PALETTE_256, ColorDepth.PALETTE_256),
        (XTERM | {"COLORTERM": "truecolor"}, Answers(), None, ColorDepth.TRUECOLOR),
        (XTERM | {"COLORTERM": "24bit"}, Answers(), None, ColorDepth.TRUECOLOR),
        (XTERM, Answers(truecolor=True), None, ColorDepth.TRUECOLOR),
        (XTERM, Answers(name="WezTerm 2024"), None, ColorDepth.TRUECOLOR),
        (XTERM, Answers(complete=True), None, ColorDepth.PALETTE_256),
        (XTERM, Answers(), None, ColorDepth.PALETTE_256),
        (XTERM, Answers(truecolor=True), ColorDepth.ANSI_16, ColorDepth.ANSI_16),
        ({"TERM": "xterm"}, Answers(), None, ColorDepth.ANSI_16),
        ({"TERM": "xterm-kitty"}, Answers(), None, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm-direct"}, Answers(), None, ColorDepth.TRUECOLOR),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, RICH, None, ColorDepth.ANSI_16),
        ({"TERM": "linux"}, Answers(), None, ColorDepth.ANSI_16),
        ({"TERM": "vt220"}, Answers(), None, ColorDepth.ANSI_16),
        ({}, Answers(), None, ColorDepth.ANSI_16),
        ({"TERM": "tmux-256color"}, Answers(), None, ColorDepth.TRUECOLOR),
        ({"TERM": "screen", "TMUX": "x"}, Answers(), None, ColorDepth.TRUECOLOR),
        ({"TERM": "screen-256color"}, Answers(name="tmux 3.3a"), None, ColorDepth.TRUECOLOR),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, Answers(), None, ColorDepth.PALETTE_256),
        ({"TERM": "screen", "STY": "x", "TMUX": "x"}, Answers(complete=True), None, ColorDepth.PALETTE_256),
    ],
)
def test_colors(environ: dict[str, str], answers: Answers, wish: ColorDepth | None, colors: ColorDepth) -> None:
    assert decide(environ, answers, Wishes(colors=wish)).colors is colors


@pytest.mark.parametrize(
    ("environ", "answers", "wishes", "graphics"),
    [
        (XTERM, RICH, Wishes(), Graphics.HALFBLOCK),
        (XTERM, RICH, Wishes(drawable=ALL), Graphics.KITTY),
        (XTERM, Answers(sixel=True), Wishes(drawable=ALL), Graphics.SIXEL),
        (XTERM, Answers(), Wishes(drawable=ALL), Graphics.HALFBLOCK),
        (XTERM, Answers(), Wishes(drawable=ALL[:2]), Graphics.HALFBLOCK),
        (XTERM, Answers(), Wishes(graphics=Graphics.SIXEL, drawable=ALL), Graphics.SIXEL),
        (XTERM | {"TMUX": "x"}, RICH, Wishes(drawable=ALL), Graphics.HALFBLOCK),
        (XTERM | {"STY": "x"}, RICH, Wishes(drawable=ALL), Graphics.HALFBLOCK),
        (XTERM | {"TMUX": "x"}, RICH, Wishes(graphics=Graphics.SIXEL), Graphics.SIXEL),
        ({"TERM": "dumb"}, RICH, Wishes(drawable=ALL), Graphics.HALFBLOCK),
    ],
)
def test_graphics(environ: dict[str, str], answers: Answers, wishes: Wishes, graphics: Graphics) -> None:
    assert decide(environ, answers, wishes).graphics is graphics


@pytest.mark.parametrize(
    ("environ", "answers", "multiplexer"),
    [
        (XTERM, Answers(), ""),
        (XTERM | {"TMUX": "x"}, Answers(), "tmux"),
        (XTERM, Answers(name="tmux 3.4"), "tmux"),
        ({"TERM": "tmux-256color"}, Answers(), "tmux"),
        ({"TERM": "screen.xterm-256color"}, Answers(), "screen"),
        (XTERM | {"STY": "x"}, Answers(), "screen"),
    ],
)
def test_multiplexer(environ: dict[str, str], answers: Answers, multiplexer: str) -> None:
    assert decide(environ, answers).multiplexer == multiplexer


@pytest.mark.parametrize(
    ("environ", "wishes", "asks"),
    [
        (XTERM, Wishes(), True),
        (XTERM | {"COLORTERM": "truecolor"}, Wishes(), False),
        (XTERM | {"COLORTERM": "truecolor"}, Wishes(drawable=ALL), True),
        (XTERM, Wishes(colors=ColorDepth.PALETTE_256), False),
        (XTERM | {"NO_COLOR": "1"}, Wishes(), False),
        (XTERM | {"TMUX": "x"}, Wishes(drawable=ALL), False),
        ({"TERM": "dumb"}, Wishes(drawable=ALL), False),
        ({"TERM": "screen-256color"}, Wishes(), True),
    ],
    ids=["colors", "known", "graphics", "wish", "no color", "tmux", "dumb", "screen, or tmux over SSH"],
)
def test_terminal_is_asked_only_if_something_hangs_on_it(environ: dict[str, str], wishes: Wishes, asks: bool) -> None:
    assert must_ask(environ, wishes) is asks


@given(ENVIRONMENTS, ANSWERS, WISHES)
def test_answers_change_nothing_where_they_are_not_asked_for(
    environ: dict[str, str], answers: Answers, wishes: Wishes
) -> None:
    before, after = decide(environ, wishes=wishes), decide(environ, answers, wishes)
    assert must_ask(environ, wishes) or (before.colors, before.graphics) == (after.colors, after.graphics)


@given(ENVIRONMENTS, ANSWERS, WISHES)
def test_wishes_are_law(environ: dict[str, str], answers: Answers, wishes: Wishes) -> None:
    decided = decide(environ, answers, wishes)
    assert wishes.colors in (None, decided.colors)
    assert wishes.graphics in (None, decided.graphics)


def test_the_rest_is_passed_on() -> None:
    decided = decide(XTERM, Answers(name="XTerm(390)", cell_size=(6, 13)), round_trip_s=0.04)
    assert (decided.name, decided.cell_size, decided.round_trip_s) == ("XTerm(390)", (6, 13), 0.04)


@pytest.mark.parametrize(
    ("colors", "environ"),
    [
        (ColorDepth.TRUECOLOR, {"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "truecolor"}),
        (ColorDepth.PALETTE_256, {"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}),
        (ColorDepth.ANSI_16, {"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "standard"}),
        (ColorDepth.NONE, {"TERM": "xterm", "NO_COLOR": "1"}),
    ],
)
def test_textual_is_told(colors: ColorDepth, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    constants = types.SimpleNamespace(COLOR_SYSTEM="auto")
    monkeypatch.setitem(sys.modules, "textual.constants", constants)
    told = {"TERM": "xterm", "NO_COLOR": "1", "TEXTUAL_COLOR_SYSTEM": "auto"}
    Capabilities(colors, Graphics.HALFBLOCK).tell(told)
    assert told == environ
    assert environ.get("TEXTUAL_COLOR_SYSTEM", "auto") == constants.COLOR_SYSTEM
