"""The command that makes many images of few."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kept_outputs import draw_with_backgrounds, keep_all

from annot_core.augment.settings import Effect
from annot_core.session import Session
from tui.cli import main


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder with kept images of two classes, and two without an object."""
    return keep_all(draw_with_backgrounds(tmp_path / "photos"))


def augment(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["augment", *map(str, arguments)])


def test_it_says_what_was_made_and_written(output: Path) -> None:
    result = augment(output, "--count", 10, "--format", "voc,csv")
    assert result.exit_code == 0
    assert "10 augmented images, 10 of them new: 5 bright, 4 dark, 1 empty" in result.output
    assert "15 boxes on 18 images" in result.output
    assert "augmented.csv" in result.output
    assert (output / "annotations.csv").is_file()


def test_progress_is_told(output: Path) -> None:
    assert "augmenting: 10 images" in augment(output, "--count", 10).output


def test_effects_are_left_out_by_name(output: Path) -> None:
    augment(output, "--count", 4, "--without", ",".join(Effect), "--background-share", 0)
    with Session.load(output) as session:
        copies = list(session.copies())
        boxes = {copy.original: copy.box for copy in copies}
        assert boxes == {one: session.annotation(one).box for one in boxes}  # type: ignore[union-attr]


def test_removing_all_is_no_error(output: Path) -> None:
    augment(output, "--count", 3)
    result = augment(output, "--count", 0)
    assert result.exit_code == 0
    assert "6 boxes on 8 images" in result.output


def test_images_that_failed_are_told_and_strict_gives_3(output: Path) -> None:
    (output.with_name("photos") / "dark" / "dark-0.jpg").unlink()
    result = augment(output, "--count", 12, "--strict")
    assert result.exit_code == 3
    assert "dark/dark-0.jpg: augment: the file is gone" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--count", "1", "--without", "sepia"], "expected effects out of flip", id="unknown effect"),
        pytest.param(["--count", "1", "--model", "m.keras"], "expected --boxes annotate with --model", id="model"),
        pytest.param(["--count", "-1"], "-1", id="negative count"),
        pytest.param([], "--count", id="no count"),
        pytest.param(["--count", "1", "--boxes", "annotate"], "name yours with --model", id="no classifier"),
    ],
)
def test_what_cannot_be_asked_is_told(output: Path, arguments: list[str], message: str) -> None:
    result = augment(output, *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_folder_without_a_session_is_told(tmp_path: Path) -> None:
    result = augment(tmp_path, "--count", 1)
    assert result.exit_code == 2
    assert "expected an output folder with a session" in result.output


def test_a_contact_sheet_has_originals_and_augmented_images(output: Path) -> None:
    augment(output, "--count", 10)
    result = CliRunner().invoke(main, ["show", str(output), "--most", "4"])
    lines = result.output.splitlines()
    assert [("-aug-" in line, "augmented" in line, "kept" in line) for line in lines[:4]] == [
        (False, False, True),
        (False, False, True),
        (True, True, False),
        (True, True, False),
    ]
    assert lines[4] == "and 11 more; --most N prints more"


def test_a_sheet_has_room_for_all_where_there_are_few(output: Path) -> None:
    augment(output, "--count", 3, "--background-share", 0)
    output_lines = CliRunner().invoke(main, ["show", str(output)]).output.splitlines()
    assert len(output_lines) == 6 + 3
