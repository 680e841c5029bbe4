from __future__ import annotations

import os
from pathlib import Path

import pytest

from annot_core.errors import UsageError
from annot_core.export.voc import annotation_xml
from annot_core.geometry import Box
from annot_core.records import Annotation
from annot_core.truth import Truth, read_truth

HEADER = "file,label,xmin,ymin,xmax,ymax\n"
BOX = Box(1, 2, 3, 4)


def _csv(folder: Path, text: str) -> Path:
    path = folder / "truth.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _xml(*objects: str) -> str:
    inner = "".join(f"<object><name>cat</name><bndbox>{one}</bndbox></object>" for one in objects)
    return f"<annotation>{inner}</annotation>"


def _corners(*numbers: object) -> str:
    tags = ("ymax", "xmin", "xmax", "ymin")
    by_tag = dict(zip(("xmin", "ymin", "xmax", "ymax"), numbers, strict=True))
    return "".join(f"<{tag}>{by_tag[tag]}</{tag}>" for tag in tags)


def test_a_csv_file_without_a_0_counts_from_1(tmp_path: Path) -> None:
    truth = read_truth(_csv(tmp_path, HEADER + "cat/a.jpg,cat,1,2,40,30\ncat/b.jpg,cat,5,6,5,6\n"))

    assert truth.boxes == {"cat/a.jpg": (Box(0, 1, 40, 30),), "cat/b.jpg": (Box(4, 5, 5, 6),)}


def test_a_csv_file_with_a_0_counts_from_0(tmp_path: Path) -> None:
    truth = read_truth(_csv(tmp_path, HEADER + "cat/a.jpg,cat,1,2,39,29\ncat/b.jpg,cat,0,6,5,6\n"))

    assert truth.boxes == {"cat/a.jpg": (Box(1, 2, 40, 30),), "cat/b.jpg": (Box(0, 6, 6, 7),)}


def test_several_rows_of_an_image_are_several_boxes(tmp_path: Path) -> None:
    truth = read_truth(_csv(tmp_path, HEADER + "a.jpg,cat,1,1,2,2\nb.jpg,cat,1,1,9,9\na.jpg,dog,5,5,8,8\n"))

    assert truth.boxes["a.jpg"] == (Box(0, 0, 2, 2), Box(4, 4, 8, 8))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeffxmin, ymin,xmax,ymax,file\n1,1,2,2,a.jpg\n", id="BOM, other order, no label"),
        pytest.param(HEADER.strip() + ",score\r\na.jpg,cat,1,1,2,2,0.5\r\n", id="more columns, CRLF"),
        pytest.param(HEADER + "\n\na.jpg,cat,1.0,1,2.0,2\n\n", id="empty lines, decimal points"),
        pytest.param(HEADER + '"./a.jpg",cat,1,1,2,2', id="quotes, dot slash, no last line end"),
    ],
)
def test_csv_files_of_other_tools_are_read(tmp_path: Path, text: str) -> None:
    assert read_truth(_csv(tmp_path, text)).boxes == {"a.jpg": (Box(0, 0, 2, 2),)}


def test_names_that_are_no_text_match_the_source(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes(HEADER.encode() + b"cat/\xff.jpg,cat,1,1,2,2\n")

    assert list(read_truth(path).boxes) == [os.fsdecode(b"cat/\xff.jpg")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "expected a header .* found nothing", id="empty"),
        pytest.param("a.jpg,cat,1,1,2,2\n", "expected a header .* add file, xmin", id="no header"),
        pytest.param(HEADER + "a.jpg,cat,1,1,2,2\n\na.jpg,cat,1,x,2,2\n", "ymin in row 4 .*'x'", id="no number"),
        pytest.param(HEADER + "a.jpg,cat,1,1,2\n", "ymax in row 2 .*'nothing'", id="short row"),
        pytest.param(HEADER + "a.jpg,cat,1,1,2,\n", "ymax in row 2 .*'nothing'", id="empty field"),
        pytest.param(HEADER + "a.jpg,cat,-1,1,2,2\n", "xmin in row 2 .*'-1'", id="negative"),
        pytest.param(HEADER + "a.jpg,cat,nan,1,2,2\n", "xmin in row 2", id="nan"),
        pytest.param(HEADER + "a.jpg,cat,1,1,inf,2\n", "xmax in row 2", id="infinite"),
        pytest.param(HEADER + "a.jpg,cat,5,1,2,2\n", "xmin <= xmax .* row 2 .* 5,1,2,2", id="inverted"),
        pytest.param(HEADER + ",cat,1,1,2,2\n", "file of row 2", id="no file"),
        pytest.param(HEADER + "a" * 200_000 + "\n", "field larger than", id="huge field"),
    ],
)
def test_a_malformed_csv_file_is_named_with_its_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_truth(_csv(tmp_path, text))


@pytest.mark.parametrize("inner", [pytest.param("", id="folder"), pytest.param("Annotations", id="VOC root")])
def test_voc_files_are_read_by_their_stems(tmp_path: Path, inner: str) -> None:
    folder = tmp_path / inner
    folder.mkdir(exist_ok=True)
    (folder / "a.b.xml").write_text(_xml(_corners(1, 2, 40, 30), _corners("5.0", "6.4", 9, 9)))
    (folder / "empty.xml").write_text(_xml())
    (folder / "notes.txt").write_text("not ours")

    truth = read_truth(tmp_path)

    assert truth.boxes == {"a.b": (Box(0, 1, 40, 30), Box(4, 5, 9, 9)), "empty": ()}


def test_voc_files_that_begin_at_0_stay_inside_the_image(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(_xml(_corners(0, 0, 40, 30)))

    assert read_truth(tmp_path).boxes["a"] == (Box(0, 0, 40, 30),)


def test_our_own_files_come_back_as_they_were(tmp_path: Path) -> None:
    annotation = Annotation("\u00e9", Path("x"), "cat/x", "cat", Box(3, 4, 20, 25), (40, 30))
    (tmp_path / "\u00e9.xml").write_bytes(annotation_xml(annotation, {"cat": "cat"}))

    assert read_truth(tmp_path).boxes == {"\u00e9": (Box(3, 4, 20, 25),)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("<annotation>", r"VOC XML file at .*a\.xml", id="half a file"),
        pytest.param("", r"VOC XML file at .*a\.xml", id="empty"),
        pytest.param(_xml(""), r"xmin in object 1 of .*a\.xml", id="no corners"),
        pytest.param(_xml(_corners(1, 1, 2, 2), _corners(9, 1, 2, 2)), "object 2", id="inverted"),
    ],
)
def test_a_malformed_voc_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.xml").write_text(text)

    with pytest.raises(UsageError, match=message):
        read_truth(tmp_path)


def test_a_voc_file_cannot_make_us_read_another(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("7")
    (tmp_path / "a.xml").write_text(
        f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>' + _xml(_corners("&e;", 1, 9, 9))
    )

    with pytest.raises(UsageError, match="xmin"):
        read_truth(tmp_path)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_path_without_truth_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        read_truth(tmp_path / name)


def test_a_source_matches_before_a_stem_and_a_stem_before_an_id() -> None:
    by_source, by_stem, by_id = (Box(0, 0, size, size) for size in (1, 2, 3))
    truth = Truth({"cat/a.jpg": (by_source,), "other/b.png": (by_stem,), "cat-c": (by_id,)})

    assert truth.match("cat/a.jpg", "cat-c") == (by_source,)
    assert truth.match("cat/b.jpg", "cat-c") == (by_stem,)
    assert truth.match("cat/c.jpg", "cat-c") == (by_id,)
    assert truth.match("cat/d.jpg", "d") == ()


def test_a_stem_that_two_keys_have_says_nothing() -> None:
    truth = Truth({"x/a.jpg": (BOX,), "y/a.jpg": (BOX,), "z/a.jpg": (BOX,)})

    assert truth.match("cat/a.jpg", "a") == ()


def test_a_stem_that_two_images_have_says_nothing() -> None:
    truth = Truth({"a": (Box(0, 0, 1, 1),), "cat-a": (BOX,)})

    assert truth.match("cat/a.jpg", "cat-a", by_stem=False) == (BOX,)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "images", "boxes", "first"),
    [
        ("tiny10", 2000, 2000, Box(0, 10, 64, 59)),
        ("raccoon_kangaroo", None, 313, Box(80, 87, 522, 408)),
    ],
)
def test_the_real_data_sets_are_read(name: str, images: int | None, boxes: int, first: Box) -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / name / "boxes.csv"
    if not path.exists():
        pytest.skip(f"the real data of {path.parent} is not here")

    truth = read_truth(path)

    assert images is None or len(truth.boxes) == images
    assert sum(map(len, truth.boxes.values())) == boxes
    assert next(iter(truth.boxes.values()))[0] == first
