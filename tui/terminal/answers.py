"""What terminals answer when they are asked what they can do: the questions, and reading the answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tui.text import printable

# The last question is one that every terminal answers, and answers come in the order of the questions:
# once it is answered, nothing else will come.
QUESTION: Final = "".join(
    (
        "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",  # kitty: could this picture of one pixel be shown?
        "\x1b[>0q",  # XTVERSION: name and version
        "\x1b[16t",  # size of a cell in pixels
        "\x1b[48:2:1:2:3m\x1bP$qm\x1b\\\x1b[m",  # DECRQSS: is a 24-bit color kept as it is?
        "\x1bP+q524742\x1b\\",  # XTGETTCAP: RGB
        "\x1b[c",  # DA1
    )
)

# Whatever a terminal did not understand and showed instead is wiped off the line.
WIPE: Final = "\r\x1b[K"

_LONGEST_BODY = 4096
_BODY = rf"[^\x1b]{{0,{_LONGEST_BODY}}}"
_ANSWER = re.compile(
    r"\x1b\[\?[\d;]{0,80}c"
    r"|\x1b\[6;\d{1,5};\d{1,5}t"
    r"|\x1b\[\d{1,5};\d{1,5}R"
    rf"|\x1b(?:P(?:>\||[01][$+]r)|_G){_BODY}\x1b\\"
)
_BEGUN = re.compile(
    r"\x1b(?:\[(?:\??[\d;]{0,80})?"
    rf"|P(?:>(?:\|{_BODY}\x1b?)?|[01](?:[$+](?:r{_BODY}\x1b?)?)?)?"
    rf"|_(?:G{_BODY}\x1b?)?)?\Z"
)
_SURELY_BEGUN = re.compile(r"\x1b(?:P(?:>\||[01][$+]r)|_G)")

_POSITION = re.compile(r"\x1b\[(\d+);(\d+)R")
_ATTRIBUTES = re.compile(r"\x1b\[\?([\d;]*)c")
_CELL_SIZE = re.compile(r"\x1b\[6;(\d+);(\d+)t")
_NAME = re.compile(r"\x1bP>\|([^\x1b]*)\x1b\\")
# Some put the number of a color space, or nothing, between the 2 and the color; some write semicolons.
_COLOR_KEPT = re.compile(r"\x1bP1\$r[^\x1b]*48[:;]2[:;](?:\d*[:;])?1[:;]2[:;]3m\x1b\\")
_HAS_RGB = re.compile(r"\x1bP1\+r524742(?:=[^\x1b]*)?\x1b\\", re.IGNORECASE)
_KITTY_OK = re.compile(r"\x1b_Gi=31[^\x1b]*;OK\x1b\\")

_SIXEL = "4"
_LARGEST_CELL_PX = 512
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Answers:
    """What a terminal said of itself; what it said nothing of is False, empty or None.

    `complete` says that no further answer will come. `cell_size` is (width, height) in pixels.
    """

    complete: bool = False
    name: str = ""
    truecolor: bool = False
    kitty: bool = False
    sixel: bool = False
    cell_size: tuple[int, int] | None = None


class AnswerSplitter:
    """Parts what a terminal sends into its answers and what a person typed, however it is cut up."""

    def __init__(self) -> None:
        self._held = ""

    @property
    def held(self) -> str:
        """The end of what was fed, where that may be the beginning of an answer."""
        return self._held

    def feed(self, text: str) -> tuple[list[str], str]:
        """Return the answers that are whole by now, and all else but what is held, each in order."""
        text = self._held + text
        begun = _BEGUN.search(text)
        self._held = begun[0] if begun is not None else ""
        text = text[: len(text) - len(self._held)]
        return _ANSWER.findall(text), _ANSWER.sub("", text)

    def release(self) -> str:
        """Wait no longer for the rest of what is held; return it, unless only an answer begins like that."""
        held, self._held = self._held, ""
        return "" if _SURELY_BEGUN.match(held) else held


def read_answers(sequences: Iterable[str]) -> Answers:
    """Read a terminal's answers, in any order; what is none is passed over."""
    complete = truecolor = kitty = sixel = False
    name, cell_size = "", None
    for sequence in sequences:
        if found := _ATTRIBUTES.fullmatch(sequence):
            complete = True
            # The first number is a level of conformance, not a feature.
            sixel = _SIXEL in found[1].split(";")[1:]
        elif found := _CELL_SIZE.fullmatch(sequence):
            cell_size = _plausible((int(found[2]), int(found[1])))
        elif found := _NAME.fullmatch(sequence):
            name = printable(found[1].strip(), longest=_LONGEST_NAME)
        elif _COLOR_KEPT.fullmatch(sequence) or _HAS_RGB.fullmatch(sequence):
            truecolor = True
        elif _KITTY_OK.fullmatch(sequence):
            kitty = True
    return Answers(complete, name, truecolor, kitty, sixel, cell_size)


def read_position(sequence: str) -> tuple[int, int] | None:
    """Return the (column, row) that an answer says the cursor is at, counted from 1; None if it says none."""
    found = _POSITION.fullmatch(sequence)
    return None if found is None else (int(found[2]), int(found[1]))


def _plausible(size: tuple[int, int]) -> tuple[int, int] | None:
    return size if all(1 <= side <= _LARGEST_CELL_PX for side in size) else None
