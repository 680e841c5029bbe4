from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from cell_pictures import BLOCK, CellPicture, picture
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from terminal_screen import pixels_of, screen_for, send
from textual.color import Color
from textual.filter import Monochrome
from textual.strip import Strip

from tui.frame.halfblocks import encode
from tui.terminal.strips import Framed, PictureStrip

COLUMNS = 8
CONSOLE = Console(color_system="truecolor", force_terminal=True, legacy_windows=False)
GRAY = (40, 40, 40)


class Watched(CellPicture):
    """A picture that counts how often real segments were asked for."""

    asked = 0

    def segments(self, y: int) -> list[tuple[str, tuple[int, int, int] | None, tuple[int, int, int] | None]]:
        self.asked += 1
        return super().segments(y)


@pytest.fixture
def watched() -> Watched:
    return Watched(picture(COLUMNS, 2).pixels)


def plain(strip: Strip) -> Strip:
    """The same as Textual's own strip."""
    return Strip(list(strip), strip.cell_length)


def test_whole_row_is_given_as_it_is_encoded(watched: Watched) -> None:
    strip = PictureStrip(watched, 1)
    assert strip.render(CONSOLE) == watched.row(1)
    assert (strip.cell_length, strip.cell_count, bool(strip)) == (COLUMNS, COLUMNS, True)
    assert watched.asked == 0


def test_what_covers_the_whole_is_the_strip_itself(watched: Watched) -> None:
    strip = PictureStrip(watched, 0)
    assert strip.crop(0) is strip
    assert strip.crop(-3, COLUMNS + 9) is strip
    assert strip.divide([COLUMNS]) == [strip]
    assert strip.divide([COLUMNS])[0] is strip
    assert strip.crop_extend(0, COLUMNS, None) is strip
    assert strip.adjust_cell_length(COLUMNS) is strip
    assert watched.asked == 0


def test_piece_is_given_as_the_picture_encodes_it(watched: Watched) -> None:
    piece = PictureStrip(watched, 1).crop(2, 7).crop(1, 3)
    assert isinstance(piece, PictureStrip)
    assert piece.render(CONSOLE) == watched.part(1, 3, 5)
    assert watched.asked == 0


@given(st.integers(-2, COLUMNS + 2), st.none() | st.integers(-2, COLUMNS + 2))
def test_cropping_agrees_with_a_plain_strip(start: int, end: int | None) -> None:
    strip = PictureStrip(picture(COLUMNS, 1), 0)
    ours, theirs = strip.crop(start, end), plain(strip).crop(start, end)
    assert list(ours) == list(theirs)
    assert ours.cell_length == theirs.cell_length


@given(st.lists(st.integers(0, COLUMNS + 2), unique=True).map(sorted))
def test_dividing_agrees_with_a_plain_strip(cuts: list[int]) -> None:
    strip = PictureStrip(picture(COLUMNS, 1), 0)
    ours, theirs = strip.divide(cuts), plain(strip).divide(cuts)
    assert [piece.cell_length for piece in ours] == [piece.cell_length for piece in theirs]
    assert [list(piece) for piece in ours] == [list(piece) for piece in theirs]


@pytest.mark.parametrize(
    "change",
    [
        lambda strip: strip.apply_style(Style(bold=True)),
        lambda strip: strip.apply_meta({"a": 1}),
        lambda strip: strip.apply_filter(Monochrome(), Color(0, 0, 0)),
        lambda strip: strip.apply_offsets(3, 4),
        lambda strip: strip.simplify(),
        lambda strip: strip.discard_meta(),
        lambda strip: strip.extend_cell_length(COLUMNS + 3),
        lambda strip: strip.adjust_cell_length(COLUMNS - 3),
        lambda strip: strip.crop_extend(2, COLUMNS + 2, Style(dim=True)),
        lambda strip: strip.crop_pad(COLUMNS, 1, 2, Style(dim=True)),
        lambda strip: strip.text_align(COLUMNS + 4, "center"),
        lambda strip: strip.style_links("x", Style(bold=True)),
        lambda strip: strip[1:4],
        lambda strip: Strip.join([strip, None, Strip([Segment("x")])]),
        lambda strip: strip + strip,
        lambda strip: next(iter(Strip.align([strip], Style(), COLUMNS + 2, 1, "right", "top"))),
    ],
    ids=[
        *("style", "meta", "filter", "offsets", "simplify", "no-meta", "extend", "shrink", "crop-extend", "crop-pad"),
        *("align", "links", "slice", "join", "add", "align-many"),
    ],
)
def test_every_change_agrees_with_a_plain_strip(change: Callable[[Strip], Strip]) -> None:
    strip = PictureStrip(picture(COLUMNS, 1), 0)
    ours, theirs = change(strip), change(plain(strip))
    assert list(ours) == list(theirs)
    assert ours.cell_length == theirs.cell_length


def test_segments_render_to_the_same_cells(watched: Watched) -> None:
    strip = PictureStrip(watched, 0)
    assert plain(strip).render(CONSOLE).count(BLOCK) == strip.render(CONSOLE).count(BLOCK) == COLUMNS
    assert strip.text == BLOCK * COLUMNS
    assert len(strip) == COLUMNS
    assert strip == plain(strip)
    assert strip != PictureStrip(watched, 1)


@given(st.integers(0, 9), st.lists(st.integers(1, COLUMNS), unique=True).map(sorted))
def test_pieces_of_a_real_frame_show_what_the_whole_shows(seed: int, cuts: list[int]) -> None:
    # Few colors, so that cells are alike and runs are cut.
    grid = np.random.default_rng(seed).choice(np.array([0, 200], np.uint8), (2, COLUMNS, 1)).repeat(3, axis=2)
    frame = encode(grid)
    strip = PictureStrip(frame, 0)
    pieces = "".join(piece.render(CONSOLE) for piece in strip.divide([*cuts, COLUMNS]))
    shown = []
    for text in (frame.row(0), pieces, plain(strip).render(CONSOLE)):
        screen = screen_for(frame)
        send(screen, text)
        shown.append(pixels_of(screen).tolist())
    assert shown == [grid.astype(int).tolist()] * 3


def blank(cells: int) -> str:
    return "." * cells


def framed(columns: int = COLUMNS) -> tuple[CellPicture, Framed]:
    source = picture(columns, 1)
    return source, Framed(source, 2, columns + 5, GRAY, blank)


def test_margins_lie_around_the_picture() -> None:
    source, frame = framed()
    assert (frame.columns, frame.rows) == (COLUMNS + 5, 1)
    assert frame.row(0) == f"..{source.row(0)}..."
    assert [text for text, _, _ in frame.segments(0)] == ["  ", *BLOCK * COLUMNS, "   "]
    assert frame.segments(0)[0] == ("  ", None, GRAY)


@pytest.mark.parametrize(
    ("x0", "x1", "expected"),
    [
        (0, 2, ".."),
        (0, 1, "."),
        (1, 4, ".[0,2]"),
        (3, 5, "[1,3]"),
        (9, 12, "[7,8].."),
        (11, 13, ".."),
        (1, 12, ".[0,8].."),
    ],
)
def test_part_of_picture_and_margins(x0: int, x1: int, expected: str) -> None:
    source, frame = framed()
    for begin in range(COLUMNS):
        for end in range(begin + 1, COLUMNS + 1):
            expected = expected.replace(f"[{begin},{end}]", source.part(0, begin, end))
    assert frame.part(0, x0, x1) == expected


@given(st.integers(0, COLUMNS + 5), st.integers(0, COLUMNS + 5))
def test_framed_strip_agrees_with_a_plain_one(start: int, end: int) -> None:
    strip = PictureStrip(framed()[1], 0)
    assert list(strip.crop(start, end)) == list(plain(strip).crop(start, end))
