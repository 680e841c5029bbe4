"""A small ray tracer: what the camera sees of a thing, and how open the space around a point is.

Rays are moved on by the distance to the solid until they touch it (Hart, "Sphere tracing", 1996). All of
it happens in the solid's own coordinates and on a few thousand rays at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.demo.hardware import Floats, Solid
from annot_core.demo.scene import Camera, Thing
from annot_core.geometry import Box

Bools = NDArray[np.bool_]

_FINE = 2  # rays along each side of a pixel
_BLOCK = 8  # rays along each side of the blocks that share their first steps


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the camera sees of a thing: rays of `region`, `_FINE` a pixel along each side, row by row.

    `hit` (h, w) tells which rays meet the thing; `points` and `rays` (3, N) are where those meet it and
    their directions, in the solid's coordinates; `grain` is the width of a ray's cone there.
    """

    region: Box
    hit: Bools
    points: Floats
    rays: Floats
    grain: float

    def coverage(self) -> Floats:
        """Return the share of each pixel of the region that the thing covers, 0 to 1."""
        return pooled(self.hit.astype(np.float32))

    def mask(self, size: tuple[int, int]) -> Bools:
        """Return which pixels of an image of `size` (width, height) are at least half covered."""
        whole = np.zeros((size[1], size[0]), np.bool_)
        left, top, right, bottom = self.region
        whole[top:bottom, left:right] = self.coverage() >= 0.5
        return whole


def pooled(values: Floats) -> Floats:
    """Average the rays of each pixel."""
    height, width = values.shape[0] // _FINE, values.shape[1] // _FINE
    return np.asarray(values.reshape(height, _FINE, width, _FINE, -1).mean(axis=(1, 3)).squeeze(), np.float32)


def look(camera: Camera, thing: Thing) -> Sight:
    """Find what the camera sees of a thing that lies inside its image."""
    pixels = camera.project(thing.hull())
    edges = [*np.floor(pixels.min(axis=1) - 2), *np.ceil(pixels.max(axis=1) + 2)]
    region = Box(*(int(edge) for edge in edges)).intersection(Box(0, 0, *camera.size))
    width, height = region.width * _FINE, region.height * _FINE
    x = region.left + (np.arange(width) + 0.5) / _FINE
    y = region.top + (np.arange(height) + 0.5) / _FINE
    origin = thing.inward(camera.place[:, None])
    cone = 1 / (_FINE * camera.focal)

    rays = _toward(camera, thing, x, y)
    start = _first_steps(camera, thing, region, origin, cone)[:height, :width]
    reach = float(np.linalg.norm(origin)) + radius(thing.solid)
    t, hit = _march(thing.solid, origin, rays, start.reshape(-1), reach, 0.35 * cone)
    grain = cone * float(np.linalg.norm(origin))
    points = origin + rays[:, hit] * t[hit]
    return Sight(region, hit.reshape(height, width), points, rays[:, hit], grain)


def radius(solid: Solid) -> float:
    """Return how far the solid reaches from its origin."""
    return float(np.linalg.norm(solid.hull(), axis=0).max())


def _toward(camera: Camera, thing: Thing, x: NDArray[np.float64], y: NDArray[np.float64]) -> Floats:
    """Return the unit rays (3, len(y) * len(x)) through a grid of pixels, in the solid's coordinates."""
    across, down = np.meshgrid(x, y)
    return (thing.rotation.T @ camera.rays(across.ravel(), down.ravel())).astype(np.float32)


def _first_steps(camera: Camera, thing: Thing, region: Box, origin: Floats, cone: float) -> Floats:
    """Return how far each ray of a region is free of the thing, as its block of rays goes (h, w)."""
    down = math.ceil(region.height * _FINE / _BLOCK)
    across = math.ceil(region.width * _FINE / _BLOCK)
    x = region.left + (np.arange(across) + 0.5) * _BLOCK / _FINE
    y = region.top + (np.arange(down) + 0.5) * _BLOCK / _FINE
    rays = _toward(camera, thing, x, y)
    away = float(np.linalg.norm(origin))
    near = np.full(rays.shape[1], max(0.0, away - radius(thing.solid)), np.float32)
    t, _ = _march(thing.solid, origin, rays, near, away + radius(thing.solid), 0.75 * _BLOCK * cone)
    return t.reshape(down, across).repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)


def _march(
    solid: Solid, origin: Floats, rays: Floats, start: Floats, reach: float, cone: float
) -> tuple[Floats, Bools]:
    """Move rays (3, N) on until they come within `cone` times their length of the solid, or reach too far.

    Each step leaves a cone of 0.95 times that width free of the solid, not the ray alone.

    Returns how far each went, (N,), and whether it met the solid, (N,).
    """
    t, hit = start.copy(), np.zeros(start.shape, np.bool_)
    going = np.flatnonzero(t < reach)
    for _ in range(70):
        if not going.size:
            break
        there = t[going]
        gap = solid.distance(origin + rays[:, going] * there)
        near = gap < cone * there
        hit[going[near]] = True
        there = np.where(near, there, there + gap - 0.95 * cone * there)
        t[going] = there
        going = going[~near & (there < reach)]
    return t, hit


def normals_at(solid: Solid, points: Floats, grain: float) -> Floats:
    """Return unit normals (3, N) from differences at the corners of a tetrahedron of size `grain`."""
    total = np.zeros_like(points)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        offset = np.array(corner, np.float32)[:, None]
        total += offset * solid.distance(points + offset * np.float32(grain))
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=0), 1e-6), np.float32)


def openness(solid: Solid, points: Floats, directions: Floats, reach: float, sharpness: float) -> Floats:
    """Return how free of the solid the way from `points` along `directions` is, 0 to 1, (N,).

    The narrowest angle at which the way passes the solid gives a soft edge (Quilez, "Soft shadows in
    raymarched SDFs").
    """
    t = np.full(points.shape[1], reach * 0.02, np.float32)
    free = np.ones_like(t)
    for _ in range(18):
        gap = solid.distance(points + directions * t)
        free = np.minimum(free, sharpness * gap / t)
        t = t + np.clip(gap, reach * 0.02, reach * 0.15)
    free = np.clip(free, 0, 1)
    return np.asarray(free * free * (3 - 2 * free), np.float32)


def nearness(solid: Solid, points: Floats, normals: Floats, floor: Floats, steps: tuple[float, ...]) -> Floats:
    """Return ambient light left at `points`, 0 to 1: how far off solid and floor are along the normals.

    `floor` (4,) is the table's plane, unit normal and offset; ambient occlusion as in Quilez, "World with
    two triangles", 2008.
    """
    lost = np.zeros(points.shape[1], np.float32)
    for weight, step in enumerate(steps):
        taken = points + normals * np.float32(step)
        gap = np.minimum(solid.distance(taken), floor[:3] @ taken + floor[3])
        lost += np.maximum(step - gap, 0) / step * 0.62**weight
    return np.asarray(np.clip(1 - lost / sum(0.62**weight for weight in range(len(steps))), 0, 1), np.float32)
