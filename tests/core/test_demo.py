from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annot_core.demo import DemoSet, draw_demo
from annot_core.demo.hardware import Solid, pick_bolt, pick_nut
from annot_core.demo.picture import Kind, Setup, photograph, set_up
from annot_core.demo.surfaces import SURFACES, pick_surface
from annot_core.errors import DatasetError, UsageError
from annot_core.geometry import Box
from annot_core.progress import Event, StageAdvanced, StageFinished, StageStarted

SMALL = (80, 60)


def generator(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(key))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def truth_of(drawn: DemoSet) -> dict[str, Box]:
    with drawn.truth.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    edges = {row["file"]: [int(row[name]) for name in ("xmin", "ymin", "xmax", "ymax")] for row in rows}
    return {name: Box(left - 1, top - 1, right, bottom) for name, (left, top, right, bottom) in edges.items()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DemoSet:
    folder = tmp_path_factory.mktemp("demo") / "new" / "home"
    return draw_demo(folder, nuts=3, bolts=2, empty=2, size=SMALL, seed=4)


# ---- the folder


def test_folder_holds_the_asked_for_images_by_class(drawn: DemoSet) -> None:
    found = sorted(path.relative_to(drawn.images).as_posix() for path in drawn.images.rglob("*.*"))
    assert found == [
        "background/background-001.jpg",
        "background/background-002.jpg",
        "bolt/bolt-001.jpg",
        "bolt/bolt-002.jpg",
        "nut/nut-001.jpg",
        "nut/nut-002.jpg",
        "nut/nut-003.jpg",
    ]
    assert drawn.count == 7


def test_data_set_root_holds_class_folders_alone(drawn: DemoSet) -> None:
    assert sorted(path.name for path in drawn.images.iterdir()) == ["background", "bolt", "nut"]


def test_no_unfinished_file_is_left(drawn: DemoSet) -> None:
    assert sorted(path.name for path in drawn.truth.parent.iterdir()) == ["demo.json", "images", "truth.csv"]
    assert not list(drawn.images.rglob(".*"))


def test_class_of_no_images_has_no_folder(tmp_path: Path) -> None:
    one = draw_demo(tmp_path, nuts=0, bolts=1, empty=0, size=SMALL)
    assert [path.name for path in one.images.iterdir()] == ["bolt"]


def test_images_are_color_jpegs_of_the_asked_for_size(drawn: DemoSet) -> None:
    for path in drawn.images.rglob("*.jpg"):
        assert path.read_bytes()[:3] == b"\xff\xd8\xff"
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert pixels is not None
        assert pixels.shape == (SMALL[1], SMALL[0], 3)


def test_truth_is_csv_with_one_row_for_every_object(drawn: DemoSet) -> None:
    lines = drawn.truth.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file,label,xmin,ymin,xmax,ymax"
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["nut/nut-001.jpg", "nut"],
        ["nut/nut-002.jpg", "nut"],
        ["nut/nut-003.jpg", "nut"],
        ["bolt/bolt-001.jpg", "bolt"],
        ["bolt/bolt-002.jpg", "bolt"],
    ]


def test_truth_is_the_rendered_objects_own_tight_box(drawn: DemoSet) -> None:
    for code, (kind, count) in enumerate([(Kind.NUT, 3), (Kind.BOLT, 2)]):
        for index in range(count):
            mask = set_up(generator(4, code, index), kind, SMALL).mask()
            box = truth_of(drawn)[f"{kind}/{kind}-{index + 1:03d}.jpg"]
            assert box.fits(*SMALL)
            inside = mask[box.top : box.bottom, box.left : box.right]
            assert inside.sum() == mask.sum()
            assert inside[0].any()
            assert inside[-1].any()
            assert inside[:, 0].any()
            assert inside[:, -1].any()


def test_drawing_again_elsewhere_gives_the_same_bytes(drawn: DemoSet, tmp_path: Path) -> None:
    draw_demo(tmp_path, nuts=3, bolts=2, empty=2, size=SMALL, seed=4)
    assert contents(tmp_path) == contents(drawn.truth.parent)


def test_more_images_do_not_change_the_earlier_ones(drawn: DemoSet, tmp_path: Path) -> None:
    more = draw_demo(tmp_path, nuts=1, bolts=3, empty=0, size=SMALL, seed=4)
    before, after = contents(drawn.images), contents(more.images)
    shared = before.keys() & after.keys()
    assert len(shared) == 3
    assert all(before[name] == after[name] for name in shared)
    assert all(truth_of(drawn)[name] == truth_of(more)[name] for name in shared)


def test_another_seed_gives_other_pictures(drawn: DemoSet, tmp_path: Path) -> None:
    other = draw_demo(tmp_path, nuts=3, bolts=2, empty=2, size=SMALL, seed=5)
    before, after = contents(drawn.images), contents(other.images)
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)


def test_run_cut_short_is_finished_without_touching_what_is_there(drawn: DemoSet, tmp_path: Path) -> None:
    wanted = contents(drawn.truth.parent)
    for name in ("demo.json", "images/nut/nut-001.jpg", "images/bolt/bolt-002.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[name])
    (tmp_path / "images/nut/.nut-002.jpg.part").write_bytes(b"half a pic")
    (tmp_path / ".truth.csv.part").write_bytes(b"file,la")
    kept = (tmp_path / "images/nut/nut-001.jpg").stat().st_mtime_ns
    draw_demo(tmp_path, nuts=3, bolts=2, empty=2, size=SMALL, seed=4)
    assert contents(tmp_path) == wanted
    assert (tmp_path / "images/nut/nut-001.jpg").stat().st_mtime_ns == kept


def test_run_cut_short_before_its_settings_were_written_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / ".demo.json.part").write_bytes(b"{")
    assert draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL).count == 1


def test_output_beside_the_images_is_no_hindrance(tmp_path: Path) -> None:
    draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL)
    (tmp_path / "images-annotated").mkdir()
    assert draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL).count == 1


def test_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(DatasetError, match=r"'thesis\.tex'.*choose another folder"):
        draw_demo(tmp_path, size=SMALL)
    assert contents(tmp_path) == {"thesis.tex": b"mine"}


@pytest.mark.parametrize("name", ["cat/cat-1.jpg", "nut/mine.jpg", "nut/nut-002.jpg"])
def test_image_that_is_not_the_demos_is_refused(tmp_path: Path, name: str) -> None:
    draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL)
    strange = tmp_path / "images" / name
    strange.parent.mkdir(exist_ok=True)
    strange.write_bytes(b"mine")
    with pytest.raises(DatasetError, match="only the demo's own pictures"):
        draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL)


def test_other_settings_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL)
    before = contents(tmp_path)
    with pytest.raises(DatasetError, match="choose another folder"):
        draw_demo(tmp_path, nuts=1, bolts=0, empty=0, size=SMALL, seed=1)
    assert contents(tmp_path) == before


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DatasetError, match="choose another folder"):
        draw_demo(tmp_path / "file", size=SMALL)


@pytest.mark.parametrize(
    ("count", "size", "seed"),
    [
        pytest.param(-1, SMALL, 0, id="negative count"),
        pytest.param(0, SMALL, 0, id="nothing to draw"),
        pytest.param(1, (47, 60), 0, id="too small"),
        pytest.param(1, (2049, 2048), 0, id="too large"),
        pytest.param(1, (301, 100), 0, id="too wide"),
        pytest.param(1, (100, 301), 0, id="too high"),
        pytest.param(1, SMALL, -1, id="negative seed"),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_made(
    tmp_path: Path, count: int, size: tuple[int, int], seed: int
) -> None:
    with pytest.raises(UsageError, match="expected"):
        draw_demo(tmp_path / "new", nuts=count, bolts=0, empty=0, size=size, seed=seed)
    assert not (tmp_path / "new").exists()


def test_settings_are_on_disk(drawn: DemoSet) -> None:
    settings = json.loads((drawn.truth.parent / "demo.json").read_text(encoding="utf-8"))
    assert settings["nuts"] == 3
    assert settings["seed"] == 4


def test_progress_counts_up_to_the_number_of_images(tmp_path: Path) -> None:
    heard: list[Event] = []
    ticks = iter([10.0, 12.5])
    draw_demo(tmp_path, nuts=1, bolts=0, empty=1, size=SMALL, listener=heard.append, clock=lambda: next(ticks))
    assert isinstance(heard[0], StageStarted)
    assert heard[0].total == 2
    assert [event.done for event in heard if isinstance(event, StageAdvanced)] == [1, 2]
    assert isinstance(heard[-1], StageFinished)
    assert heard[-1].seconds == 2.5


# ---- the pictures

SIZES = {"square": (64, 64), "portrait": (200, 300), "landscape": (320, 240), "wide": (240, 80)}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("kind", [Kind.NUT, Kind.BOLT])
def test_objects_lie_wholly_inside_at_a_sensible_size(kind: Kind, size: tuple[int, int]) -> None:
    width, height = size
    for index in range(8):
        box = set_up(generator(7, index), kind, size).box()
        assert box is not None
        assert min(box.left, box.top, width - box.right, height - box.bottom) >= 1
        assert 0.03 < box.area / (width * height) < 0.45


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_photographs_decode_to_their_size(size: tuple[int, int]) -> None:
    data = photograph(generator(1), set_up(generator(1), Kind.NUT, size), table=0)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (size[1], size[0], 3)


def test_size_and_place_vary_so_that_fixed_boxes_fit_poorly() -> None:
    width, height = SMALL
    whole, middle = Box(0, 0, width, height), Box(8, 6, 72, 54)
    boxes = [set_up(generator(0, code, k), kind, SMALL).box() for code, kind in enumerate(Kind) for k in range(30)]
    objects = [box for box in boxes if box is not None]
    assert len(objects) == 60
    assert np.mean([box.iou(whole) for box in objects]) < 0.3
    assert np.mean([box.iou(middle) for box in objects]) < 0.35


def test_empty_table_has_no_object() -> None:
    setup = set_up(generator(2), Kind.BACKGROUND, SMALL)
    assert setup.box() is None
    assert not setup.mask().any()


def test_object_is_in_the_picture_where_its_mask_says() -> None:
    setup = set_up(generator(3), Kind.NUT, SMALL)
    bare = Setup(setup.camera, setup.lights, None, None)
    shown, table = (
        cv2.imdecode(np.frombuffer(photograph(generator(8), each, table=4), np.uint8), cv2.IMREAD_GRAYSCALE)
        for each in (setup, bare)
    )
    assert shown is not None
    assert table is not None
    change = np.abs(shown.astype(np.float64) - table)
    assert change[setup.mask()].mean() > 2 * change[~setup.mask()].mean()


def test_mask_is_where_rays_meet_the_solid() -> None:
    # Every ray is sampled finely, with no step that trusts the distance.
    for kind, key in ((Kind.NUT, 11), (Kind.BOLT, 12)):
        setup = set_up(generator(key), kind, (48, 48))
        assert setup.thing is not None
        x, y = (axis.ravel() + 0.5 for axis in np.meshgrid(np.arange(48.0), np.arange(48.0)))
        rays = setup.camera.rays(x, y)
        closest = np.full(x.size, np.inf)
        hull = setup.thing.hull()
        away = np.linalg.norm(hull - setup.camera.place[:, None], axis=0)
        for t in np.arange(0.9 * away.min(), 1.1 * away.max(), 0.004):
            points = setup.thing.inward(setup.camera.place[:, None] + rays * t)
            closest = np.minimum(closest, setup.thing.solid.distance(points))
        mask = setup.mask().ravel()
        # Half-covered pixels may go either way: a pixel's half width is the room for that.
        room = 0.6 / setup.camera.focal * away.max() / setup.thing.scale
        assert mask[closest < -room].all()
        assert not mask[closest > room].any()
        assert (closest < -room).sum() > 30


@pytest.mark.parametrize("table", range(len(SURFACES)))
def test_surfaces_are_reflectances_with_texture(table: int) -> None:
    surface = pick_surface(generator(6), 160, table)
    assert surface.reflectance.shape == (160, 160, 3)
    assert surface.reflectance.dtype == np.float32
    assert surface.reflectance.min() > 0
    assert surface.reflectance.max() <= 0.9
    assert surface.reflectance.std() > 0.003
    assert 0 <= surface.gloss <= 1


# ---- the solids

coordinates = st.floats(-5, 5, width=32)


@given(seed=st.integers(0, 40), start=st.tuples(coordinates, coordinates, coordinates), data=st.data())
@settings(max_examples=150, deadline=None)
def test_distance_never_overstates_the_way_to_the_surface(
    seed: int, start: tuple[float, float, float], data: st.DataObject
) -> None:
    solid: Solid = (pick_nut if seed % 2 else pick_bolt)(generator(seed))[0]
    here = np.array(start, np.float32)
    ray = np.array(data.draw(st.tuples(coordinates, coordinates, coordinates)), np.float32)
    gap = float(solid.distance(here[:, None])[0])
    length = float(np.linalg.norm(ray))
    if gap <= 0 or length < 1e-3:
        return
    # Within 98 % of the claimed distance, in any direction, there must be no surface.
    ways = ray / length * np.linspace(0, 0.98 * gap, 60)[:, None]
    assert solid.distance((here + ways).T.astype(np.float32)).min() > -1e-4


@pytest.mark.parametrize("pick", [pick_nut, pick_bolt])
def test_solid_lies_inside_its_hull_and_is_only_turned(
    pick: Callable[[np.random.Generator], tuple[Solid, NDArray[np.float64]]],
) -> None:
    for seed in range(12):
        solid, rotation = pick(generator(seed))
        corners = solid.hull()
        assert np.allclose(rotation @ rotation.T, np.eye(3))
        assert math.isclose(np.linalg.det(rotation), 1.0, abs_tol=1e-9)
        low, high = corners.min(axis=1), corners.max(axis=1)
        points = generator(seed).uniform(low - 0.5, high + 0.5, (4000, 3)).T.astype(np.float32)
        inside = solid.distance(points) < 0
        assert inside.sum() > 50
        assert (points[:, inside] >= low[:, None] - 1e-3).all()
        assert (points[:, inside] <= high[:, None] + 1e-3).all()
