"""`import` and `check` in this process: what they take, what they say, how they end."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from drawn_folders import PATCH, draw_hostile
from written_datasets import WRITERS, put, voc_object, voc_xml, write_voc

from annot_core.dataset import list_dataset
from annot_core.export import export_all
from annot_core.imaging import content_hash, read_image
from annot_core.naming import image_ids
from annot_core.records import Candidate, Decider, Decision, Proposal, Status, Verdict
from annot_core.session import Session
from tui.cli import main
from tui.plain.checking import MOST_LISTED


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def hostile_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own export of images of every mode, with every kind of name; all are kept."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile = draw_hostile(folder / "photos")
    images = [image for image in list_dataset(hostile.root).images if image.source in hostile.good]
    output = folder / "out"
    with Session.open(output, hostile.root) as session:
        session.sync(images, content_hash, image_ids)
        session.register_producer("settings", {})
        candidates = (Candidate(PATCH, "exact", 0.3),)
        for image in images:
            content, size = content_hash(image.path), read_image(image.path).size
            found = (image.source, content, size, Status.PROPOSED, 0.5, 0.5, 0.5, candidates)
            session.record([Proposal(*found, np.zeros((0, 0), np.float16))], "settings")
        session.decide(
            [
                Decision(one.source, one.content, Verdict.KEEP, one.class_name, one.box, Decider.AUTO)
                for one in session.results()
            ]
        )
        summary = export_all(session.annotations(), output)
    assert (summary.images, summary.problems) == (len(hostile.good), ())
    return output


# ---- check


@pytest.mark.parametrize("name", WRITERS)
def test_a_faultless_data_set_is_0(tmp_path: Path, name: str) -> None:
    result = invoke("check", WRITERS[name](tmp_path))

    assert result.exit_code == 0
    assert f"{name}: 3 images, 2 objects, 2 classes in {tmp_path}" in result.output
    assert result.output.endswith("nothing found that breaks readers\n")


def test_our_own_export_of_hostile_images_comes_out_clean(hostile_output: Path) -> None:
    result = invoke("check", hostile_output)

    assert result.exit_code == 0
    assert "nothing found that breaks readers" in result.output


def test_errors_are_1_and_say_what_to_do(tmp_path: Path) -> None:
    write_voc(tmp_path)
    put(tmp_path, "Annotations/a.xml", voc_xml("a.jpg", voc_object("ape", 4, 5, 20, 25)))

    result = invoke("check", tmp_path)

    assert result.exit_code == 1
    assert result.output.splitlines()[-4:] == [
        "error: unknown class: 1",
        "  Annotations/a.xml:10, object 1: expected a class of classes.txt, found ape",
        "  to do: add the class at the end of the list, or rename the object's",
        "1 error, 0 warnings",
    ]


def test_warnings_alone_are_0(tmp_path: Path) -> None:
    write_voc(tmp_path)
    (tmp_path / "classes.txt").unlink()

    result = invoke("check", tmp_path)

    assert result.exit_code == 0
    assert result.output.endswith("0 errors, 1 warning\n")


@pytest.mark.parametrize("lists_all", [False, True], ids=["the first", "all"])
def test_many_findings_of_a_kind_are_a_few_lines_unless_all_are_wanted(tmp_path: Path, lists_all: bool) -> None:
    write_voc(tmp_path)
    for number in range(40):
        put(tmp_path, f"Annotations/z{number}.xml", voc_xml(f"z{number}.jpg"))

    result = invoke("check", tmp_path, *(["--all"] if lists_all else []))

    assert "error: missing image: 40" in result.output
    listed = re.findall(r"^  Annotations/z\d+\.xml: expected JPEGImages/z\d+\.jpg, found", result.output, re.MULTILINE)
    assert len(listed) == (40 if lists_all else MOST_LISTED)
    assert (f"  and {40 - MOST_LISTED} more; --all lists all" in result.output) != lists_all


def test_findings_are_written_as_json(tmp_path: Path) -> None:
    write_voc(tmp_path / "data")
    (tmp_path / "data" / "JPEGImages" / "a.jpg").unlink()

    assert invoke("check", tmp_path / "data", "--json", tmp_path / "found.json").exit_code == 1

    found = json.loads((tmp_path / "found.json").read_text())
    assert [group["kind"] for group in found["datasets"][0]["groups"]] == ["missing image"]


def test_hostile_names_are_shown_as_harmless_text(tmp_path: Path) -> None:
    write_voc(tmp_path)
    name = os.fsdecode(b"\x1b[31m\xff")
    put(tmp_path, f"Annotations/{name}.xml", voc_xml("x.jpg", voc_object("[red]\u202e", 4, 5, 20, 25)))

    result = invoke("check", tmp_path, "--all")

    assert "\x1b" not in result.output
    assert "found [red]\ufffd" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "found nothing at"),
        (["."], "found none of them"),
        ([".", "--format", "coco"], "expected a COCO file"),
        ([".", "--json", "nowhere/found.json"], "expected a file to write the report to"),
        ([".", "--format", "excel"], "is not one of 'voc', 'yolo', 'coco'"),
    ],
    ids=["nothing there", "no data set", "no data set of the format", "no place", "no format"],
)
def test_what_cannot_be_checked_is_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = invoke("check", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr


# ---- import


def test_an_import_says_what_became_what(hostile_output: Path, tmp_path: Path) -> None:
    root = tmp_path / "corrected"
    size = (64, 48)
    put(root, "Annotations/gray.xml", voc_xml("gray.jpg", voc_object("bright", 20, 20, 40, 40), size=size))
    put(root, "Annotations/cmyk.xml", voc_xml("cmyk.jpg", voc_object("bright", 9, 11, 32, 30), size=size))
    put(root, "Annotations/palette.xml", voc_xml("palette.jpg", voc_object("moth", 9, 11, 32, 30), size=size))
    put(root, "Annotations/alpha.xml", voc_xml("alpha.jpg", size=size))
    twice = [voc_object("bright", 9, 11, 32, 30), voc_object("bright", 1, 1, 99, 9)]
    put(root, "Annotations/sixteen.xml", voc_xml("sixteen.jpg", *twice, size=size))
    put(root, "Annotations/exif-6.xml", voc_xml("exif-6.jpg", voc_object("bright", 1, 1, 9, 9), size=size[::-1]))
    put(root, "Annotations/[red].xml", "<annotation>")

    dry = invoke("import", hostile_output, "--from", root, "--dry-run")

    assert (dry.exit_code, dry.stderr) == (0, "")
    lines = dry.output.splitlines()
    assert lines[0] == f"7 images of format voc in {root}"
    for line in (
        "  2 confirmed, accepted automatically before",
        "  1 kept with another box",
        "  1 kept with another class",
        "  1 dropped, since the box was removed",
        "1 new class: moth",
        "1 image with several boxes, of which the one nearest to ours was taken:",
        "  JPEGImages/sixteen.jpg: 2 boxes; taken is (8, 10, 32, 30) of 'bright'",
        "2 images not taken:",
        "  JPEGImages/[red].jpg: no image of the session has its id, path or name",
        "5 decisions would be taken; nothing was changed",
    ):
        assert line in lines
    assert "it was turned, as EXIF has it" in dry.output

    wet = invoke("import", hostile_output, "--from", root)
    again = invoke("import", hostile_output, "--from", root)

    assert wet.output.splitlines()[-1] == "5 decisions taken as yours; one undo in the review takes them back"
    assert "  5 as decided before" in again.output.splitlines()
    assert again.output.splitlines()[-1] == "nothing changes"


@pytest.mark.parametrize("lists_all", [False, True], ids=["the first", "all"])
def test_many_images_that_are_not_taken_are_a_few_lines_unless_all_are_wanted(
    hostile_output: Path, tmp_path: Path, lists_all: bool
) -> None:
    for number in range(30):
        put(tmp_path, f"Annotations/z{number}.xml", voc_xml(f"z{number}.jpg"))

    result = invoke("import", hostile_output, "--from", tmp_path, "--dry-run", *(["--all"] if lists_all else []))

    assert "30 images not taken:" in result.output
    assert len(re.findall(r"^  JPEGImages/z\d+\.jpg: ", result.output, re.MULTILINE)) == (30 if lists_all else 20)
    assert ("  and 10 more; --all lists all" in result.output) != lists_all


def test_an_import_without_a_session_is_2(tmp_path: Path) -> None:
    write_voc(tmp_path)

    result = invoke("import", tmp_path, "--from", tmp_path)

    assert result.exit_code == 2
    assert "expected an output folder with a session" in result.stderr


def test_an_import_of_several_formats_names_the_option(hostile_output: Path, tmp_path: Path) -> None:
    for write in WRITERS.values():
        write(tmp_path)

    result = invoke("import", hostile_output, "--from", tmp_path, "--dry-run")

    assert result.exit_code == 2
    assert "choose one of them with --format" in result.stderr
    assert invoke("import", hostile_output, "--from", tmp_path, "--format", "coco", "--dry-run").exit_code == 0
