"""What an import came to, for a person to read."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from annot_core.importing import Imported, ImportSummary, Outcome
from tui.text import printable

MOST_LISTED = 20

_TAKEN = {
    Outcome.SAME: "as decided before",
    Outcome.CONFIRMED: "confirmed, accepted automatically before",
    Outcome.KEPT: "kept with the box found here",
    Outcome.MOVED: "kept with another box",
    Outcome.RELABELLED: "kept with another class",
    Outcome.DROPPED: "dropped, since the box was removed",
    Outcome.UNANNOTATED: "left as they are, since nothing is said of them",
}


def print_import(console: Console, summary: ImportSummary, *, lists_all: bool = False) -> None:
    """Print how many images became what, and which were left as they are and why.

    Args:
        console: where to.
        summary: what the import came to.
        lists_all: list every image that there is something to say of, not only the first ones.
    """
    most = None if lists_all else MOST_LISTED
    _say(console, f"{_count(summary.images, 'image')} of format {summary.format} in {printable(str(summary.path))}")
    for outcome, words in _TAKEN.items():
        if outcome in summary.counts:
            _say(console, f"  {summary.counts[outcome]:,} {words}")
    if summary.untouched:
        _say(console, f"  {_count(summary.untouched, 'image')} of the session not in it, left as before")
    if summary.new_classes:
        names = ", ".join(printable(name) for name in summary.new_classes[:MOST_LISTED])
        _say(console, f"{_count(len(summary.new_classes), 'new class', 'new classes')}: {names}")
    if summary.shifted:
        _say(
            console,
            f"{_count(summary.shifted, 'box', 'boxes')} of yours lost the first column and row in a program that takes"
            " Pascal VOC to count from 0, and stay whole; boxes that were changed there begin a pixel late",
        )
    _list(console, "with several boxes, of which the one nearest to ours was taken", summary.several, most)
    _list(console, "with a box that was cut off", summary.cut, most)
    _list(console, "not taken", summary.refused, most)
    if summary.findings:
        _say(console, f"{_count(len(summary.findings), 'finding')} in the files; `autoannot-tui check` lists them")
    _say(console, _last_line(summary))


def _last_line(summary: ImportSummary) -> str:
    decisions = _count(summary.decisions, "decision")
    if not summary.decisions:
        return "nothing changes"
    if summary.is_dry_run:
        return f"{decisions} would be taken; nothing was changed"
    return f"{decisions} taken as yours; one undo in the review takes them back"


def _list(console: Console, title: str, images: Sequence[Imported], most: int | None) -> None:
    if not images:
        return
    _say(console, f"{_count(len(images), 'image')} {title}:")
    for one in images[:most]:
        _say(console, f"  {printable(one.name)}: {printable(one.reason)}")
    if most is not None and len(images) > most:
        _say(console, f"  and {len(images) - most:,} more; --all lists all")


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
