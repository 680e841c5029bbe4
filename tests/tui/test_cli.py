"""The command line, in this process: what it takes, what it says, how it ends."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from drawn_folders import draw, draw_dataset, draw_hostile

from tui.cli import main

# The program as it is, compiling and all, is run in `test_program`.
pytestmark = pytest.mark.usefixtures("uncompiled")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    # Anything but an orderly end is a bug of ours, whatever its exit code.
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def options_of(command: str) -> list[click.Option]:
    return [option for option in main.commands[command].params if isinstance(option, click.Option)]


def one_line(error: str) -> str:
    """The only line of an error."""
    line, end, rest = error.partition("\n")
    assert (end, rest) == ("\n", "")
    return line


# ---- help and README


@pytest.mark.parametrize("command", ["", *main.commands])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_there(command: str, flag: str) -> None:
    result = invoke(*command.split(), flag)
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_help_of_the_program_cuts_no_sentence() -> None:
    assert "..." not in invoke("--help").output.replace("[ARGS]...", "")


@pytest.mark.parametrize("command", main.commands)
def test_every_option_is_explained(command: str) -> None:
    assert [option.name for option in options_of(command) if not option.help] == []


@pytest.mark.parametrize("command", main.commands)
def test_every_option_is_in_the_readme(command: str) -> None:
    names = [name for option in options_of(command) for name in option.opts]
    assert [name for name in names if f"`{name}`" not in README] == []


def test_every_option_in_the_readme_is_there() -> None:
    known = {name for command in main.commands for option in options_of(command) for name in option.opts}
    assert set(re.findall(r"`(--?[a-z][a-z-]*)", README)) - known - {"--help", "-h", "--version"} == set()


@pytest.mark.parametrize(("mark", "does"), [("demo", "autoannot-tui demo --auto-accept"), ("test", "pytest")])
def test_readme_begins_with_two_commands_of_a_line_each(mark: str, does: str) -> None:
    block = re.search(rf"<!-- {mark} -->\n```\n(.*?)\n```\n<!-- end -->", README, re.DOTALL)
    assert block is not None
    assert "\n" not in block[1]
    assert block[1].startswith("python3 ")
    assert does in block[1]
    assert README.index("```") <= README.index(block[0]) + len(block[0]) < README.index("## ")


def test_ci_runs_the_line_of_the_readme() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in run
    assert "<!-- test -->" in run
    assert "pytest" not in "".join(line for line in run.splitlines() if not line.startswith("#"))


# ---- which command is meant


@pytest.mark.parametrize(
    "arguments",
    [
        ["{data}", "--auto-accept", "--model", "{model}", "-o", "{out}"],
        ["--auto-accept", "--model", "{model}", "-o", "{out}", "{data}"],
        ["--model", "{model}", "{data}", "--auto-accept", "--output={out}"],
        ["review", "{data}", "--auto-accept", "--model", "{model}", "-o", "{out}"],
    ],
    ids=["behind", "before", "around", "named"],
)
def test_folder_alone_is_the_review_command(
    dataset: Path, tone_model: Path, tmp_path: Path, arguments: list[str]
) -> None:
    out = tmp_path / "out"
    result = invoke(*(word.format(data=dataset, model=tone_model, out=out) for word in arguments))
    assert result.exit_code == 0
    assert f"4 boxes on 4 images, 2 classes, 15 files in {out}" in result.output


def test_folder_called_like_a_command_is_reached_with_its_path(
    tmp_path: Path, tone_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw_dataset(Path("demo"))
    assert invoke("./demo", "--auto-accept", "--model", tone_model).exit_code == 0
    assert Path("demo-annotated", "classes.txt").read_text() == "bright\ndark\n"


@pytest.mark.parametrize("command", [["{data}"], ["demo", "{data}/new"]], ids=["review", "demo"])
def test_review_needs_a_terminal(dataset: Path, command: list[str]) -> None:
    result = invoke(*(word.format(data=dataset) for word in command))
    assert result.exit_code == 2
    assert "expected a terminal to review boxes in, found none" in result.stderr
    assert not dataset.with_name("photos-annotated").exists()
    assert not (dataset / "new").exists()


@pytest.mark.parametrize(
    "option",
    [["--report", "r.json"], ["--strict"], ["--min-score", "0.5"], ["--format", "csv"], ["--split", "0.5/0.5"]],
    ids="-".join,
)
def test_what_speaks_of_a_run_without_review_needs_auto_accept(dataset: Path, option: list[str]) -> None:
    result = invoke(dataset, *option)
    assert result.exit_code == 2
    assert f"expected --auto-accept with {option[0]}, found none" in result.stderr


# ---- how runs end


def test_done_is_0(dataset: Path, tone_model: Path) -> None:
    result = invoke(dataset, "--auto-accept", "--model", tone_model, "--strict")
    assert (result.exit_code, result.stderr) == (0, "")


def test_nothing_to_annotate_is_1(tmp_path: Path, tone_model: Path) -> None:
    for tone in ("bright", "dark"):
        draw(tmp_path / "photos" / tone / "a.jpg", tone).write_bytes(b"")
    result = invoke(tmp_path / "photos", "--auto-accept", "--model", tone_model)
    assert result.exit_code == 1
    assert one_line(result.stderr) == "error: expected at least one box to write, found none; see the reasons above"
    assert "bright/a.jpg: read: the file is empty (0 bytes)" in result.output


def test_nothing_good_enough_is_1(dataset: Path, tone_model: Path) -> None:
    result = invoke(dataset, "--auto-accept", "--model", tone_model, "--min-score", "1")
    assert result.exit_code == 1
    assert "lower --min-score" in one_line(result.stderr)
    assert "4 images are undecided" in result.output


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 3)], ids=["lenient", "strict"])
def test_failures_are_3_if_that_was_asked(dataset: Path, tone_model: Path, strict: list[str], code: int) -> None:
    (dataset / "dark" / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    result = invoke(dataset, "--auto-accept", "--model", tone_model, *strict)
    assert result.exit_code == code
    assert "1 failed:\n  dark/bad.jpg: read: " in result.output


# ---- export


@pytest.fixture
def annotated(dataset: Path, tone_model: Path) -> Path:
    """An output folder with four kept images."""
    assert invoke(dataset, "--auto-accept", "--model", tone_model).exit_code == 0
    return dataset.with_name("photos-annotated")


@pytest.mark.parametrize(
    "formats",
    [["--format", "yolo", "--format", "csv"], ["--format", "yolo,csv"], ["--format=yolo, csv", "--format=csv"]],
    ids=["several", "with commas", "both, one twice"],
)
def test_export_writes_the_formats_that_were_asked_for(annotated: Path, formats: list[str]) -> None:
    result = invoke("export", annotated, *formats, "--split", "0.5/0.25/0.25")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"4 boxes on 4 images, 2 classes, 15 files in {annotated}" in result.output
    assert "train, " in result.output
    assert "JPEGImages/ classes.txt yolo/data.yaml yolo/images/ yolo/labels/ annotations.csv" in result.output
    assert "warning: voc, keras-yolo3: from an earlier export and out of date" in result.output
    assert (annotated / "yolo" / "data.yaml").is_file()


def test_export_writes_voc_and_keras_yolo3_by_default(annotated: Path) -> None:
    shutil.rmtree(annotated / "Annotations")
    result = invoke("export", annotated)
    assert result.exit_code == 0
    assert "warning" not in result.output
    assert len(list((annotated / "Annotations").iterdir())) == 4


def test_formats_and_sets_can_be_asked_for_in_a_whole_run(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    arguments = ["--auto-accept", "--model", tone_model, "--format", "coco", "--split", "0/0/1", "-o", tmp_path / "out"]
    assert invoke(dataset, *arguments).exit_code == 0
    told = json.loads((tmp_path / "out" / "coco" / "annotations" / "instances_test.json").read_text())
    assert len(told["images"]) == 4
    assert not (tmp_path / "out" / "Annotations").exists()


def test_an_export_of_nothing_is_1(annotated: Path, dataset: Path, tone_model: Path) -> None:
    invoke(dataset, "--auto-accept", "--model", tone_model, "--redo", "--min-score", "1")
    result = invoke("export", annotated)
    assert result.exit_code == 1
    assert "expected at least one kept image to write, found none" in one_line(result.stderr)
    assert not list((annotated / "JPEGImages").iterdir())


def test_an_export_that_does_not_read_back_is_1(annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from annot_core.export import Counts
    from annot_core.export.voc import VocExporter

    monkeypatch.setattr(VocExporter, "count", lambda *_: Counts(3, 3))
    result = invoke("export", annotated)
    assert result.exit_code == 1
    assert "expected to read back 4 images and 4 boxes of format voc, found 3 and 3" in one_line(result.stderr)


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 3)], ids=["lenient", "strict"])
def test_images_that_could_not_be_written_are_3_if_that_was_asked(
    annotated: Path, dataset: Path, strict: list[str], code: int
) -> None:
    (dataset / "dark" / "dark-0.jpg").unlink()
    result = invoke("export", annotated, *strict)
    assert result.exit_code == code
    assert "1 not written:\n  dark/dark-0.jpg: the file is gone" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "excel"], "expected formats out of voc, keras-yolo3, yolo, coco, cvat, csv, found 'excel'"),
        (["--format", "voc,"], "found ''"),
        (["--split", "80/20"], "add up to 1"),
        (["--split", "1"], "expected two or three shares"),
        ([], "expected an output folder with a session"),
    ],
    ids=["format", "empty name", "shares", "too few shares", "no session"],
)
def test_an_export_that_cannot_be_asked_for_is_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = invoke("export", tmp_path, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


# ---- wrong usage


def lambda_model(path: Path) -> Path:
    import keras

    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Lambda(lambda pixels: pixels / 255),
            keras.layers.Conv2D(2, 3),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.save(path)
    return path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "/nowhere: expected DATASET/<class>/<image>"),
        (["photos/dark/dark-0.jpg"], "is a file: expected DATASET/<class>/<image>"),
        (["photos/dark"], "has no class folders: "),
        (["one"], "expected at least two class folders"),
        (["photos", "-o", "photos/dark/out"], "lies inside the data set"),
        (["three", "--model", "{model}"], "expected a model with 3 outputs"),
        (["photos", "--model", "nowhere.keras"], "expected a Keras model file at nowhere.keras"),
        (["photos", "--classes", "classes.txt"], "expected a model for --classes"),
        (["photos", "--model", "{model}", "--report", "nowhere/r.json"], "expected a file to write the report to"),
        (["photos", "--model", "{model}", "--background", "wall"], "no class folder is called wall"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_usage_is_one_sentence_and_2(
    tmp_path: Path, tone_model: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    draw_dataset(Path("photos"))
    shutil.copytree("photos/dark", "one/dark")
    shutil.copytree("photos", "three")
    shutil.copytree("photos/dark", "three/gray")
    before = sorted(tmp_path.rglob("*"))
    result = invoke(*(word.format(model=tone_model) for word in arguments), "--auto-accept")
    assert result.exit_code == 2
    line = one_line(result.stderr)
    assert line.startswith("error: ")
    assert message in line
    assert sorted(tmp_path.rglob("*")) == before


def test_code_in_a_model_is_not_run_unless_trusted(dataset: Path, tmp_path: Path) -> None:
    model = lambda_model(tmp_path / "own.keras")
    result = invoke(dataset, "--auto-accept", "--model", model)
    assert result.exit_code == 2
    assert "found a Lambda layer in own.keras" in one_line(result.stderr)
    assert invoke(dataset, "--auto-accept", "--model", model, "--trust-model").exit_code in (0, 1)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--threshold", "3", "expected a threshold between 0 and 1"),
        ("--threshold", "hot", "expected a threshold between 0 and 1"),
        ("--min-score", "1.5", "is not in the range 0<=x<=1"),
        ("--recipe", "best", "is not one of 'original', 'balanced', 'thorough'"),
        ("--search", "grid", "is not one of"),
        ("--image-size", "8", "is not in the range"),
        ("--frobnicate", "1", "No such option"),
    ],
    ids=lambda value: value if value.startswith("--") else value.split()[0],
)
def test_bad_option_says_what_is_expected(dataset: Path, option: str, value: str, message: str) -> None:
    result = invoke(dataset, "--auto-accept", option, value)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not dataset.with_name("photos-annotated").exists()


def test_bad_size_says_what_is_expected(tmp_path: Path) -> None:
    result = invoke("demo", tmp_path / "new", "--auto-accept", "--size", "big")
    assert result.exit_code == 2
    assert "as in 320x240, found 'big'" in result.stderr


def test_evaluate_wants_a_session(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("file,xmin,ymin,xmax,ymax\n")
    result = invoke("evaluate", dataset, "--truth", tmp_path / "truth.csv")
    assert result.exit_code == 2
    assert "expected an output folder with a session" in one_line(result.stderr)


def test_truth_of_other_images_is_refused(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    invoke(dataset, "--auto-accept", "--model", tone_model, "-o", tmp_path / "out")
    (tmp_path / "truth.csv").write_text("file,label,xmin,ymin,xmax,ymax\nother.jpg,bright,9,11,32,30\n")
    result = invoke("evaluate", tmp_path / "out", "--truth", tmp_path / "truth.csv")
    assert result.exit_code == 2
    assert "expected true boxes of images in" in one_line(result.stderr)


# ---- what is said


def test_hostile_names_are_shown_as_harmless_text(tmp_path: Path, tone_model: Path) -> None:
    hostile = draw_hostile(tmp_path / "photos")
    result = invoke(hostile.root, "--auto-accept", "--model", tone_model, "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert not re.search(r"[^\n\x20-\x7e\ufffd]", result.output)
    assert "  dark/\ufffd]0;title\ufffd\ufffdnew line.jpg: read: the file is empty" in result.output
    assert "  dark/[red]markup[/red].png: read: " in result.output
    for source, word in (hostile.bad | hostile.passed_over).items():
        if source.isprintable():
            (line,) = (line for line in result.output.splitlines() if line.startswith(f"  {source}: "))
            assert word in line


def test_report_is_written(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    assert invoke(dataset, "--auto-accept", "--model", tone_model, "--report", tmp_path / "r.json").exit_code == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert [image["source"] for image in report["images"]] == [
        "bright/bright-0.jpg",
        "bright/bright-1.jpg",
        "dark/dark-0.jpg",
        "dark/dark-1.jpg",
    ]


def test_second_run_says_that_nothing_changes(dataset: Path, tone_model: Path) -> None:
    invoke(dataset, "--auto-accept", "--model", tone_model)
    result = invoke(dataset, "--auto-accept", "--model", tone_model, "--recipe", "original")
    assert result.exit_code == 0
    assert "4 images were decided before and stay as they are" in result.output


def test_limit_of_pixels_can_be_chosen(dataset: Path, tone_model: Path) -> None:
    result = invoke(dataset, "--auto-accept", "--model", tone_model, "--max-pixels", "3000")
    assert result.exit_code == 1
    assert "the image has 3,072 pixels, and the limit is 3,000" in result.output


def test_evaluate_prints_scores_beside_the_baselines(dataset: Path, tone_model: Path, tmp_path: Path) -> None:
    invoke(dataset, "--auto-accept", "--model", tone_model, "-o", tmp_path / "out")
    truth = tmp_path / "truth.csv"
    truth.write_text("file,label,xmin,ymin,xmax,ymax\nbright/bright-0.jpg,bright,9,11,32,30\n")
    result = invoke("evaluate", tmp_path / "out", "--truth", truth)
    assert result.exit_code == 0
    rows = [re.split(r"\s{2,}", line.strip()) for line in result.output.splitlines() if "  " in line.strip()]
    assert rows[0] == ["class", "images", "box", "IoU", ">=.3", ">=.5", ">=.7"]
    assert rows[1][:3] == ["bright", "1", "first box"]
    assert float(rows[1][3]) > 0.7
    assert [row[0] for row in rows[2:5]] == ["best candidate", "whole image", "centered 80 %"]
    assert rows[3][1:] == ["0.156", "0%", "0%", "0%"]
    assert "3 images without a true box not counted" in result.output
