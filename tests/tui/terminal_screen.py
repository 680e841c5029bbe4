"""What a terminal (pyte) shows after it was sent frames, as pixels."""

from __future__ import annotations

import numpy as np
import pyte

from tui.frame.halfblocks import Frame, Span

MOVE = "\x1b[{};{}H"


def screen_for(frame: Frame) -> pyte.Screen:
    screen = pyte.Screen(frame.columns, frame.rows)
    screen.reset_mode(pyte.modes.DECAWM)
    return screen


def send(screen: pyte.Screen, text: str) -> None:
    pyte.Stream(screen).feed(text)


def text_of_rows(frame: Frame) -> str:
    return "".join(MOVE.format(y + 1, 1) + frame.row(y) for y in range(frame.rows))


def text_of_spans(frame: Frame, spans: tuple[Span, ...]) -> str:
    return "".join(MOVE.format(y + 1, x0 + 1) + frame.part(y, x0, x1) for y, x0, x1 in spans)


def pixels_of(screen: pyte.Screen) -> np.ndarray:
    """Return the colors of the upper and lower half of every cell; (-1, -1, -1) is the terminal's own background."""
    pixels = np.full((2 * screen.lines, screen.columns, 3), -1)
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            ink, paper = _rgb(cell.fg), _rgb(cell.bg)
            halves = {" ": (paper, paper), "█": (ink, ink), "▀": (ink, paper), "▄": (paper, ink)}
            pixels[2 * y : 2 * y + 2, x] = halves[cell.data]
    return pixels


def characters_of(screen: pyte.Screen) -> list[str]:
    return list(screen.display)


def _rgb(color: str) -> tuple[int, int, int]:
    if color == "default":
        return (-1, -1, -1)
    return tuple(bytes.fromhex(color))
