"""Which image and which class another program means."""

from __future__ import annotations

import pytest

from annot_core.importing.class_names import ClassNames
from annot_core.importing.matching import Matcher
from annot_core.readers import ReadImage

SESSION = [
    ("a", "cat/a.jpg"),
    ("dog-a", "dog/a.jpg"),
    ("img_7", "dog/img 7.png"),
    ("caf\u00e9", "cat/caf\u00e9.jpg"),
    ("only", "cat/deep/only.jpg"),
    ("x-1", "cat/x.jpg"),
    ("x-2", "dog/x.png"),
    ("train-t", "train/t.jpg"),
    ("t", "car/t.jpg"),
]


def image(name: str, image_id: str | None = None) -> ReadImage:
    return ReadImage(name, image_id or name.rpartition("/")[2].rpartition(".")[0], None, "x")


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        pytest.param("JPEGImages/dog-a.jpg", ("dog/a.jpg",), id="id"),
        pytest.param("images/train/DOG-A.jpg", ("dog/a.jpg",), id="id in another case"),
        pytest.param("cafe\u0301.png", ("cat/caf\u00e9.jpg",), id="id with the accent apart"),
        pytest.param("dog/a.jpg", ("dog/a.jpg",), id="whole source before the id of another"),
        pytest.param("data/dog/img 7.png", ("dog/img 7.png",), id="last folders"),
        pytest.param("img 7.png", ("dog/img 7.png",), id="file name"),
        pytest.param("IMG 7.PNG", ("dog/img 7.png",), id="file name in another case"),
        pytest.param("img 7.jpg", ("dog/img 7.png",), id="file name with another ending"),
        pytest.param("deep/only.jpg", ("cat/deep/only.jpg",), id="part of the source"),
        pytest.param("x.png", ("dog/x.png",), id="ending tells apart"),
        pytest.param("x.bmp", ("cat/x.jpg", "dog/x.png"), id="no ending tells apart"),
        pytest.param("images/train/t.jpg", ("car/t.jpg", "train/t.jpg"), id="id and folders disagree"),
        pytest.param("images/0f1e2d3c-dog-a.jpg", ("dog/a.jpg",), id="Label Studio"),
        pytest.param(
            "train/images/only_jpg.rf.d41d8cd98f00b204e9800998ecf8427e.jpg", ("cat/deep/only.jpg",), id="Roboflow"
        ),
        pytest.param("0f1e2d3c-x.bmp", ("cat/x.jpg", "dog/x.png"), id="Label Studio, a name that two have"),
        pytest.param("0f1e2d3-only.jpg", (), id="not quite Label Studio"),
        pytest.param("zebra.jpg", (), id="nothing"),
    ],
)
def test_an_image_is_matched_by_what_it_is_called(name: str, sources: tuple[str, ...]) -> None:
    assert Matcher(SESSION).match(image(name)) == sources


def test_the_id_of_an_annotation_counts_whatever_its_image_is_called() -> None:
    assert Matcher(SESSION).match(image("JPEGImages/0001.jpg", "dog-a")) == ("dog/a.jpg",)


@pytest.fixture
def classes() -> ClassNames:
    return ClassNames(["cat", "traffic light", "nut: M8", "Dog", "dog"], {"wall"}, ["traffic light", "cat"])


@pytest.mark.parametrize(
    ("label", "number", "name"),
    [
        pytest.param("cat", None, "cat", id="label"),
        pytest.param("nut_ M8", None, "nut: M8", id="label of a name that had to be changed"),
        pytest.param("nut: M8", None, "nut: M8", id="name"),
        pytest.param("Cat ", None, "cat", id="other case"),
        pytest.param("trafficlight", None, "traffic light", id="no white space"),
        pytest.param("DOG", None, "DOG", id="case that fits two"),
        pytest.param("", 0, "traffic light", id="number"),
        pytest.param("", 2, None, id="number that is too large"),
        pytest.param("", None, None, id="nothing"),
        pytest.param("ape", 0, "ape", id="new"),
        pytest.param("wall", None, "wall", id="background"),
    ],
)
def test_a_class_is_found_by_its_label(classes: ClassNames, label: str, number: int | None, name: str | None) -> None:
    assert classes.find(label, number) == name


def test_classes_without_an_object_are_known(classes: ClassNames) -> None:
    assert [classes.is_background(name) for name in ("wall", "Background", "cat")] == [True, True, False]
    assert [classes.is_new(name) for name in ("wall", "Background", "cat", "ape")] == [False, False, False, True]
