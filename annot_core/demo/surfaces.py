"""Table tops: wood, cloth, concrete, metal, paper, tiles and others, each with its stains and scratches.

A surface is drawn flat, as a square of linear RGB reflectances, about 120 mm wide if a nut is an M8.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from annot_core.demo.hardware import Floats

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A table top: reflectance (n, n, 3) float32, linear RGB from 0 to 1, and its gloss, 0 to 1."""

    reflectance: Floats
    gloss: float


def clouds(rng: np.random.Generator, side: int, cells: tuple[int, int], octaves: int = 1) -> Floats:
    """Return smooth noise, (side, side) and roughly -1 to 1, from random grids of `cells` (down, across).

    Each further octave has twice the cells and half the strength (value noise, as in Perlin 1985).
    """
    total = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        down, across = (min(side, max(2, count << octave)) for count in cells)
        grid = rng.uniform(-1, 1, (down, across)).astype(np.float32)
        total += cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    return total


def _blend(first: Color | Floats, second: Color | Floats, share: Floats) -> Floats:
    """Mix two colors by a map of shares of the second, (n, n) from 0 to 1, into (n, n, 3)."""
    start, end = np.asarray(first, np.float32), np.asarray(second, np.float32)
    return np.asarray(start + (end - start) * np.clip(share, 0, 1)[..., None], np.float32)


def _paint(rng: np.random.Generator, *colors: Color) -> Floats:
    """Pick one of the colors and change it a little."""
    color = np.array(colors[int(rng.integers(len(colors)))]) * rng.uniform(0.75, 1.25)
    return np.asarray(color * rng.uniform(0.94, 1.06, 3), np.float32)


def _axis(side: int) -> Floats:
    return np.linspace(0, 1, side, endpoint=False, dtype=np.float32)


def _wood(rng: np.random.Generator, side: int) -> Surface:
    across = _axis(side)[None, :] + 0.03 * clouds(rng, side, (2, 5), 2)
    rings = 0.5 + 0.5 * np.sin(across * (2 * math.pi * rng.uniform(8, 20)) + 2 * clouds(rng, side, (2, 6)))
    fibers = clouds(rng, side, (6, 150), 2)
    base = _paint(rng, (0.36, 0.20, 0.10), (0.50, 0.34, 0.19), (0.16, 0.08, 0.045), (0.55, 0.42, 0.28))
    reflectance = _blend(base, base * 0.55, 0.55 * rings + 0.3 * fibers)
    seam = np.abs((_axis(side)[None, :] * rng.integers(2, 4) + rng.random()) % 1 - 0.5) < 0.006
    return Surface(np.where(seam[..., None], reflectance * 0.25, reflectance), float(rng.uniform(0, 0.5)))


def _cloth(rng: np.random.Generator, side: int) -> Surface:
    threads = float(rng.integers(45, 80))
    wobble = 0.15 * clouds(rng, side, (12, 12))
    x = _axis(side)[None, :] * threads + wobble
    y = _axis(side)[:, None] * threads - wobble
    over = ((np.floor(x) + np.floor(y)) % 2).astype(np.float32)
    bulge = over * np.sin(math.pi * (y % 1)) + (1 - over) * np.sin(math.pi * (x % 1))
    base = _paint(rng, (0.10, 0.14, 0.28), (0.30, 0.07, 0.07), (0.35, 0.33, 0.28), (0.07, 0.16, 0.10))
    second = base * np.float32(rng.uniform(0.6, 1.0))
    folds = 1 + 0.18 * clouds(rng, side, (3, 2), 2)
    woven = _blend(base, second, over) * (0.45 + 0.55 * bulge + 0.12 * clouds(rng, side, (60, 60)))[..., None]
    return Surface(woven * folds[..., None], 0.0)


def _concrete(rng: np.random.Generator, side: int) -> Surface:
    base = _paint(rng, (0.28, 0.27, 0.26), (0.40, 0.39, 0.36))
    tone = 0.5 + 0.3 * clouds(rng, side, (4, 4), 6) + 0.12 * clouds(rng, side, (side // 2, side // 2))
    pores = clouds(rng, side, (70, 70), 2) > rng.uniform(0.85, 1.05)
    return Surface(np.where(pores[..., None], base * 0.5, _blend(base * 0.7, base * 1.2, tone)), 0.0)


def _brushed_metal(rng: np.random.Generator, side: int) -> Surface:
    base = _paint(rng, (0.30, 0.31, 0.33), (0.42, 0.42, 0.42), (0.18, 0.19, 0.20))
    strokes = 0.5 + 0.3 * clouds(rng, side, (side // 2, 3), 1) + 0.2 * clouds(rng, side, (120, 5), 2)
    return Surface(_blend(base * 0.75, base * 1.2, strokes), float(rng.uniform(0.5, 1.0)))


def _paper(rng: np.random.Generator, side: int) -> Surface:
    base = _paint(rng, (0.72, 0.71, 0.68), (0.66, 0.62, 0.50), (0.55, 0.60, 0.66))
    fibers = 0.5 + 0.25 * clouds(rng, side, (5, 5), 3) + 0.25 * clouds(rng, side, (side // 3, side // 3))
    sheet = _blend(base * 0.9, base, fibers)
    if rng.random() < 0.6:
        lines = rng.integers(12, 24)
        near = np.abs((_axis(side) * lines) % 1 - 0.5) < 0.03
        ruled = near[:, None] | near[None, :] if rng.random() < 0.5 else near[:, None] | np.zeros_like(near)
        ink = _paint(rng, (0.35, 0.45, 0.65), (0.5, 0.5, 0.5))
        sheet = np.where(ruled[..., None], sheet * 0.4 + ink * 0.5, sheet)
    return Surface(sheet, float(rng.uniform(0, 0.3)))


def _tiles(rng: np.random.Generator, side: int) -> Surface:
    count = int(rng.integers(3, 7))
    x = _axis(side) * count + rng.random()
    column = np.floor(x).astype(np.intp)
    tone = rng.uniform(-1, 1, (count + 1, count + 1)).astype(np.float32)[column[:, None], column[None, :]]
    base = _paint(rng, (0.60, 0.58, 0.54), (0.20, 0.30, 0.36), (0.42, 0.24, 0.16), (0.16, 0.16, 0.17))
    glaze = base * (1 + 0.12 * tone + 0.08 * clouds(rng, side, (8, 8), 4))[..., None]
    edge = np.minimum(x % 1, 1 - x % 1)
    share = np.clip((np.minimum(edge[:, None], edge[None, :]) - 0.025) / 0.015, 0, 1)
    grout = _paint(rng, (0.35, 0.34, 0.32), (0.12, 0.12, 0.12))
    mortar = grout * (1 + 0.2 * clouds(rng, side, (150, 150)))[..., None]
    return Surface(mortar + (glaze - mortar) * share[..., None], float(rng.uniform(0.2, 0.9)))


def _cardboard(rng: np.random.Generator, side: int) -> Surface:
    base = _paint(rng, (0.42, 0.29, 0.17), (0.50, 0.37, 0.23))
    flutes = np.sin(_axis(side)[None, :] * (2 * math.pi * rng.uniform(16, 30)))
    tone = 0.5 + 0.12 * flutes + 0.22 * clouds(rng, side, (4, 4), 4) + 0.2 * clouds(rng, side, (220, 60))
    return Surface(_blend(base * 0.75, base * 1.1, tone), 0.0)


def _granite(rng: np.random.Generator, side: int) -> Surface:
    base = _paint(rng, (0.30, 0.29, 0.29), (0.36, 0.27, 0.24), (0.12, 0.13, 0.14))
    grain = clouds(rng, side, (90, 90), 2)
    stone = _blend(base * 0.8, base * 1.2, 0.5 + 0.3 * clouds(rng, side, (40, 40), 3))
    stone = np.where((grain > 0.6)[..., None], base * 1.45, stone)
    return Surface(np.where((grain < -0.6)[..., None], base * 0.55, stone), float(rng.uniform(0.3, 0.9)))


def _cutting_mat(rng: np.random.Generator, side: int) -> Surface:
    base = _paint(rng, (0.03, 0.15, 0.10), (0.04, 0.09, 0.20), (0.05, 0.05, 0.055))
    position = _axis(side) * rng.uniform(7, 12)
    thick = np.abs(position % 1 - 0.5) < 0.018
    thin = np.abs((position * 5) % 1 - 0.5) < 0.04
    lines = 0.9 * (thick[:, None] | thick[None, :]) + 0.25 * (thin[:, None] | thin[None, :])
    mat = base * (1 + 0.25 * clouds(rng, side, (200, 200)))[..., None]
    return Surface(mat + 0.22 * lines.astype(np.float32)[..., None], float(rng.uniform(0, 0.4)))


SURFACES: tuple[Callable[[np.random.Generator, int], Surface], ...] = (
    _wood,
    _cloth,
    _concrete,
    _brushed_metal,
    _paper,
    _tiles,
    _cardboard,
    _granite,
    _cutting_mat,
)


def pick_surface(rng: np.random.Generator, side: int, kind: int) -> Surface:
    """Draw table top number `kind` (any integer; the kinds repeat) with its wear, `side` texels wide.

    The wear is the same for every class of image, so that it is evidence for none.
    """
    surface = SURFACES[kind % len(SURFACES)](rng, side)
    # Calmer than the full pattern: with few pictures to learn from, a network would learn the tables.
    mean = surface.reflectance.mean(axis=(0, 1))
    calm = mean + (surface.reflectance - mean) * np.float32(rng.uniform(0.45, 0.85))
    return Surface(_worn(rng, np.asarray(calm, np.float32)), surface.gloss)


def _worn(rng: np.random.Generator, reflectance: Floats) -> Floats:
    """Return the reflectance with stains, scratches and specks of dust, light or dark."""
    side = reflectance.shape[0]
    marks = np.zeros((side, side), np.float32)
    for _ in range(int(rng.integers(0, 4))):
        blot = clouds(rng, side, (3, 3), 5) - np.float32(rng.uniform(0.5, 0.9))
        marks -= np.clip(blot * 3, 0, 1) * np.float32(rng.uniform(0.05, 0.25))
    for _ in range(int(rng.integers(0, 9))):
        _scratch(rng, marks)
    for _ in range(int(rng.integers(10, 60))):
        x, y = (int(place) for place in rng.integers(0, side, 2))
        radius = max(1, round(rng.uniform(0.0006, 0.003) * side))
        cv2.circle(marks, (x, y), radius, (float(rng.choice([-0.5, -0.3, 0.4])),), -1)
    return np.asarray(np.clip(reflectance * (1 + marks[..., None]), 0.004, 0.9), np.float32)


def _scratch(rng: np.random.Generator, marks: Floats) -> None:
    """Draw one thin, slightly bent line into a canvas of ours."""
    side = marks.shape[0]
    start, heading = rng.uniform(0, side, 2), rng.uniform(0, 2 * math.pi)
    bend = rng.uniform(-0.15, 0.15)
    steps = np.arange(8)
    way = np.cumsum(np.stack([np.cos(heading + bend * steps), np.sin(heading + bend * steps)]), axis=1)
    points = start[:, None] + way * rng.uniform(0.01, 0.06) * side
    tone = float(rng.uniform(-0.35, 0.35))
    fine = np.round(points.T * 16).astype(np.int32)
    cv2.polylines(marks, [fine], False, (tone,), 1, cv2.LINE_8, 4)
