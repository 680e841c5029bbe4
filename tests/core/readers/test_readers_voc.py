from __future__ import annotations

import os
from pathlib import Path

import pytest
from written_datasets import jpeg, put, voc_object, voc_xml, write_voc

from annot_core.export.voc import annotation_xml
from annot_core.geometry import Box
from annot_core.readers import Kind, ReadDataset, ReadImage
from annot_core.readers.voc import VocReader
from annot_core.records import Annotation

SIZE = (40, 30)


def read(path: Path) -> ReadDataset:
    return VocReader().read(path)


def image_of(dataset: ReadDataset, image_id: str) -> ReadImage:
    (image,) = (one for one in dataset.images if one.image_id == image_id)
    return image


def told(dataset: ReadDataset) -> list[tuple[Kind, str]]:
    return [(finding.kind, finding.where) for finding in dataset.findings]


@pytest.mark.parametrize(
    "path", ["", "Annotations", "Annotations/a.xml"], ids=["folder", "folder of XML files", "one file"]
)
def test_a_data_set_is_read_from_wherever_it_is_named(tmp_path: Path, path: str) -> None:
    write_voc(tmp_path)

    dataset = read(tmp_path / path)

    assert dataset.root == tmp_path
    assert image_of(dataset, "a").name == "JPEGImages/a.jpg"
    assert len(dataset.images) == (1 if path.endswith("xml") else 3)
    assert dataset.findings == ()


def test_xml_files_beside_their_images_are_read(tmp_path: Path) -> None:
    put(tmp_path, "cats/one.xml", voc_xml("one.png", voc_object("cat", 1, 2, 3, 4)))
    put(tmp_path, "cats/one.png", jpeg())
    put(tmp_path, "cats/two.png", jpeg())

    dataset = read(tmp_path)

    assert [(image.name, image.annotation) for image in dataset.images] == [
        ("cats/one.png", "cats/one.xml"),
        ("cats/two.png", ""),
    ]
    assert dataset.images[0].objects[0].box(SIZE) == Box(0, 1, 3, 4)


def test_only_xml_files_of_voc_make_a_data_set(tmp_path: Path) -> None:
    put(tmp_path, "pom.xml", "<project/>")
    assert not VocReader().recognizes(tmp_path)

    put(tmp_path, "train/a.xml", '<?xml version="1.0"?>\n' + voc_xml("a.jpg"))
    assert VocReader().recognizes(tmp_path)


def test_an_image_of_another_name_is_found_and_told(tmp_path: Path) -> None:
    put(tmp_path, "Annotations/a.xml", voc_xml("b.png"))
    put(tmp_path, "JPEGImages/b.png", jpeg())

    dataset = read(tmp_path)

    assert dataset.images[0].name == "JPEGImages/b.png"
    assert told(dataset) == []


def test_the_image_with_the_id_goes_before_the_name_in_the_file(tmp_path: Path) -> None:
    put(tmp_path, "Annotations/a.xml", voc_xml("b.jpg"))
    for name in "ab":
        put(tmp_path, f"JPEGImages/{name}.jpg", jpeg())

    dataset = read(tmp_path)

    assert [(image.name, image.annotation) for image in dataset.images] == [
        ("JPEGImages/a.jpg", "Annotations/a.xml"),
        ("JPEGImages/b.jpg", ""),
    ]
    assert told(dataset) == [(Kind.FILE_NAME, "Annotations/a.xml")]


def test_our_own_files_come_back_as_they_were(tmp_path: Path) -> None:
    annotation = Annotation("\u00e9", Path("x"), "cat/x", "cat", Box(3, 4, 20, 25), SIZE)
    put(tmp_path, "Annotations/\u00e9.xml", annotation_xml(annotation, {"cat": "\u732b & co"}))

    (image,) = read(tmp_path).images

    assert (image.image_id, image.stated_size) == ("\u00e9", SIZE)
    assert [(one.class_name, one.box(SIZE)) for one in image.objects] == [("\u732b & co", Box(3, 4, 20, 25))]


@pytest.mark.parametrize(
    ("data", "name", "kinds"),
    [
        pytest.param("\ufeff{}".encode(), "b\u00e4r", [], id="BOM"),
        pytest.param(b"\r\n {}", "b\u00e4r", [], id="white space first"),
        pytest.param(b'<?xml version="1.0" encoding="ISO-8859-1"?>{}', "b\u00e4r", [], id="declared"),
        pytest.param(b"{}", "b\u00e4r", [Kind.ENCODING], id="not declared"),
        pytest.param(b'<?xml version="1.0" encoding="klingon"?>{}', "bear", [Kind.ENCODING], id="unknown encoding"),
        pytest.param(b'<?xml version="1.0" encoding="utf-16"?>{}', "bear", [Kind.ENCODING], id="not UTF-16"),
    ],
)
def test_files_in_any_encoding_are_read(tmp_path: Path, data: bytes, name: str, kinds: list[Kind]) -> None:
    is_latin = b"8859" in data or data == b"{}"
    body = voc_xml("a.jpg", voc_object(name, 1, 2, 3, 4)).replace("\n", "\r\n")
    put(tmp_path, "Annotations/a.xml", data.replace(b"{}", body.encode("latin-1" if is_latin else "utf-8")))

    dataset = read(tmp_path)

    assert [one.class_name for one in dataset.images[0].objects] == [name]
    assert [finding.kind for finding in dataset.findings] == kinds


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        pytest.param("", 0, "Document is empty", id="empty"),
        pytest.param("<annotation>\n<size>\n</annotation>", 3, "mismatch", id="wrong end"),
        pytest.param("<annotations/>", 1, "annotations", id="something else"),
        pytest.param("\0\1\2", 0, "", id="no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path, text: str, line: int, found: str) -> None:
    write_voc(tmp_path)
    put(tmp_path, "Annotations/a.xml", text)

    dataset = read(tmp_path)

    (finding,) = dataset.findings
    assert (finding.kind, finding.path) == (Kind.UNREADABLE, "Annotations/a.xml")
    assert found in finding.found
    assert line in (0, finding.line)
    assert not image_of(dataset, "a").is_whole
    assert image_of(dataset, "b").objects


def test_a_file_cannot_make_us_read_another(tmp_path: Path) -> None:
    put(tmp_path, "secret", "7")
    text = voc_xml("a.jpg", voc_object("cat", "&e;", 1, 9, 9), voc_object("&e;", 1, 1, 9, 9))
    put(tmp_path, "Annotations/a.xml", f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>{text}')

    (image,) = read(tmp_path).images

    assert image.objects == ()
    assert not image.is_whole


def test_entities_do_not_swell(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    text = f'<!DOCTYPE a [<!ENTITY e0 "x">{entities}]>' + voc_xml("a.jpg", voc_object("&e12;", 1, 1, 9, 9))
    put(tmp_path, "Annotations/a.xml", text)

    assert all(len(one.class_name) < 100 for image in read(tmp_path).images for one in image.objects)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(voc_object("", 1, 2, 3, 4), "name nothing", id="no name"),
        pytest.param(voc_object("cat", "", 2, 3, 4), "xmin nothing", id="no edge"),
        pytest.param(voc_object("cat", 1, 2, "nan", "x"), "xmax nan, ymax x", id="no numbers"),
        pytest.param("<object><name>cat</name></object>", "xmin nothing, ymin nothing", id="no box"),
    ],
)
def test_a_malformed_object_is_told_and_the_others_are_read(tmp_path: Path, text: str, found: str) -> None:
    put(tmp_path, "Annotations/a.xml", voc_xml("a.jpg", voc_object("dog", 5, 6, 7, 8), text))

    dataset = read(tmp_path)

    (finding,) = dataset.findings
    assert (finding.kind, finding.element) == (Kind.BAD_OBJECT, "object 2")
    assert found in finding.found
    assert finding.line == 22
    assert [one.class_name for one in dataset.images[0].objects] == ["dog"]
    assert not dataset.images[0].is_whole


def test_fractions_are_read_and_told(tmp_path: Path) -> None:
    put(tmp_path, "Annotations/a.xml", voc_xml("a.jpg", voc_object("cat", "1.0", "2.4", "3.6", "4")))

    dataset = read(tmp_path)

    assert dataset.images[0].objects[0].numbers == (1.0, 2.4, 3.6, 4.0)
    assert [finding.kind for finding in dataset.findings] == [Kind.FRACTION]


def test_boxes_of_parts_are_no_objects(tmp_path: Path) -> None:
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    text = voc_object("person", 1, 2, 30, 20).replace("</object>", f"{part}</object>")
    put(tmp_path, "Annotations/a.xml", voc_xml("a.jpg", text))

    assert [one.class_name for one in read(tmp_path).images[0].objects] == ["person"]


def test_lists_that_say_of_each_image_whether_it_has_a_class_are_no_sets(tmp_path: Path) -> None:
    write_voc(tmp_path)
    put(tmp_path, "ImageSets/Main/cat_train.txt", "a  1\nc -1\n")

    dataset = read(tmp_path)

    assert dataset.lists == ("train", "trainval", "val")
    assert image_of(dataset, "a").sets == ("train", "trainval")
    assert dataset.findings == ()


@pytest.mark.parametrize(
    ("line", "kind", "found"),
    [
        pytest.param("nowhere", Kind.NOT_THERE, "no such file", id="nothing"),
        pytest.param("bare", Kind.NOT_THERE, "an image without an XML file", id="image alone"),
        pytest.param("a", Kind.LISTED_TWICE, "a as in line 1", id="twice"),
    ],
)
def test_what_is_wrong_with_a_list_is_told_with_its_line(tmp_path: Path, line: str, kind: Kind, found: str) -> None:
    write_voc(tmp_path)
    put(tmp_path, "JPEGImages/bare.jpg", jpeg())
    put(tmp_path, "ImageSets/Main/train.txt", f"\ufeffa\r\n\r\nc\r\n{line}\r\n")

    (finding,) = read(tmp_path).findings

    assert (finding.kind, finding.where, finding.found) == (kind, "ImageSets/Main/train.txt:4", found)


def test_names_that_are_no_text_are_those_of_their_files(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xe4")
    put(tmp_path, f"Annotations/{name}.xml", voc_xml("a.jpg"))
    put(tmp_path, f"JPEGImages/{name}.jpg", jpeg())
    (tmp_path / "ImageSets" / "Main").mkdir(parents=True)
    (tmp_path / "ImageSets" / "Main" / "train.txt").write_bytes(b"\xff\xe4\n")

    dataset = read(tmp_path)

    assert dataset.images[0].sets == ("train",)
    assert [finding.kind for finding in dataset.findings] == [Kind.FILE_NAME, Kind.ENCODING]


def test_classes_of_a_labelmap_are_read(tmp_path: Path) -> None:
    write_voc(tmp_path)
    (tmp_path / "classes.txt").unlink()
    put(tmp_path, "labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\n")

    dataset = read(tmp_path)

    assert (dataset.classes, dataset.listed_in) == (("background", "cat"), "labelmap.txt")


def test_without_a_list_there_are_no_classes(tmp_path: Path) -> None:
    write_voc(tmp_path)
    (tmp_path / "classes.txt").unlink()

    assert read(tmp_path).classes is None


@pytest.mark.parametrize(
    ("width", "kind"), [("0", Kind.NO_SIZE), ("", Kind.NO_SIZE), ("wide", Kind.NO_SIZE)], ids=["0", "none", "word"]
)
def test_a_size_that_is_none_is_told(tmp_path: Path, width: str, kind: Kind) -> None:
    put(tmp_path, "Annotations/a.xml", voc_xml("a.jpg").replace("<width>40<", f"<width>{width}<"))

    dataset = read(tmp_path)

    assert dataset.images[0].stated_size is None
    assert [finding.kind for finding in dataset.findings] == [kind]
