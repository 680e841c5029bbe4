"""What `detect` prints: pictures with several boxes, and lines where there is no terminal."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from drawn_folders import SIZE, draw
from rich.console import Console

from annot_core.detector.decoding import Detection
from annot_core.detector.detecting import FoundIn
from annot_core.geometry import Box
from tui.cli import main
from tui.plain.detecting import COLORS, MARKS, print_found

BOXES = (Detection(Box(4, 4, 30, 30), 0, 0.91), Detection(Box(34, 6, 60, 40), 1, 0.5))
CLASSES = ("nut", "[b]bolt")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return draw(tmp_path / "a b.png", "dark")


def printed(*found: FoundIn, terminal: bool, colors: bool = True, width: int | None = None) -> tuple[str, int]:
    file = io.StringIO()
    system = "truecolor" if colors else None
    console = Console(
        file=file, width=80, height=60, force_terminal=terminal, color_system=system, legacy_windows=False
    )
    failed = print_found(console, found, width=width)
    return file.getvalue(), failed


def test_a_pipe_gets_a_line_for_each_box_and_no_picture(image: Path) -> None:
    nothing = FoundIn(image.with_name("c.png"), SIZE, (), CLASSES)
    text, failed = printed(FoundIn(image, SIZE, BOXES, CLASSES), nothing, terminal=False)
    assert text.splitlines() == [
        f"{image}  nut 0.91  box 4 4 30 30",
        f"{image}  [b]bolt 0.50  box 34 6 60 40",
        f"{nothing.path}  nothing found",
    ]
    assert failed == 0


def test_an_image_that_cannot_be_read_is_told_and_counted(image: Path) -> None:
    broken = FoundIn(image.with_name("x\x1b[31m.png"), (0, 0), (), CLASSES, "the file is gone")
    text, failed = printed(broken, FoundIn(image, SIZE, BOXES, CLASSES), terminal=False)
    assert text.splitlines()[0].endswith("x\ufffd[31m.png  the file is gone")
    assert len(text.splitlines()) == 3
    assert failed == 1


def test_boxes_have_a_color_each_which_their_lines_share(image: Path) -> None:
    text, _ = printed(FoundIn(image, SIZE, BOXES, CLASSES), terminal=True)
    for color, words in zip(COLORS, ("1 nut 0.91", "2 [b]bolt 0.50"), strict=False):
        code = "38;2;" + ";".join(map(str, color))
        assert text.count(code) > 1
        line = next(line for line in text.splitlines() if words in line)
        assert code in line
    assert "a b.png  64 x 48" in text


def test_without_colors_boxes_are_drawn_with_their_numbers(image: Path) -> None:
    text, _ = printed(FoundIn(image, SIZE, BOXES, CLASSES), terminal=True, colors=False)
    lines = text.splitlines()
    assert lines[2][4:30] == "1" * 26
    assert lines[3][34:60] == "2" * 26


def test_the_best_lies_on_top_and_further_ones_share_a_mark(image: Path) -> None:
    many = tuple(Detection(Box(4, 4, 30, 30), 0, score) for score in np.linspace(0.9, 0.3, 14))
    text, _ = printed(FoundIn(image, SIZE, many, CLASSES), terminal=True, colors=False)
    assert text.splitlines()[2][4:30] == "1" * 26
    assert sum(line.startswith(f"  {MARKS[-1]} nut") for line in text.splitlines()) == 5


def test_a_picture_is_as_wide_as_wanted(image: Path) -> None:
    text, _ = printed(FoundIn(image, SIZE, BOXES, CLASSES), terminal=True, colors=False, width=20)
    assert len(text.splitlines()[0]) == 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.keras", "{image}"], "expected a detector's file"),
        (["{image}", "{image}"], "expected a detector that"),
        (["nowhere.keras"], "Missing argument"),
    ],
    ids=["no file", "no detector", "no image"],
)
def test_what_cannot_be_used_is_told(image: Path, words: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["detect", *(word.format(image=image) for word in words)])
    assert result.exit_code == 2
    assert message in result.stderr
