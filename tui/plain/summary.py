"""What a run or an evaluation came to, in words and tables."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from annot_core.annotating import Annotated
from annot_core.augment.job import Augmented
from annot_core.evaluation import THRESHOLDS, Evaluation, GroupScores, Score
from annot_core.export import ExportSummary
from tui.text import printable

MOST_LISTED = 20
WIDEST_CLASS = 20


def print_annotated(console: Console, result: Annotated) -> None:
    """Print what a run wrote, what waits for a person, and what failed and why."""
    counts, export = result.counts, result.export
    if export is not None:
        _print_written(console, export)
    if counts.no_evidence:
        images = _count(counts.no_evidence, "image shows", "images show")
        _say(console, f"{images} no evidence for the class, and so no box")
    if counts.undecided:
        images = _count(counts.undecided, "image is undecided and waits", "images are undecided and wait")
        _say(console, f"{images} for review")
    _print_reasons(console, "skipped", [(one.source, one.reason) for one in result.skipped])
    _print_reasons(console, "failed", [(one.source, f"{one.stage}: {one.reason}") for one in result.failures])
    _print_reasons(console, "not written", [(one.source, one.reason) for one in result.problems])


def print_export(console: Console, export: ExportSummary) -> None:
    """Print what was written, where, and what was left out and why."""
    _print_written(console, export)
    _print_reasons(console, "not written", [(one.source, one.reason) for one in export.problems])


def print_augmented(console: Console, result: Augmented) -> None:
    """Print how many augmented images there are of each class, what was left out and why, and what was written."""
    classes = ", ".join(f"{number} {printable(name)}" for name, number in sorted(result.classes.items()))
    if classes:
        _say(console, f"{_count(result.images, 'augmented image')}, {result.made} of them new: {classes}")
    if result.left_out:
        images = _count(result.left_out, "augmented image was", "augmented images were")
        _say(console, f"{images} left out: no box with a score that is high enough; lower --min-score")
    _print_reasons(console, "failed", [(one.source, f"{one.stage}: {one.reason}") for one in result.failures])
    if result.export is not None:
        print_export(console, result.export)


def outdated_line(export: ExportSummary) -> str:
    """Say which formats of an earlier export tell something else now; empty where none does."""
    if not export.outdated:
        return ""
    names = ", ".join(export.outdated)
    return f"{names}: from an earlier export and out of date; write anew with --format {','.join(export.outdated)}"


def _print_written(console: Console, export: ExportSummary) -> None:
    boxes, images = _count(export.boxes, "box", "boxes"), _count(export.images, "image")
    classes, files = _count(len(export.labels), "class", "classes"), _count(export.files, "file")
    _say(console, f"{boxes} on {images}, {classes}, {files} in {printable(str(export.folder))}")
    _say(console, "  " + ", ".join(f"{number} {name}" for name, number in export.sets.items()))
    _say(console, "  " + " ".join(export.places))
    if outdated := outdated_line(export):
        console.print(Text(f"warning: {outdated}", style="yellow"), soft_wrap=True)


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """Print how well boxes agree with true ones, per class and in all, beside two baselines.

    The table fits in 80 columns, whatever the classes are called.
    """
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("class", no_wrap=True, overflow="ellipsis", max_width=WIDEST_CLASS)
    table.add_column("images", justify="right", no_wrap=True)
    table.add_column("box", no_wrap=True)
    table.add_column("IoU", justify="right", no_wrap=True)
    for threshold in THRESHOLDS:
        table.add_column(f">={threshold:g}".replace("0.", "."), justify="right", no_wrap=True)
    for name, group in evaluation.classes.items():
        _add_group(table, printable(name), group)
    _add_group(table, "all", evaluation.overall)
    console.print(table)
    _say(console, "IoU: mean intersection over union with the true box; >=.5: share of images with at least that")
    if evaluation.without_truth:
        _say(console, f"{_count(evaluation.without_truth, 'image')} without a true box not counted")


def _add_group(table: Table, name: str, group: GroupScores) -> None:
    rows = (
        ("first box", group.first),
        ("best candidate", group.best),
        ("whole image", group.whole),
        ("centered 80 %", group.centered),
    )
    for number, (title, score) in enumerate(rows):
        head = (Text(name), str(group.n)) if number == 0 else ("", "")
        table.add_row(*head, title, *_figures(score), end_section=number == len(rows) - 1)


def _figures(score: Score) -> list[str]:
    return [f"{score.mean_iou:.3f}", *(f"{share:.0%}" for share in score.shares)]


def _print_reasons(console: Console, title: str, listed: list[tuple[str, str]]) -> None:
    if not listed:
        return
    _say(console, f"{len(listed)} {title}:")
    for source, reason in listed[:MOST_LISTED]:
        _say(console, f"  {printable(source)}: {printable(reason)}")
    if len(listed) > MOST_LISTED:
        _say(console, f"  and {len(listed) - MOST_LISTED} more; --report FILE lists all")


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
