from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from annot_core.annotating import Annotated
from annot_core.evaluation import Evaluation, GroupScores, Score
from annot_core.export import ExportReport, ExportSummary
from annot_core.records import Failure, Skipped
from annot_core.session import Counts
from tui.plain.summary import MOST_LISTED, print_annotated, print_evaluation, print_export

SCORE = Score(0.6543, (1.0, 0.876, 0.0))
GROUP = GroupScores(1234, SCORE, SCORE, SCORE, SCORE)
NOTHING = dict.fromkeys(Counts.__dataclass_fields__, 0)


def printed(show: Any, value: Any, width: int = 80) -> str:
    file = io.StringIO()
    show(Console(file=file, width=width, highlight=False, markup=False, emoji=False), value)
    return file.getvalue()


@pytest.mark.parametrize(
    "name",
    ["nut", "a class with a name that is long " * 3, "猫" * 50, "[red]x[/red]", "two\nlines"],
    ids=["short", "long", "wide", "markup", "break"],
)
def test_table_fits_in_80_columns_with_a_line_for_each_row(name: str) -> None:
    text = printed(print_evaluation, Evaluation(GROUP, {name: GROUP}, 0))
    lines = [line for line in text.splitlines() if line.strip()]
    assert max(map(cell_len, lines)) <= 96
    table = lines[:-1]
    assert max(map(cell_len, table)) <= 80
    assert [sum(title in line for line in table) for title in ("first box", "best candidate", "whole image")] == [2] * 3
    assert len(table) == 2 + 2 * 4


def test_table_shows_the_figures() -> None:
    lines = printed(print_evaluation, Evaluation(GROUP, {"nut": GROUP}, 7)).splitlines()
    first = next(line for line in lines if "nut" in line)
    assert first.split() == ["nut", "1234", "first", "box", "0.654", "100%", "88%", "0%"]
    assert lines[-1] == "7 images without a true box not counted"


def test_markup_in_a_class_is_only_text() -> None:
    assert "[red]x[/red]" in printed(print_evaluation, Evaluation(GROUP, {"[red]x[/red]": GROUP}, 0))


def annotated(**changes: Any) -> Annotated:
    counts = Counts(**(NOTHING | {"images": 5, "proposed": 3, "kept": 2, "no_evidence": 1, "undecided": 2}))
    voc = ExportReport("voc", 5, 2, 2, ("Annotations/", "labelmap.txt"))
    export = ExportSummary(Path("out"), ("nut",), 9, 2, 2, (voc,), (), {"train": 2, "val": 0})
    fields: dict[str, Any] = {
        "output": Path("out"),
        "counts": counts,
        "timings_s": {},
        "skipped": (),
        "failures": (),
        "problems": (),
        "export": export,
    }
    return Annotated(**(fields | changes))


def test_summary_says_what_was_written_and_what_waits() -> None:
    assert printed(print_annotated, annotated()).splitlines() == [
        "2 boxes on 2 images, 1 class, 9 files in out",
        "  2 train, 0 val",
        "  JPEGImages/ classes.txt Annotations/ labelmap.txt",
        "1 image shows no evidence for the class, and so no box",
        "2 images are undecided and wait for review",
    ]


def test_summary_gives_the_reason_of_all_that_is_left_out() -> None:
    result = annotated(
        skipped=(Skipped("a/notes.txt", "not an image"),),
        failures=(Failure("a/bad.jpg", "read", "0 bytes"),),
        problems=(Failure("a/gone.jpg", "export", "the file is gone"),),
    )
    assert printed(print_annotated, result).splitlines()[5:] == [
        "1 skipped:",
        "  a/notes.txt: not an image",
        "1 failed:",
        "  a/bad.jpg: read: 0 bytes",
        "1 not written:",
        "  a/gone.jpg: the file is gone",
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    skipped = tuple(Skipped(f"a/{number}.txt", "not an image") for number in range(MOST_LISTED + 3))
    lines = printed(print_annotated, annotated(skipped=skipped)).splitlines()
    assert len(lines) == 5 + 1 + MOST_LISTED + 1
    assert lines[-1] == "  and 3 more; --report FILE lists all"


def test_an_export_tells_what_it_left_out_and_which_files_it_left_behind() -> None:
    problems = (Failure("a/gone.jpg", "export", "the file is gone"),)
    export = ExportSummary(Path("out"), ("nut",), 9, 2, 2, (), problems, {"train": 2, "val": 0}, ("yolo", "csv"))
    assert printed(print_export, export).splitlines()[3:] == [
        "warning: yolo, csv: from an earlier export and out of date; write anew with --format yolo,csv",
        "1 not written:",
        "  a/gone.jpg: the file is gone",
    ]
