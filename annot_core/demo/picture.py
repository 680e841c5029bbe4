"""One picture of the demo data set, from nothing but its class, size and random numbers."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annot_core.demo.hardware import Floats, pick_bolt, pick_finish, pick_nut
from annot_core.demo.photograph import compress, expose
from annot_core.demo.scene import Camera, Light, Thing, pick_camera, pick_lights, place_thing
from annot_core.demo.shading import pick_room, shadows, shine
from annot_core.demo.surfaces import Surface, clouds, pick_surface
from annot_core.demo.tracing import Sight, look
from annot_core.geometry import Box


class Kind(enum.StrEnum):
    """What a picture shows; the value is its class."""

    NUT = "nut"
    BOLT = "bolt"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """A scene before the photograph is taken: all that decides where the object is seen."""

    camera: Camera
    lights: tuple[Light, ...]
    thing: Thing | None
    sight: Sight | None

    def mask(self) -> NDArray[np.bool_]:
        """Return which pixels show the object, not counting its shadow, (height, width)."""
        if self.sight is None:
            return np.zeros(self.camera.size[::-1], np.bool_)
        return self.sight.mask(self.camera.size)

    def box(self) -> Box | None:
        """Return the tight box around the object's pixels, or None for an empty table."""
        if self.sight is None:
            return None
        mask = self.mask()
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def set_up(rng: np.random.Generator, kind: Kind, size: tuple[int, int]) -> Setup:
    """Choose camera, lights and object for a picture of `size` (width, height), and look at it."""
    camera, lights = pick_camera(rng, size), pick_lights(rng)
    if kind is Kind.BACKGROUND:
        return Setup(camera, lights, None, None)
    solid, rotation = pick_nut(rng) if kind is Kind.NUT else pick_bolt(rng)
    thing = place_thing(rng, camera, solid, rotation, pick_finish(rng))
    return Setup(camera, lights, thing, look(camera, thing))


def photograph(rng: np.random.Generator, setup: Setup, table: int) -> bytes:
    """Take the picture of a scene on table top number `table`, as the bytes of a JPEG file."""
    side = int(np.clip(2 * max(setup.camera.size), 160, 2048))
    surface = pick_surface(rng, side, table)
    light = _lit_table(rng, setup, surface)
    if setup.thing is not None and setup.sight is not None:
        room = pick_room(rng, setup.lights, np.asarray(light.mean(axis=(0, 1)), np.float32))
        left, top, right, bottom = setup.sight.region
        behind = light[top:bottom, left:right] * (1 - setup.sight.coverage()[..., None])
        light[top:bottom, left:right] = behind + shine(rng, setup.thing, setup.sight, room)
    return compress(rng, expose(rng, light))


def _lit_table(rng: np.random.Generator, setup: Setup, surface: Surface) -> Floats:
    """Return the light from the table with the object's shadow on it, linear RGB (h, w, 3)."""
    camera = setup.camera
    width, height = camera.size
    direct, around = shadows(camera, setup.thing, setup.lights)
    around_strength = np.float32(rng.uniform(0.15, 0.4))
    falling = np.repeat((around * around_strength)[..., None], 3, axis=2)
    uneven = clouds(rng, 64, (2, 2), 2)
    pool = cv2.resize(np.asarray(1 + 0.28 * uneven, np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    for light, free in zip(setup.lights, direct, strict=True):
        falling += light.color * (light.direction[2] * free * np.clip(pool, 0.35, None))[..., None]
    lit = _seen_flat(rng, camera, surface) * falling
    if surface.gloss:
        lit += _sheen(camera, setup.lights, direct) * np.float32(0.25 * surface.gloss)
    return np.asarray(lit, np.float32)


def _seen_flat(rng: np.random.Generator, camera: Camera, surface: Surface) -> Floats:
    """Return the table top as the camera sees it, evenly lit, (h, w, 3)."""
    width, height = camera.size
    corners = camera.on_table(np.array([0.0, width, width, 0.0]), np.array([0.0, 0.0, height, height]))[:2]
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    spread = turn @ corners
    low, extent = spread.min(axis=1), float(np.ptp(spread, axis=1).max())
    texels = surface.reflectance.shape[0] / extent
    to_texels = np.eye(3)
    to_texels[:2, :2], to_texels[:2, 2] = turn * texels, -low * texels
    twice = np.diag([2.0, 2.0, 1.0])
    warp = twice @ camera.table_to_image() @ np.linalg.inv(to_texels)
    flags = cv2.INTER_LINEAR
    seen = cv2.warpPerspective(
        surface.reflectance, warp, (2 * width, 2 * height), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _sheen(camera: Camera, lights: tuple[Light, ...], direct: Floats) -> Floats:
    """Return the broad highlights of the lights on a glossy table, (h, w, 3)."""
    width, height = camera.size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    bounced = camera.rays(x.ravel(), y.ravel()).astype(np.float32) * np.array([[1], [1], [-1]], np.float32)
    total = np.zeros((height, width, 3), np.float32)
    for light, free in zip(lights, direct, strict=True):
        glow = np.clip(light.direction @ bounced, 0, 1).reshape(height, width) ** 24
        total += light.color * (glow * free)[..., None]
    return total
