from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from annot_core.errors import ExportError
from annot_core.export.contract import Counts, Destination
from annot_core.export.voc import VocExporter, annotation_xml, labelmap, voc_color
from annot_core.export.writing import Staging
from annot_core.geometry import Box
from annot_core.records import Annotation

BOX = Box(3, 4, 20, 25)


def _annotation(image_id: str, class_name: str = "cat", box: Box | None = BOX) -> Annotation:
    return Annotation(image_id, Path("x.png"), "cat/x.png", class_name, box, (40, 30))


def _export(folder: Path, annotations: list[Annotation], split: dict[str, str]) -> Destination:
    sets = ("train", "val", "test") if "test" in split.values() else ("train", "val")
    destination = Destination(folder, ("cat", "dog"), {"cat": "cat", "dog": "dog"}, split, sets)
    (folder / "JPEGImages").mkdir(exist_ok=True)
    for annotation in annotations:
        destination.image_path(annotation.image_id).write_bytes(b"jpeg")
    with Staging(folder) as staging:
        VocExporter().export(sorted(annotations, key=lambda one: one.image_id), destination, staging.producer("voc"))
    return destination


def test_an_xml_file_has_every_field_in_order() -> None:
    assert annotation_xml(_annotation("a"), {"cat": "Cat & <co>"}).decode() == (
        "<annotation>\n"
        "  <folder>JPEGImages</folder>\n"
        "  <filename>a.jpg</filename>\n"
        "  <size>\n"
        "    <width>40</width>\n"
        "    <height>30</height>\n"
        "    <depth>3</depth>\n"
        "  </size>\n"
        "  <segmented>0</segmented>\n"
        "  <object>\n"
        "    <name>Cat &amp; &lt;co&gt;</name>\n"
        "    <pose>Unspecified</pose>\n"
        "    <truncated>0</truncated>\n"
        "    <difficult>0</difficult>\n"
        "    <bndbox>\n"
        "      <xmin>4</xmin>\n"
        "      <ymin>5</ymin>\n"
        "      <xmax>20</xmax>\n"
        "      <ymax>25</ymax>\n"
        "    </bndbox>\n"
        "  </object>\n"
        "</annotation>\n"
    )


def test_an_image_without_an_object_has_no_object() -> None:
    root = etree.fromstring(annotation_xml(_annotation("a", "nothing", None), {}))

    assert [child.tag for child in root] == ["folder", "filename", "size", "segmented"]


def test_a_reader_that_hands_lxml_a_string_can_read_it() -> None:
    text = annotation_xml(_annotation("\u00e9"), {"cat": "\u732b"}).decode()

    assert etree.fromstring(text).findtext("object/name") == "\u732b"


@pytest.mark.parametrize(
    ("box", "truncated"),
    [
        pytest.param(Box(1, 1, 39, 29), "0", id="inside"),
        pytest.param(Box(0, 1, 39, 29), "1", id="left"),
        pytest.param(Box(1, 0, 39, 29), "1", id="top"),
        pytest.param(Box(1, 1, 40, 29), "1", id="right"),
        pytest.param(Box(1, 1, 39, 30), "1", id="bottom"),
    ],
)
def test_a_box_at_the_border_is_truncated(box: Box, truncated: str) -> None:
    root = etree.fromstring(annotation_xml(_annotation("a", box=box), {"cat": "cat"}))

    assert root.findtext("object/truncated") == truncated


def test_the_lists_hold_sorted_ids_once(tmp_path: Path) -> None:
    _export(
        tmp_path,
        [_annotation("b"), _annotation("c", "nothing", None), _annotation("a")],
        {"a": "val", "b": "train", "c": "train"},
    )

    lists = {path.name: path.read_bytes() for path in (tmp_path / "ImageSets" / "Main").iterdir()}
    assert lists == {"trainval.txt": b"a\nb\nc\n", "train.txt": b"b\nc\n", "val.txt": b"a\n"}


def test_what_is_for_testing_has_a_list_of_its_own_and_is_not_in_trainval(tmp_path: Path) -> None:
    destination = _export(tmp_path, [_annotation("a"), _annotation("b")], {"a": "test", "b": "train"})

    assert (tmp_path / "ImageSets" / "Main" / "test.txt").read_bytes() == b"a\n"
    assert (tmp_path / "ImageSets" / "Main" / "trainval.txt").read_bytes() == b"b\n"
    assert VocExporter().count(destination) == Counts(2, 2)


def test_an_empty_export_has_its_lists(tmp_path: Path) -> None:
    _export(tmp_path, [], {})

    assert (tmp_path / "ImageSets" / "Main" / "val.txt").read_bytes() == b""


def test_labelmap_is_as_cvat_and_datumaro_read_it() -> None:
    assert labelmap(["nut", "bolt M8"]) == (
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nnut:128,0,0::\nbolt M8:0,128,0::\n"
    )


def test_labelmap_has_background_once() -> None:
    assert labelmap(["a", "background", "b"]).count("background:") == 1


def test_the_colors_are_those_of_voc() -> None:
    # The first and the last classes of VOC2012, and the color of its void label.
    assert [voc_color(index) for index in (0, 1, 8, 15, 20)] == [
        (0, 0, 0),
        (128, 0, 0),
        (64, 0, 0),
        (192, 128, 128),
        (0, 64, 128),
    ]
    assert voc_color(255) == (224, 224, 192)


def test_no_two_classes_share_a_color() -> None:
    assert len({voc_color(index) for index in range(5000)}) == 5000


def test_counting_reads_the_files(tmp_path: Path) -> None:
    annotations = [_annotation("a"), _annotation("b", "nothing", None)]
    destination = _export(tmp_path, annotations, {"a": "train", "b": "val"})

    assert VocExporter().count(destination) == Counts(2, 1)


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        pytest.param("Annotations/a.xml", None, r"Annotations/a\.xml", id="no XML"),
        pytest.param("Annotations/a.xml", b"<annotation>", r"Annotations/a\.xml", id="half an XML"),
        pytest.param("JPEGImages/a.jpg", None, r"a\.jpg in JPEGImages", id="no JPEG"),
        pytest.param("ImageSets/Main/train.txt", b"", "each id of trainval", id="an id in no set"),
        pytest.param("ImageSets/Main/val.txt", b"a\nb\n", "each id of trainval", id="an id in two sets"),
        pytest.param("ImageSets/Main/trainval.txt", None, "trainval", id="no list"),
    ],
)
def test_what_does_not_read_back_is_an_error(tmp_path: Path, path: str, data: bytes | None, message: str) -> None:
    destination = _export(tmp_path, [_annotation("a"), _annotation("b")], {"a": "train", "b": "val"})
    (tmp_path / path).unlink()
    if data is not None:
        (tmp_path / path).write_bytes(data)

    with pytest.raises(ExportError, match=message):
        VocExporter().count(destination)
