"""How a thing looks in its room: the shine of its metal, and the shadow that it throws on the table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from annot_core.demo.hardware import Finish, Floats
from annot_core.demo.scene import Camera, Light, Thing
from annot_core.demo.tracing import Sight, nearness, normals_at, openness, pooled, radius
from annot_core.geometry import Box


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What metal mirrors, in the scene's directions: lights, bright windows, walls, ceiling and table.

    `windows` is a list of (direction (3,), brightness, size as cosine margin); `table` is the linear RGB
    of the lit table top.
    """

    lights: tuple[Light, ...]
    windows: tuple[tuple[Floats, float, float], ...]
    walls: float
    turn: float
    table: Floats

    def mirrored(self, directions: Floats, roughness: float) -> Floats:
        """Return the light, linear RGB (3, N), that comes from `directions` (3, N), blurred by roughness."""
        x, y, z = directions
        around = np.sin(3 * np.arctan2(y, x) + self.turn) * (1 - roughness)
        walls = self.walls * (0.75 + 0.7 * around)
        above = _step(z, 0.35 - 0.3 * roughness, 0.9)
        gray = walls + (self.walls * 1.6 - walls) * above
        for direction, brightness, size in self.windows:
            gray = gray + brightness * _step(direction @ directions, 1 - size - roughness * 0.5, 1 - size * 0.6)
        total = np.repeat(gray[None], 3, axis=0)
        for light in self.lights:
            spread = 0.02 + 0.35 * roughness
            glow = _step(light.direction @ directions, 1 - spread, 1 - spread * 0.2)
            total = total + light.color[:, None] * glow * (0.25 / (0.05 + 0.6 * roughness))
        below = _step(-z, -0.25 * roughness - 0.02, 0.25 * roughness + 0.02)
        return np.asarray(total + (self.table[:, None] * (0.55 + 0.45 * _step(-z, 0, 1)) - total) * below, np.float32)


def _step(values: Floats, low: float, high: float) -> Floats:
    """Go smoothly from 0 at `low` to 1 at `high`."""
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def pick_room(rng: np.random.Generator, lights: tuple[Light, ...], table: Floats) -> Room:
    """Return surroundings with one to three windows or lamps over a table of linear RGB `table` (3,)."""
    windows = []
    for _ in range(int(rng.integers(1, 4))):
        direction = rng.normal(size=3)
        direction[2] = abs(direction[2]) + 0.2
        unit = (direction / np.linalg.norm(direction)).astype(np.float32)
        windows.append((unit, float(rng.uniform(0.5, 1.6)), float(rng.uniform(0.05, 0.3))))
    return Room(lights, tuple(windows), float(rng.uniform(0.10, 0.32)), float(rng.uniform(0, 2 * math.pi)), table)


def shine(rng: np.random.Generator, thing: Thing, sight: Sight, room: Room) -> Floats:
    """Return the linear RGB of the thing, weighted by coverage, for each pixel of the sight's region.

    The result is (h, w, 3): to be added to what is behind it, times one minus the coverage.
    """
    solid, finish = thing.solid, thing.finish
    turn = thing.rotation.astype(np.float32)
    # The world's table, seen from the solid: height above it is floor[:3] @ point + floor[3].
    floor = np.array([*turn[2], thing.place[2] / thing.scale], np.float32)
    normals = normals_at(solid, sight.points, max(0.6 * sight.grain, 0.004))
    patches, bumps = _wear(rng, sight.points)
    normals = normals + bumps * np.float32(0.03 + 0.06 * finish.roughness)
    normals = normals / np.linalg.norm(normals, axis=0)
    ambient = nearness(solid, sight.points, normals, floor, (0.05, 0.12, 0.25, 0.5))

    facing = np.clip(-(sight.rays * normals).sum(axis=0), 0.0, 1.0)
    bounced = sight.rays + 2 * facing * normals
    seen = openness(solid, sight.points + normals * np.float32(0.02), bounced, 2.0, 4.0)
    color, roughness = _tinted(finish, patches)
    # Schlick, "An inexpensive BRDF model for physically-based rendering", 1994.
    reflected = color + (1 - color) * (1 - facing) ** 5 * np.float32(0.6)
    light = room.mirrored(turn @ bounced, roughness) * (0.15 + 0.85 * seen) * (0.3 + 0.7 * ambient)
    matte = np.zeros_like(light)
    for lamp in room.lights:
        local = (turn.T @ lamp.direction)[:, None]
        lit = openness(solid, sight.points + normals * np.float32(0.02), local, 3.0, lamp.sharpness)
        matte += lamp.color[:, None] * np.clip((local * normals).sum(axis=0), 0, 1) * lit
    matte += ambient * np.float32(room.walls)
    share = np.float32(0.14 + 0.45 * min(1.0, finish.roughness + finish.rust))
    shaded = reflected * light * (1 - share * 0.6) + color * matte * share

    whole = np.zeros((*sight.hit.shape, 3), np.float32)
    whole[sight.hit] = np.minimum(shaded, 3.0).T
    return pooled(whole)


def _wear(rng: np.random.Generator, points: Floats) -> tuple[Floats, Floats]:
    """Return patches (N,), about -1 to 1, and small slopes (3, N) from a few random waves in space."""
    patches, slopes = np.zeros(points.shape[1], np.float32), np.zeros_like(points)
    for octave in range(7):
        wave = rng.normal(size=3).astype(np.float32) * np.float32(2.2 * 1.6**octave)
        phase = wave @ points + np.float32(rng.uniform(0, 2 * math.pi)) + 3.5 * patches
        patches += np.sin(phase) * np.float32(0.6 * 0.75**octave)
        slopes += np.cos(phase) * (wave / np.linalg.norm(wave))[:, None]
    return patches, slopes / np.float32(2)


def _tinted(finish: Finish, patches: Floats) -> tuple[Floats, float]:
    """Return the metal's color (3, N) with grime and rust in its patches, and its roughness."""
    base = np.array(finish.color, np.float32)[:, None] * (1 + 0.10 * patches)
    if not finish.rust:
        return base, min(1.0, finish.roughness)
    rusty = _step(patches, 0.9 - 1.4 * finish.rust, 1.3 - 1.2 * finish.rust)
    brown = np.array([0.20, 0.085, 0.035], np.float32)[:, None] * (1 + 0.3 * patches)
    return np.clip(base + (brown - base) * rusty, 0, 1), min(1.0, finish.roughness + 0.2 * finish.rust)


def shadows(camera: Camera, thing: Thing | None, lights: tuple[Light, ...]) -> tuple[Floats, Floats]:
    """Return how much light the thing leaves on the table, at every pixel of the image.

    Both results are 1 where it takes none: for each light, (len(lights), height, width); and for the
    light from all around, (height, width).
    """
    width, height = camera.size
    direct = np.ones((len(lights), height, width), np.float32)
    around = np.ones((height, width), np.float32)
    if thing is None:
        return direct, around
    region = _shaded_region(camera, thing, lights)
    # Shadows are soft: every other pixel will do.
    x = np.arange(region.left, region.right, 2) + 1.0
    y = np.arange(region.top, region.bottom, 2) + 1.0
    across, down = np.meshgrid(x, y)
    ground = thing.inward(camera.on_table(across.ravel(), down.ravel()))
    turn = thing.rotation.T.astype(np.float32)
    reach = 2 * radius(thing.solid)
    inside = (slice(region.top, region.bottom), slice(region.left, region.right))
    for index, light in enumerate(lights):
        toward = (turn @ light.direction)[:, None]
        free = openness(thing.solid, ground, toward, reach, light.sharpness)
        direct[index][inside] = _spread(free.reshape(across.shape), region)
    up = turn[:, 2:]
    nowhere = np.array([0, 0, 0, 1e3], np.float32)
    left = nearness(thing.solid, ground, np.repeat(up, ground.shape[1], axis=1), nowhere, (0.1, 0.3, 0.7, 1.2))
    around[inside] = _spread(left.reshape(across.shape), region)
    return direct, around


def _shaded_region(camera: Camera, thing: Thing, lights: tuple[Light, ...]) -> Box:
    """Return the pixels that the thing or its shadows, soft edges included, may touch."""
    corners = thing.hull()
    seen = [camera.project(corners)]
    for light in lights:
        direction = light.direction.astype(np.float64)
        seen.append(camera.project(corners - direction[:, None] * (corners[2] / direction[2])))
    pixels = np.concatenate(seen, axis=1)
    near, far = pixels.min(axis=1), pixels.max(axis=1)
    margin = 0.45 * (seen[0].max(axis=1) - seen[0].min(axis=1)).max() + 4
    edges = [*np.floor(near - margin), *np.ceil(far + margin)]
    return Box(*(int(edge) for edge in edges)).intersection(Box(0, 0, *camera.size))


def _spread(half: Floats, region: Box) -> Floats:
    """Bring a map of every other pixel to all pixels of a region."""
    height, width = half.shape
    full = cv2.resize(half, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[: region.height, : region.width], np.float32)
