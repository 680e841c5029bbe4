"""Light, wear, cut-outs, and pictures without their object."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annot_core.augment.bare import without_object
from annot_core.augment.cutout import covered, draw_cutout, uncovered
from annot_core.augment.light import GOOD_QUALITY, JPEG, as_jpeg, draw_quality, relit, worn
from annot_core.augment.settings import Effect
from annot_core.geometry import Box

SIZE = (40, 30)
SEEDS = st.integers(0, 10**6)


def picture(seed: int = 0) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    pixels.setflags(write=False)
    return pixels


@pytest.mark.parametrize("change", [relit, worn])
def test_without_effects_no_color_changes(change: type) -> None:
    for seed in range(10):
        assert (change(picture(), (), np.random.default_rng(seed)) == picture()).all()


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        (relit, Effect.BRIGHTNESS),
        (relit, Effect.CONTRAST),
        (relit, Effect.HUE),
        (worn, Effect.BLUR),
        (worn, Effect.NOISE),
    ],
)
def test_each_effect_changes_some_pictures_and_not_all(change: type, effect: Effect) -> None:
    same = [bool((change(picture(), {effect}, np.random.default_rng(seed)) == picture()).all()) for seed in range(40)]
    assert any(same)
    assert not all(same)


def test_brightness_moves_all_levels_alike() -> None:
    gray = np.full((4, 4, 3), 128, np.uint8)
    levels = {int(relit(gray, {Effect.BRIGHTNESS}, np.random.default_rng(seed))[0, 0, 0]) for seed in range(60)}
    assert min(levels) < 110
    assert max(levels) > 150


def test_gray_has_no_hue_to_change() -> None:
    gray = np.repeat(np.arange(120, dtype=np.uint8).reshape(10, 12, 1), 3, axis=2)
    for seed in range(20):
        assert (relit(gray, {Effect.HUE}, np.random.default_rng(seed)) == gray).all()


def test_blur_levels_and_noise_roughens() -> None:
    smooth = np.full((30, 40, 3), 128, np.uint8)
    blurred = [worn(picture(), {Effect.BLUR}, np.random.default_rng(seed)).std() for seed in range(40)]
    noisy = [worn(smooth, {Effect.NOISE}, np.random.default_rng(seed)).std() for seed in range(40)]
    assert max(blurred) <= picture().std()
    assert min(noisy) == 0
    assert 5 < max(noisy) < 13


def test_quality_varies_only_if_it_may() -> None:
    drawn = [draw_quality({Effect.JPEG}, np.random.default_rng(seed)) for seed in range(60)]
    assert {draw_quality((), np.random.default_rng(seed)) for seed in range(60)} == {GOOD_QUALITY}
    assert JPEG[1] <= min(drawn) < 60
    assert max(drawn) <= JPEG[2]


def test_a_jpeg_is_the_picture() -> None:
    flat = np.full((30, 40, 3), (200, 40, 90), np.uint8)
    with Image.open(io.BytesIO(as_jpeg(flat, 95))) as image:
        assert image.size == SIZE
        assert np.abs(np.asarray(image).astype(int) - flat).max() <= 3


@given(SEEDS, st.integers(1, 50), st.integers(1, 50))
def test_a_cutout_lies_in_the_picture(seed: int, width: int, height: int) -> None:
    cutout = draw_cutout((width, height), {Effect.CUTOUT}, np.random.default_rng(seed))
    assert cutout is None or cutout.fits(width, height)


def test_some_pictures_get_a_cutout_and_none_where_it_is_left_out() -> None:
    found = [draw_cutout(SIZE, {Effect.CUTOUT}, np.random.default_rng(seed)) for seed in range(100)]
    assert 5 < sum(one is not None for one in found) < 40
    assert not any(draw_cutout(SIZE, (), np.random.default_rng(seed)) for seed in range(100))


@pytest.mark.parametrize(
    ("cutout", "share"),
    [(None, 1.0), (Box(0, 0, 5, 5), 1.0), (Box(10, 10, 15, 20), 0.5), (Box(0, 0, 40, 30), 0.0)],
)
def test_what_a_cutout_leaves_of_a_box(cutout: Box | None, share: float) -> None:
    assert uncovered(Box(10, 10, 20, 20), cutout) == share


def test_a_cutout_covers_its_part_in_one_color_and_nothing_else() -> None:
    result = covered(picture(), Box(5, 6, 15, 16))
    assert len(np.unique(result[6:16, 5:15].reshape(-1, 3), axis=0)) == 1
    result[6:16, 5:15] = picture()[6:16, 5:15]
    assert (result == picture()).all()


def test_what_surrounds_an_object_runs_into_its_place() -> None:
    pixels = np.full((60, 80, 3), (30, 120, 200), np.uint8)
    pixels[20:40, 30:50] = 255
    bare = without_object(pixels, Box(30, 20, 50, 40))
    assert np.abs(bare.astype(int) - (30, 120, 200)).max() <= 12


@given(SEEDS)
def test_only_the_object_and_its_margin_change(seed: int) -> None:
    bare = without_object(picture(seed), Box(15, 10, 25, 20))
    bare[8:22, 13:27] = picture(seed)[8:22, 13:27]
    assert (bare == picture(seed)).all()


def test_an_object_that_fills_the_picture_leaves_its_mean_color() -> None:
    bare = without_object(picture(), Box(0, 0, *SIZE))
    assert np.abs(bare.astype(float) - picture().mean(axis=(0, 1))).max() <= 2
