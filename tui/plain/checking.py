"""What a check found, for a person to read."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from annot_core.checking import Checked, CheckReport, Group, grouped
from annot_core.readers import Finding, Severity
from tui.text import printable

MOST_LISTED = 5

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}


def print_check(console: Console, report: CheckReport, *, lists_all: bool = False) -> None:
    """Print the findings by kind, errors first, with the number of each and what to do.

    Args:
        console: where to.
        report: what was found.
        lists_all: list every finding, not only the first few of each kind.
    """
    for checked in report.datasets:
        _print_dataset(console, checked, None if lists_all else MOST_LISTED)
    errors, warnings = _count(report.errors, "error"), _count(report.warnings, "warning")
    _say(console, f"{errors}, {warnings}" if report.errors or report.warnings else "nothing found that breaks readers")


def _print_dataset(console: Console, checked: Checked, most: int | None) -> None:
    images, objects = _count(checked.images, "image"), _count(checked.objects, "object")
    classes = _count(checked.classes, "class", "classes")
    _say(console, f"{checked.format}: {images}, {objects}, {classes} in {printable(str(checked.root))}")
    for group in grouped(checked.findings):
        _print_group(console, group, most)


def _print_group(console: Console, group: Group, most: int | None) -> None:
    title = f"{group.severity.value}: {group.kind.value}: {len(group.findings):,}"
    console.print(Text(title, style=_STYLES[group.severity]), soft_wrap=True)
    for finding in group.findings[:most]:
        _say(console, f"  {_line(finding)}")
    if most is not None and len(group.findings) > most:
        _say(console, f"  and {len(group.findings) - most:,} more; --all lists all")
    _say(console, f"  to do: {group.advice}")


def _line(finding: Finding) -> str:
    expected, found = printable(finding.expected), printable(finding.found)
    return f"{printable(finding.where)}: expected {expected}, found {found}"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
