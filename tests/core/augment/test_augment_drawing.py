"""One augmented image: its bytes, its size, and that the box is where the object is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from drawn_folders import PATCH, SIZE, draw
from PIL import Image

from annot_core.augment.drawing import Drawer, Drawn
from annot_core.augment.settings import AugmentSettings, Effect
from annot_core.errors import ImageError, UsageError
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.records import Annotation

PLAIN = AugmentSettings(without=frozenset(Effect))
MOVED = AugmentSettings(
    without={Effect.BRIGHTNESS, Effect.CONTRAST, Effect.HUE, Effect.BLUR, Effect.NOISE, Effect.JPEG, Effect.CUTOUT}
)


def kept(folder: Path, tone: str = "bright", box: Box | None = PATCH, size: tuple[int, int] = SIZE) -> Annotation:
    path = draw(folder / tone / "photo.png", tone)
    if size != SIZE:
        with Image.open(path) as image:
            image.resize(size, Image.Resampling.NEAREST).save(path)
    return Annotation("photo", path, f"{tone}/photo.png", tone, box, size, content_hash(path))


def heatmap(source: str) -> np.ndarray:
    grid = np.zeros((12, 16), np.float16)
    grid[2:8, 2:8] = 1
    return grid


def pixels(drawn: Drawn) -> np.ndarray:
    with Image.open(io.BytesIO(drawn.jpeg)) as image:
        assert image.mode == "RGB"
        assert image.size == drawn.size
        return np.asarray(image)


def test_without_effects_an_image_is_as_it_was(tmp_path: Path) -> None:
    photo = kept(tmp_path)
    drawn = Drawer(PLAIN, heatmap).draw(photo, None, 1)
    with Image.open(photo.path) as image:
        assert np.abs(pixels(drawn).astype(int) - np.asarray(image)).max() <= 12
    assert drawn.box == PATCH


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    photo = kept(tmp_path)
    first = [Drawer(AugmentSettings(), heatmap).draw(photo, None, number).jpeg for number in range(8)]
    drawer = Drawer(AugmentSettings(), heatmap)
    assert [drawer.draw(photo, None, number).jpeg for number in reversed(range(8))] == first[::-1]


@pytest.mark.parametrize(("seed", "number", "draft"), [(1, 5, 0), (0, 6, 0), (0, 5, 1)])
def test_other_numbers_give_another_image(tmp_path: Path, seed: int, number: int, draft: int) -> None:
    photo = kept(tmp_path)
    first = Drawer(AugmentSettings(), heatmap).draw(photo, None, 5)
    other = Drawer(AugmentSettings(seed=seed), heatmap).draw(photo, None, number, draft)
    assert first.jpeg != other.jpeg


@pytest.mark.parametrize("is_pasted", [False, True], ids=["own ground", "another ground"])
def test_the_object_is_in_its_box_and_nowhere_else(tmp_path: Path, is_pasted: bool) -> None:
    photo = kept(tmp_path)
    ground = kept(tmp_path / "other", "dark", Box(0, 0, 36, 32)) if is_pasted else None
    for number in range(40):
        drawn = Drawer(MOVED, heatmap).draw(photo, ground, number)
        assert drawn.box is not None
        bright = pixels(drawn)[..., 0] > 200
        left, top, right, bottom = drawn.box
        assert bright[top:bottom, left:right].mean() > 0.5
        bright[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
        assert not bright.any()
        # The ground's own object stays behind.
        assert pixels(drawn).min() > 60 or not is_pasted


def test_a_large_image_is_shrunk_to_the_longest_side(tmp_path: Path) -> None:
    photo = kept(tmp_path, size=(640, 480), box=Box(80, 100, 320, 300))
    drawn = Drawer(AugmentSettings(longest_side_px=64, without=frozenset(Effect)), heatmap).draw(photo, None, 1)
    assert drawn.size == (64, 48)
    assert drawn.box == Box(8, 10, 32, 30)


def test_an_image_without_an_object_has_no_box(tmp_path: Path) -> None:
    assert Drawer(AugmentSettings(), heatmap).draw(kept(tmp_path, box=None), None, 1).box is None


def test_a_file_that_changed_is_refused(tmp_path: Path) -> None:
    photo = kept(tmp_path)
    draw(photo.path, "dark")
    with pytest.raises(ImageError, match="changed since its box was kept"):
        Drawer(AugmentSettings(), heatmap).draw(photo, None, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"min_visible": 1.5}, {"background_share": -0.1}, {"min_score": 2.0}, {"seed": -1}, {"longest_side_px": 0}],
)
def test_settings_out_of_range_are_told(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="expected"):
        AugmentSettings(**wrong)  # type: ignore[arg-type]
