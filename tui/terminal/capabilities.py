"""What a terminal can show: rules that weigh what was asked for, the environment, and its own answers."""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from tui.frame.depth import ColorDepth
from tui.terminal.answers import Answers


class Graphics(enum.StrEnum):
    """How a picture is drawn."""

    HALFBLOCK = "halfblock"
    SIXEL = "sixel"
    KITTY = "kitty"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is shown, and how.

    `cell_size` is (width, height) in pixels and `name` what the terminal calls itself; both are unknown
    (None, empty) where it was not asked or did not say. `multiplexer` is `tmux`, `screen` or empty: behind
    one, the time of an answer says nothing of the line. `round_trip_s` is how long the first answers took.
    """

    colors: ColorDepth
    graphics: Graphics
    cell_size: tuple[int, int] | None = None
    name: str = ""
    multiplexer: str = ""
    round_trip_s: float | None = None

    def tell(self, environ: MutableMapping[str, str]) -> None:
        """Have apps that are made from now on use the same colors, whether Textual is imported yet or not."""
        environ.pop("NO_COLOR", None)
        environ.pop("TEXTUAL_COLOR_SYSTEM", None)
        if self.colors is ColorDepth.NONE:
            environ["NO_COLOR"] = "1"
            return
        name = environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL_NAMES[self.colors]
        # The variable is read once, while this module is imported.
        if (constants := sys.modules.get("textual.constants")) is not None:
            constants.COLOR_SYSTEM = name  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for, and what the program could do.

    `colors` and `graphics` override all else, also NO_COLOR. `drawable` are the ways that the program can
    draw a picture, the best one first.
    """

    colors: ColorDepth | None = None
    graphics: Graphics | None = None
    drawable: tuple[Graphics, ...] = (Graphics.HALFBLOCK,)


_TEXTUAL_NAMES = {ColorDepth.TRUECOLOR: "truecolor", ColorDepth.PALETTE_256: "256", ColorDepth.ANSI_16: "standard"}

# Those that say what they are in TERM, or answer XTVERSION, and have had 24-bit colors from the beginning.
_TRUECOLOR_TERMS = ("xterm-kitty", "xterm-ghostty", "foot", "foot-extra", "alacritty", "wezterm", "contour")
_TRUECOLOR_NAMES = ("kitty", "foot", "WezTerm", "iTerm2", "ghostty", "Konsole", "contour", "Windows Terminal", "VTE")
# These show what they do not understand, or have but sixteen colors: they are not asked.
_PLAIN_TERMS = ("", "dumb", "linux", "ansi", "cons25", "cygwin", "emacs", "unknown")

NO_ANSWERS = Answers()
NO_WISHES = Wishes()
_EVERYTHING = Answers(complete=True, truecolor=True, kitty=True, sixel=True)


def decide(
    environ: Mapping[str, str],
    answers: Answers = NO_ANSWERS,
    wishes: Wishes = NO_WISHES,
    round_trip_s: float | None = None,
) -> Capabilities:
    """Decide what to show.

    Where nothing was wished for, the first drawable way of drawing that the terminal has is taken; in tmux
    and screen that is half-blocks, as other pictures blink there or are lost.

    Args:
        environ: the environment: NO_COLOR, COLORTERM, TERM, TMUX and STY count.
        answers: what the terminal said, if it was asked.
        wishes: what was asked for on the command line.
        round_trip_s: how long the answers took.
    """
    multiplexer = _multiplexer(environ, answers)
    return Capabilities(
        colors=wishes.colors or _colors(environ, answers, multiplexer),
        graphics=wishes.graphics or _graphics(environ, answers, multiplexer, wishes.drawable),
        cell_size=answers.cell_size,
        name=answers.name,
        multiplexer=multiplexer,
        round_trip_s=round_trip_s,
    )


def must_ask(environ: Mapping[str, str], wishes: Wishes = NO_WISHES) -> bool:
    """Say whether a decision hangs on anything that only the terminal can tell; see `decide`."""
    without, with_all = (decide(environ, answers, wishes) for answers in (NO_ANSWERS, _EVERYTHING))
    return (without.colors, without.graphics) != (with_all.colors, with_all.graphics)


def _multiplexer(environ: Mapping[str, str], answers: Answers) -> str:
    term = environ.get("TERM", "")
    # Over SSH only TERM is left of the environment, and tmux may go by the name of screen there; of one
    # inside the other the variables of both are left.
    if term.startswith("tmux") or answers.name.startswith("tmux"):
        return "tmux"
    if environ.get("STY"):
        return "screen"
    if environ.get("TMUX"):
        return "tmux"
    return "screen" if term.startswith("screen") else ""


def _colors(environ: Mapping[str, str], answers: Answers, multiplexer: str) -> ColorDepth:
    term = environ.get("TERM", "").lower()
    if environ.get("NO_COLOR"):
        return ColorDepth.NONE
    if _is_plain(term):
        return ColorDepth.ANSI_16
    # tmux takes 24-bit colors always, and gives its own terminal what that one can show.
    if multiplexer == "tmux" or _says_truecolor(environ, term, multiplexer):
        return ColorDepth.TRUECOLOR
    if answers.truecolor or answers.name.startswith(_TRUECOLOR_NAMES):
        return ColorDepth.TRUECOLOR
    # screen has 256 colors under every name, and gives its own terminal what that one can show.
    return ColorDepth.PALETTE_256 if "256color" in term or multiplexer else ColorDepth.ANSI_16


def _says_truecolor(environ: Mapping[str, str], term: str, multiplexer: str) -> bool:
    if term in _TRUECOLOR_TERMS or term.endswith(("-direct", "-truecolor")):
        return True
    # In screen the variable is left over from the terminal outside, of which screen passes on 256 colors.
    return multiplexer != "screen" and environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")


def _graphics(environ: Mapping[str, str], answers: Answers, multiplexer: str, drawable: Sequence[Graphics]) -> Graphics:
    if multiplexer or _is_plain(environ.get("TERM", "").lower()):
        return Graphics.HALFBLOCK
    has = {Graphics.KITTY: answers.kitty, Graphics.SIXEL: answers.sixel}
    return next((way for way in drawable if has.get(way, True)), Graphics.HALFBLOCK)


def _is_plain(term: str) -> bool:
    return term in _PLAIN_TERMS or term.startswith("vt")
