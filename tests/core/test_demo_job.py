"""The demo as a newcomer runs it: draw, train, annotate, and compare with the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import annot_core as ac
from annot_core.session_results import session_results
from tui.cli import main

pytestmark = pytest.mark.slow

QUICK = ["--nuts", "6", "--bolts", "6", "--empty", "3", "--size", "96x72", "--epochs", "2", "--image-size", "32"]


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_demo_runs_to_its_table_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    arguments = ["demo", str(tmp_path / "new"), "--auto-accept", *QUICK]
    first = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert first.exit_code == 0
    assert "training: 2 epochs" in first.output
    assert "centered 80 %" in first.output
    assert "3 images without a true box not counted" in first.output
    written = files(tmp_path / "new" / "images-annotated" / "Annotations")
    assert len(written) >= 4
    again = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert again.exit_code == 0
    assert "epochs" not in again.output
    assert files(tmp_path / "new" / "images-annotated" / "Annotations") == written


def test_train_is_what_the_next_run_uses(tmp_path: Path) -> None:
    drawn = ac.draw_demo(tmp_path / "new", nuts=6, bolts=6, empty=0, size=(96, 72))
    settings = ["--backbone", "small", "--epochs", "1", "--image-size", "32"]
    trained = CliRunner().invoke(main, ["train", str(drawn.images), *settings], catch_exceptions=False)
    assert trained.exit_code == 0
    assert "hold-out accuracy" in trained.output
    assert (tmp_path / "new" / "images-annotated" / ".autoannot" / "classifier.keras").is_file()
    result = CliRunner().invoke(main, [str(drawn.images), "--auto-accept"], catch_exceptions=False)
    assert "using the classifier trained before" in result.output
    assert "epochs" not in result.output


def test_default_demo_finds_good_boxes(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["demo", str(tmp_path / "new"), "--auto-accept"], catch_exceptions=False)
    assert result.exit_code == 0
    scores = ac.evaluate(
        session_results(tmp_path / "new" / "images-annotated"), ac.read_truth(tmp_path / "new" / "truth.csv")
    ).overall
    assert scores.n == 60
    assert scores.first.mean_iou >= 0.65
    assert scores.best.mean_iou >= 0.75
    assert scores.first.mean_iou > 0.2 + max(scores.whole.mean_iou, scores.centered.mean_iou)
