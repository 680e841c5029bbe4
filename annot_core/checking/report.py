"""Findings by their kind, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annot_core.checking.run import Checked, CheckReport
from annot_core.errors import ExportError
from annot_core.readers import RULES, Finding, Kind, Severity


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one kind, in the order in which they were found."""

    kind: Kind
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """How much they matter."""
        return RULES[self.kind].severity

    @property
    def advice(self) -> str:
        """What to do about them."""
        return RULES[self.kind].advice


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Put findings together by kind: errors first, and the kinds in their own order."""
    by_kind: dict[Kind, list[Finding]] = {kind: [] for kind in RULES}
    for finding in findings:
        by_kind[finding.kind].append(finding)
    groups = [Group(kind, tuple(found)) for kind, found in by_kind.items() if found]
    return tuple(sorted(groups, key=lambda group: group.severity is not Severity.ERROR))


def write_json(report: CheckReport, path: Path) -> None:
    """Write a report as JSON, ASCII only; the file is whole or not there.

    Raises:
        ExportError: it could not be written.
    """
    described = {
        "path": str(report.path),
        "errors": report.errors,
        "warnings": report.warnings,
        "datasets": [_dataset(one) for one in report.datasets],
    }
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(json.dumps(described, indent=1) + "\n", encoding="ascii")
        partial.replace(path)
    except OSError as error:
        raise ExportError(
            f"expected to write the findings to {str(path)!r}, but: {error.strerror or error}; name another file"
        ) from error


def _dataset(checked: Checked) -> dict[str, Any]:
    return {
        "format": checked.format,
        "root": str(checked.root),
        "images": checked.images,
        "objects": checked.objects,
        "classes": checked.classes,
        "groups": [_group(group) for group in grouped(checked.findings)],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind.value,
        "severity": group.severity.value,
        "count": len(group.findings),
        "advice": group.advice,
        "findings": [
            {
                "path": one.path,
                "line": one.line or None,
                "element": one.element or None,
                "expected": one.expected,
                "found": one.found,
            }
            for one in group.findings
        ],
    }
