"""The registry, `find_box`, and what every registered search has to do."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

import annot_core.search as search_room
from annot_core.errors import UsageError
from annot_core.search import create_search, find_box, search_names
from annot_core.search.contour import ContourSearch


def draw_maps():
    rng = np.random.default_rng(3)
    single = np.zeros((6, 8), dtype=bool)
    single[4, 7] = True
    return {
        "single pixel": single,
        "full": np.ones((5, 9), dtype=bool),
        "one row": np.array([[0, 1, 1, 0, 1, 0, 1]], dtype=bool),
        "one column": np.array([[0], [1], [0], [1]], dtype=bool),
        "two corners": np.array([[1, 0], [0, 1]], dtype=bool),
        "blobs": cv2.GaussianBlur(rng.random((48, 60)), (0, 0), 5) > 0.52,
        "noise": rng.random((31, 20)) < 0.2,
        "checkerboard": np.indices((12, 10)).sum(axis=0) % 2 == 0,
        "diagonal": np.eye(25, dtype=bool),
        "isolated": np.pad(np.ones((4, 4), dtype=bool), 9).repeat(2, axis=1)
        & (np.indices((22, 44)) % 3 == 0).all(axis=0),
    }


MAPS = draw_maps()


def naive_iou(box, mask):
    inside = np.zeros_like(mask)
    inside[box.top : box.bottom, box.left : box.right] = True
    return (inside & mask).sum() / (inside | mask).sum()


@pytest.fixture(params=search_names())
def search(request):
    return create_search(request.param, max_iter=2)


def test_names_in_the_order_offered():
    assert search_names() == ("exact", "ascent", "bayes", "contour", "ensemble")


@pytest.mark.parametrize("shape", [(7, 9), (1, 1), (0, 4)], ids=str)
def test_empty_map_has_no_box(search, shape):
    assert search.find(np.zeros(shape, dtype=bool)) is None


@pytest.mark.parametrize("name", MAPS)
def test_box_fits_and_score_is_its_iou_with_the_map(search, name):
    mask = MAPS[name]
    found = search.find(mask)
    assert found.box.fits(mask.shape[1], mask.shape[0])
    assert found.score == pytest.approx(naive_iou(found.box, mask), rel=1e-12)
    assert found.evaluations >= 1
    assert all(type(edge) is int for edge in found.box)


def test_no_box_beats_the_exact_one(search):
    for mask in MAPS.values():
        assert search.find(mask).score <= find_box(mask).score


def test_map_stays_as_it_is(search):
    mask = MAPS["blobs"].copy()
    mask.flags.writeable = False
    search.find(mask)
    assert (mask == MAPS["blobs"]).all()


def test_same_map_same_answer(search):
    first = search.find(MAPS["blobs"])
    search.find(MAPS["noise"])
    assert search.find(MAPS["blobs"]) == first


@pytest.mark.parametrize("view", [np.asfortranarray, lambda m: m.repeat(2, axis=0)[::2], lambda m: m[::-1, ::-1]])
def test_memory_layout_does_not_matter(search, view):
    viewed = view(MAPS["blobs"])
    assert search.find(viewed) == search.find(viewed.copy(order="C"))


@pytest.mark.parametrize("name", search_names())
@pytest.mark.parametrize(
    "convert",
    [
        lambda m: m.astype(np.uint8) * 255,
        lambda m: m.astype(np.float32) * -0.5,
        lambda m: m.astype(np.int64).T.copy().T,
        lambda m: m.tolist(),
    ],
    ids=["uint8", "float", "strided", "lists"],
)
def test_find_box_takes_everything_but_zero_as_foreground(name, convert):
    mask = MAPS["noise"]
    assert find_box(convert(mask), name, max_iter=1) == find_box(mask, name, max_iter=1)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros(4, dtype=bool), r"\(height, width\), found shape \(4,\)"),
        (np.zeros((2, 2, 3)), r"found shape \(2, 2, 3\)"),
        ([["a", "b"]], "numbers, found values of type"),
        (np.array([[1.0, np.nan]]), "without NaN"),
        (np.array([[None, 1]]), "found values of type object"),
    ],
    ids=["1-D", "3-D", "text", "NaN", "objects"],
)
def test_what_is_no_map_is_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        find_box(mask)


def test_unknown_search_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"exact, ascent, bayes, contour, ensemble; found 'best'"):
        find_box([[1]], "best")


def test_negative_steps_are_refused():
    with pytest.raises(UsageError, match="0 or more steps, found -1"):
        create_search("bayes", max_iter=-1)


def test_a_registered_class_is_handed_only_what_it_names(monkeypatch):
    monkeypatch.setitem(search_room.SEARCHES, "mine", "annot_core.search.contour:ContourSearch")
    assert isinstance(create_search("mine", max_iter=3, seed=4), ContourSearch)
    monkeypatch.setitem(search_room.SEARCHES, "mine", "annot_core.search.bayes:BayesSearch")
    assert vars(create_search("mine", max_iter=3, seed=4)) == {"_max_iter": 3, "_seed": 4}


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_listing_imports_no_search_and_no_numpy():
    code = "import sys, annot_core.search as s; s.search_names(); print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in run_python(code)}
    assert loaded.isdisjoint({"GPyOpt", "GPy", "matplotlib", "scipy", "cv2", "numpy"})


@pytest.mark.parametrize("name", [name for name in search_names() if name != "bayes"])
def test_only_bayes_imports_gpyopt(name):
    code = f"import sys, annot_core.search as s; s.find_box([[1, 0], [1, 1]], {name!r}); print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in run_python(code)}
    assert loaded.isdisjoint({"GPyOpt", "GPy", "matplotlib", "scipy"})
