from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from annot_core.checking import Checked, CheckReport, grouped, write_json
from annot_core.errors import ExportError
from annot_core.readers import RULES, Finding, Kind, Severity

WARNING = Finding(Kind.FRACTION, "b.xml", "whole pixels", "xmin 1.5", 3, "object 1")
ERRORS = [Finding(Kind.MISSING_IMAGE, f"{number}.xml", "an image", "none") for number in range(3)]


def report(*found: Finding) -> CheckReport:
    return CheckReport(Path("data"), (Checked("voc", Path("/data"), 4, 5, 2, found),))


def test_every_kind_has_a_rule_and_says_what_to_do() -> None:
    assert set(RULES) == set(Kind)
    assert all(rule.advice for rule in RULES.values())


def test_findings_are_grouped_by_kind_with_errors_first() -> None:
    groups = grouped([WARNING, *ERRORS])

    assert [(group.kind, group.severity, len(group.findings)) for group in groups] == [
        (Kind.MISSING_IMAGE, Severity.ERROR, 3),
        (Kind.FRACTION, Severity.WARNING, 1),
    ]
    assert groups[0].findings == tuple(ERRORS)


def test_the_json_file_has_everything(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xe4.jpg")

    write_json(report(WARNING, Finding(Kind.BAD_IMAGE, name, "an image", "\u732b")), tmp_path / "a.json")

    data = (tmp_path / "a.json").read_bytes()
    assert data.isascii()
    read = json.loads(data)
    assert (read["path"], read["errors"], read["warnings"]) == ("data", 1, 1)
    (dataset,) = read["datasets"]
    assert {key: dataset[key] for key in ("format", "root", "images", "objects", "classes")} == {
        "format": "voc",
        "root": "/data",
        "images": 4,
        "objects": 5,
        "classes": 2,
    }
    broken, fraction = dataset["groups"]
    assert (broken["kind"], broken["severity"], broken["count"]) == ("unreadable image", "error", 1)
    assert broken["findings"] == [
        {"path": name, "line": None, "element": None, "expected": "an image", "found": "\u732b"}
    ]
    assert fraction["advice"] == RULES[Kind.FRACTION].advice
    assert fraction["findings"][0]["line"] == 3
    assert list(tmp_path.iterdir()) == [tmp_path / "a.json"]


def test_a_json_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"findings to '.*nowhere/a\.json', but: No such file"):
        write_json(report(), tmp_path / "nowhere" / "a.json")
