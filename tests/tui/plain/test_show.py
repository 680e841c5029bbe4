"""Pictures in the scrollback: what a real terminal shows of them, and what a pipe gets."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from drawn_folders import PATCH, SIZE, draw, patch
from terminals import FakeTerminal

from annot_core.dataset import list_dataset
from annot_core.geometry import Box
from annot_core.imaging import content_hash, resize
from annot_core.naming import image_ids
from annot_core.records import Candidate, Decider, Decision, LabelledImage, Proposal, Status, Verdict
from annot_core.session import Session
from tui.cli import main
from tui.plain.show import KEPT_COLOR, PROPOSED_COLOR

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()", "show"]
BLOCK = "\N{LOWER HALF BLOCK}"
MENDED = Box(40, 4, 60, 44)
DA1 = "\x1b[c"
PLAIN_ANSWER = {DA1: "\x1b[?62c"}
RICH_ANSWER = {DA1: "\x1bP1$r48:2::1:2:3m\x1b\\\x1b[?62c"}


def proposal(image: LabelledImage) -> Proposal:
    candidates = (Candidate(PATCH, "exact", 0.3),)
    heatmap = np.zeros((2, 2), np.float16)
    content = content_hash(image.path)
    return Proposal(image.source, content, SIZE, Status.PROPOSED, 0.75, 0.9, 0.5, candidates, heatmap)


def verdict(image: LabelledImage, verdict: Verdict, box: Box | None) -> Decision:
    return Decision(image.source, content_hash(image.path), verdict, image.class_name, box, Decider.PERSON)


@pytest.fixture
def output(dataset: Path) -> Path:
    """A session: the first bright image is mended and kept, the first dark one dropped, the others are proposed."""
    output = dataset.with_name(f"{dataset.name}-annotated")
    listed = list_dataset(dataset)
    with Session.open(output, dataset) as session:
        session.sync(listed.images, content_hash, image_ids)
        session.register_producer("settings", {})
        session.record([proposal(image) for image in listed.images], "settings")
        bright, _, dark, _ = listed.images
        session.decide([verdict(bright, Verdict.KEEP, MENDED), verdict(dark, Verdict.DROP, None)])
    return output


def shown(
    *arguments: object,
    size: tuple[int, int] = (80, 40),
    answers: Mapping[str, str] = RICH_ANSWER,
    environment: Mapping[str, str] | None = None,
) -> FakeTerminal:
    """Return the terminal that the command was run in, once it has ended well."""
    command = [*PROGRAM, *map(str, arguments)]
    with FakeTerminal(command, size=size, answers=answers, environment=environment) as terminal:
        assert terminal.end() == 0
        assert terminal.attributes_now() == terminal.attributes
        assert terminal.typed_and_not_read() == ""
    return terminal


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["show", *map(str, arguments)])


def pixels_shown(terminal: FakeTerminal, left: int, top: int, width: int, height: int) -> np.ndarray:
    """Read (2 * height, width, 3) pixels from the half-blocks on the screen."""
    pixels = np.zeros((2 * height, width, 3), np.uint8)
    for y, row in enumerate(terminal.cells(left, top, width, height)):
        for x, (character, color, back) in enumerate(row):
            assert character == BLOCK
            pixels[2 * y, x], pixels[2 * y + 1, x] = list(bytes.fromhex(back)), list(bytes.fromhex(color))
    return pixels


def test_image_is_shown_as_it_is(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.png", "bright")
    terminal = shown(path)
    np.testing.assert_array_equal(pixels_shown(terminal, 0, 0, 64, 24), np.asarray(patch("bright")))
    assert terminal.screen.display[24].rstrip() == "a.png  64 x 48"


@pytest.mark.parametrize("size", [(40, 60), (80, 13)], ids=["narrow", "low"])
def test_large_image_is_shrunk_in_proportion(tmp_path: Path, size: tuple[int, int]) -> None:
    path = draw(tmp_path / "a.png", "dark")
    terminal = shown(path, size=size)
    height = next(row for row, line in enumerate(terminal.screen.display) if BLOCK not in line)
    width = terminal.screen.display[0].count(BLOCK)
    assert 2 * height * SIZE[0] == pytest.approx(width * SIZE[1], abs=2 * SIZE[0])
    expected = resize(np.array(patch("dark")), (width, 2 * height))
    np.testing.assert_allclose(pixels_shown(terminal, 0, 0, width, height).astype(int), expected.astype(int), atol=2)


def test_image_of_a_data_set_is_shown_with_its_box(dataset: Path, output: Path) -> None:
    terminal = shown(dataset / "bright" / "bright-0.jpg")
    pixels = pixels_shown(terminal, 0, 0, 64, 24)
    green = np.argwhere((pixels == KEPT_COLOR).all(axis=2))
    assert (*green.min(axis=0)[::-1], *(green.max(axis=0)[::-1] + 1)) == MENDED
    assert len(green) == 2 * (MENDED.width + MENDED.height) - 4
    assert "bright-0.jpg  64 x 48  bright kept 0.75  box 40 4 60 44" in terminal.screen.display[24]


def test_folder_is_shown_as_a_sheet_of_what_is_kept_or_proposed(output: Path) -> None:
    terminal = shown(output)
    text = "\n".join(terminal.screen.display)
    names = ["bright-0.jpg", "bright-1.jpg", "dark-1.jpg"]
    row = next(line for line in text.splitlines() if names[0] in line)
    assert row.split() == [*names[:2]]
    assert names[2] in text
    assert "dark-0.jpg" not in text
    left, right = (pixels_shown(terminal, left, 0, 26, 10) for left in (0, 41))
    assert (left == KEPT_COLOR).all(axis=2).any()
    assert (right == PROPOSED_COLOR).all(axis=2).any()


def test_sheet_has_as_many_columns_as_fit(output: Path) -> None:
    wide = shown(output, size=(100, 40)).screen.display
    assert any(line.split() == ["bright-0.jpg", "bright-1.jpg", "dark-1.jpg"] for line in wide)
    narrow = shown(output, "--width", 30, size=(100, 40)).screen.display
    assert any(line.split() == ["bright-0.jpg"] for line in narrow)


def test_the_rest_of_many_is_counted(output: Path) -> None:
    text = "\n".join(shown(output, "--most", 1).screen.display)
    assert "bright-0.jpg" in text
    assert "bright-1.jpg" not in text
    assert "and 2 more; --most N prints more" in text


def test_image_that_cannot_be_read_is_told_in_its_place(dataset: Path, output: Path) -> None:
    (dataset / "bright" / "bright-1.jpg").unlink()
    text = " ".join("\n".join(shown(output).screen.display).split())
    assert "the file is gone" in text
    assert "dark-1.jpg" in text


# ---- colors


@pytest.mark.parametrize(
    ("answers", "environment", "options", "code", "others"),
    [
        (RICH_ANSWER, {}, [], "48;2;", "48;5;"),
        (PLAIN_ANSWER, {}, [], "48;5;", "48;2;"),
        ({}, {"COLORTERM": "truecolor"}, [], "48;2;", "48;5;"),
        ({}, {"COLORTERM": "truecolor"}, ["--colors", "256"], "48;5;", "48;2;"),
        ({}, {"NO_COLOR": "1"}, ["--colors", "truecolor"], "48;2;", "48;5;"),
    ],
    ids=["asked", "asked in vain", "known", "wished", "wished in spite of NO_COLOR"],
)
def test_colors_are_those_of_the_terminal(
    tmp_path: Path,
    answers: dict[str, str],
    environment: dict[str, str],
    options: list[str],
    code: str,
    others: str,
) -> None:
    path = draw(tmp_path / "a.png", "bright")
    # The question for colors holds one.
    sent = shown(path, *options, answers=answers, environment=environment).sent.rpartition("\x1b[K")[2]
    assert code in sent
    assert others not in sent


@pytest.mark.parametrize(
    ("environment", "options"), [({"NO_COLOR": "1"}, []), ({}, ["--colors", "none"])], ids=["NO_COLOR", "wished"]
)
def test_without_colors_the_picture_is_drawn_with_characters(
    dataset: Path, output: Path, environment: dict[str, str], options: list[str]
) -> None:
    terminal = shown(dataset / "bright" / "bright-0.jpg", *options, environment=environment)
    assert "\x1b[" not in terminal.sent
    drawn = terminal.screen.display
    assert drawn[2][40:60] == drawn[21][40:60] == "#" * 20
    assert {drawn[row][40] + drawn[row][59] for row in range(2, 22)} == {"##"}
    # The patch is brighter than what is around it.
    assert drawn[10][20] != drawn[10][2]


# ---- no terminal


def test_pipe_gets_a_line_for_each_image(dataset: Path, output: Path) -> None:
    result = invoke(output, dataset / "dark" / "dark-1.jpg")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "bright-0.jpg  bright kept 0.75  box 40 4 60 44",
        "bright-1.jpg  bright proposed 0.75  box 8 10 32 30",
        "dark-1.jpg  dark proposed 0.75  box 8 10 32 30",
        "dark-1.jpg  64 x 48  dark proposed 0.75  box 8 10 32 30",
    ]


def test_hostile_name_is_shown_as_text(tmp_path: Path) -> None:
    path = draw(tmp_path / "\x1b[31m[red]x\n.png", "bright")
    assert invoke(path).output == "\ufffd[31m[red]x\ufffd.png  64 x 48\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "expected an image file or an output folder, found no"),
        ("photos", "expected an output folder with a session"),
        ("letter.jpg", "letter.jpg', but: not an image"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence_and_2(dataset: Path, name: str, message: str) -> None:
    (dataset.parent / "letter.jpg").write_text("Dear reader, this is not a picture.")
    result = invoke(dataset.parent / name)
    assert result.exit_code == 2
    assert re.fullmatch(rf"error: [^\n]*{re.escape(message)}[^\n]*\n", result.stderr)


def test_session_without_a_box_is_told(dataset: Path) -> None:
    output = dataset.parent / "out"
    Session.open(output, dataset).close()
    result = invoke(output)
    assert result.exit_code == 2
    assert "expected images with a box" in result.stderr
