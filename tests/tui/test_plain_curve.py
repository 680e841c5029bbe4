"""What `curve` prints."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from annot_core.curve.points import Point
from annot_core.curve.run import Curve
from annot_core.curve.verdict import Verdict
from tui.cli import main
from tui.commands.detector import DEFAULT_SIZES
from tui.options import read_sizes
from tui.plain.curve import PLOT_ROWS, plot, print_curve

POINTS = tuple(
    Point(images, "key", loss, share, share - 0.1, {"bolt": share - 0.02, "nut": share + 0.02})
    for images, loss, share in [(100, 7.847, 0.3), (500, 7.041, 0.5), (1000, 6.608, 0.7), (2500, 6.716, 0.71)]
)
CURVE = Curve(POINTS, Verdict.FLAT, 14, Path("out/curve/curve.png"), Path("out/curve/detector-2500.keras"))


def printed(curve: Curve, *, terminal: bool, width: int = 80) -> str:
    file = io.StringIO()
    print_curve(Console(file=file, width=width, force_terminal=terminal, color_system=None), curve)
    return file.getvalue()


def test_the_table_has_a_row_for_each_size_and_the_verdict_ends_it() -> None:
    text = printed(CURVE, terminal=False)
    rows = [line.split() for line in text.splitlines()]
    assert ["100", "7.847", "0.300", "0.200", "0.280", "0.320"] in rows
    assert ["2500", "6.716", "0.710", "0.610", "0.690", "0.730"] in rows
    assert text.endswith("verdict: flat\n")
    for words in ("14 images held out", "out/curve/curve.png", "out/curve/detector-2500.keras"):
        assert words in text


def test_a_terminal_gets_a_plot_that_fits_and_a_pipe_none() -> None:
    text = printed(CURVE, terminal=True)
    assert "validation loss" in text
    assert max(map(len, text.splitlines()[:25])) <= 80
    assert "validation loss" not in printed(CURVE, terminal=False)
    assert "validation loss" not in printed(
        Curve(POINTS[:1], Verdict.UNKNOWN, 14, CURVE.plot, CURVE.model), terminal=True
    )


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_the_plot_has_the_sizes_below_and_a_falling_line(columns: int) -> None:
    lines = plot(POINTS, columns).plain.splitlines()
    assert len(lines) == PLOT_ROWS
    assert max(map(len, lines)) <= columns
    assert lines[-1].split()[:2] == ["100", "500"]
    half = [line[: columns // 2] for line in lines[2:-2]]
    drawn = [(y, x) for y, line in enumerate(half) for x, each in enumerate(line) if "\u2800" < each <= "\u28ff"]
    first, last = min(drawn, key=lambda one: one[1]), max(drawn, key=lambda one: one[1])
    assert first[0] < last[0]


def test_a_second_plot_knows_nothing_of_the_first() -> None:
    assert plot(POINTS, 80).plain == plot(POINTS, 80).plain


@pytest.mark.parametrize("text", ["", "100,", "100;500", "0", "-5", "1.5", "many"])
def test_sizes_that_are_none_are_told(text: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["curve", str(tmp_path), "--sizes", text])
    assert result.exit_code == 2
    assert "expected numbers of images, as in 100,500,1000" in result.stderr


def test_the_usual_sizes_are_those_of_the_library() -> None:
    from annot_core.curve import run

    assert read_sizes(None, None, DEFAULT_SIZES) == run.DEFAULT_SIZES  # type: ignore[arg-type]
