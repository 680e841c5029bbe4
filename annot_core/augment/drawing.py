"""One augmented image from its original: geometry, ground, cut-out, light and wear, as a JPEG with its box."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annot_core.augment.bare import without_object
from annot_core.augment.cutout import covered
from annot_core.augment.homography import about, frame_scale, shows_twice, stretching, translation, warped, warped_mask
from annot_core.augment.layout import Frames, Layout, draw_layout
from annot_core.augment.light import as_jpeg, draw_quality, relit, worn
from annot_core.augment.pasting import free_part, laid_over, object_mask
from annot_core.augment.settings import AugmentSettings, Effect
from annot_core.errors import ImageError
from annot_core.geometry import Box
from annot_core.imaging import read_image, resize
from annot_core.limits import MAX_PIXELS
from annot_core.records import Annotation

_KEPT_PICTURES: Final = 64
# Each part of a picture draws from numbers of its own, so that leaving out one effect does not alter the others.
_GEOMETRY, _CUTOUT, _LIGHT, _WEAR, _QUALITY, _GROUND = range(6)

Heatmaps = Callable[[str], NDArray[np.float16]]
"""Gives an image's heat map, (h, w), by its source."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """An augmented image: the bytes of a JPEG of `size` (width, height), and its box, None where it has none."""

    jpeg: bytes
    size: tuple[int, int]
    box: Box | None


class Drawer:
    """Draws copies with the same settings; threads may share it, and it remembers a few decoded pictures."""

    def __init__(self, settings: AugmentSettings, heatmaps: Heatmaps) -> None:
        self._settings = settings
        self._effects = frozenset(Effect).difference(settings.without)
        self._heatmaps = heatmaps
        self._picture = functools.lru_cache(_KEPT_PICTURES)(_read)

    def draw(self, original: Annotation, ground: Annotation | None, number: int, draft: int = 0) -> Drawn:
        """Draw a copy; the same arguments give the same bytes.

        Args:
            original: a kept image.
            ground: an image that has room for its object; None where that keeps its own ground.
            number: of the copy; another number gives another picture.
            draft: another one gives another picture too.

        Raises:
            ImageError: one of the images cannot be read, or changed since it was kept; the message is a reason.
        """

        def rng(part: int) -> np.random.Generator:
            return np.random.default_rng([self._settings.seed, number, draft, part])

        free = None if ground is None else free_part(ground.box, ground.image_size)
        size = self._fitting(original.image_size if free is None else (free.width, free.height))
        frames = Frames(original.image_size, original.box, size, is_pasted=free is not None)
        layout = draw_layout(frames, self._effects, self._settings.min_visible, rng(_GEOMETRY), rng(_CUTOUT))
        if ground is None or free is None:
            pixels = self._on_own_ground(original, layout)
        else:
            pixels = self._on_ground(original, layout, self._bare_ground(ground, free, size, rng(_GROUND)))
        pixels = relit(covered(pixels, layout.cutout), self._effects, rng(_LIGHT))
        pixels = worn(pixels, self._effects, rng(_WEAR))
        return Drawn(as_jpeg(pixels, draw_quality(self._effects, rng(_QUALITY))), size, layout.box)

    def _fitting(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return a size, shrunk to the longest side that is asked for."""
        shrink = min(1.0, self._settings.longest_side_px / max(size))
        return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))

    def _read(self, image: Annotation, size: tuple[int, int]) -> NDArray[np.uint8]:
        return self._picture(image.path, image.content, image.image_size, size)

    def _on_own_ground(self, original: Annotation, layout: Layout) -> NDArray[np.uint8]:
        working = self._fitting(original.image_size)
        pixels, box = self._read(original, working), original.box
        matrix = layout.matrix @ frame_scale(working, original.image_size)
        if box is None or not shows_twice(box, original.image_size, layout.matrix, layout.size):
            return warped(pixels, matrix, layout.size)
        beyond = warped(without_object(pixels, box.scaled(original.image_size, working)), matrix, layout.size)
        within = warped_mask(np.ones(pixels.shape[:2], dtype=np.float32), matrix, layout.size)
        return laid_over(beyond, warped(pixels, matrix, layout.size), within)

    def _on_ground(self, original: Annotation, layout: Layout, ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert original.box is not None, "only an object can be set onto another ground"
        working = self._fitting(original.image_size)
        matrix = layout.matrix @ frame_scale(working, original.image_size)
        mask = object_mask(self._heatmaps(original.source), original.box, original.image_size, working)
        pixels = warped(self._read(original, working), matrix, layout.size)
        return laid_over(ground, pixels, warped_mask(mask, matrix, layout.size))

    def _bare_ground(
        self, ground: Annotation, free: Box, size: tuple[int, int], rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """Return the free part of an image in a size, now and then as its mirror image."""
        width, height = ground.image_size
        working = max(1, round(width * size[0] / free.width)), max(1, round(height * size[1] / free.height))
        pixels = self._read(ground, working)
        matrix = frame_scale((free.width, free.height), size) @ translation(-free.left, -free.top)
        if rng.random() < 1 / 2 and Effect.FLIP in self._effects:
            matrix = about((size[0] / 2, size[1] / 2), stretching(-1, 1)) @ matrix
        return warped(pixels, matrix @ frame_scale(working, ground.image_size), size)


def _read(path: Path, content: str, image_size: tuple[int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an image in another size (width, height), read-only, after making sure that it is still the same."""
    # What was kept was within the limit that held then.
    image = read_image(path, fit=size, max_pixels=max(MAX_PIXELS, image_size[0] * image_size[1]))
    if image.content != content:
        raise ImageError("the file changed since its box was kept; annotate the data set again")
    pixels = resize(image.pixels, size)
    pixels.setflags(write=False)
    return pixels
