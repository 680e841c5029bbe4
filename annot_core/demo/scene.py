"""What stands before the camera: the camera itself, the lights, and where the object lies.

The table is the plane z = 0 and the camera is one unit away from the point that it looks at. Pixels are
(x, y) from the image's upper left corner; the middle of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.demo.hardware import Finish, Floats, Solid

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole camera for images of `size` (width, height) pixels; `focal` is in pixels.

    `axes` (3, 3) holds the directions right, down and forward of the image as rows.
    """

    size: tuple[int, int]
    focal: float
    place: Doubles
    axes: Doubles

    def project(self, points: Doubles) -> Doubles:
        """Return the pixels (2, N) at which `points` (3, N) of the scene are seen."""
        x, y, z = self.axes @ (points - self.place[:, None])
        return np.stack([self.focal * x / z + self.size[0] / 2, self.focal * y / z + self.size[1] / 2])

    def rays(self, x: Doubles, y: Doubles) -> Doubles:
        """Return the unit directions (3, N) in which the camera sees the pixels `x`, `y` (N,)."""
        across = (x - self.size[0] / 2) / self.focal
        seen = self.axes.T @ np.stack([across, (y - self.size[1] / 2) / self.focal, np.ones_like(across)])
        return np.asarray(seen / np.linalg.norm(seen, axis=0), np.float64)

    def on_table(self, x: Doubles, y: Doubles) -> Doubles:
        """Return the points (3, N) of the table that the pixels `x`, `y` (N,) show."""
        rays = self.rays(x, y)
        return np.asarray(self.place[:, None] - rays * (self.place[2] / rays[2]), np.float64)

    def table_to_image(self) -> Doubles:
        """Return the homography (3, 3) from table coordinates (x, y, 1) to pixels."""
        lens = np.array([[self.focal, 0, self.size[0] / 2], [0, self.focal, self.size[1] / 2], [0, 0, 1]])
        flat = np.column_stack([self.axes[:, 0], self.axes[:, 1], -self.axes @ self.place])
        return np.asarray(lens @ flat, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """A light far away: unit direction (3,) towards it, linear RGB (3,), and how sharp its shadows are."""

    direction: Floats
    color: Floats
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A solid on the table: a point p of the solid is at `scale * rotation @ p + place` in the scene."""

    solid: Solid
    finish: Finish
    rotation: Doubles
    place: Doubles
    scale: float

    def hull(self) -> Doubles:
        """Return points (3, M) of the scene whose convex hull holds the thing."""
        return self.scale * self.rotation @ self.solid.hull().astype(np.float64) + self.place[:, None]

    def inward(self, points: Doubles) -> Floats:
        """Return points (3, N) of the scene in the solid's own coordinates."""
        return (self.rotation.T @ (points - self.place[:, None]) / self.scale).astype(np.float32)


def pick_camera(rng: np.random.Generator, size: tuple[int, int]) -> Camera:
    """Return a camera that looks down at the table, steeply enough that the horizon is out of sight."""
    tilt = math.radians(rng.uniform(48, 82))
    roll = math.radians(rng.uniform(-8, 8))
    focal = rng.uniform(1.15, 1.9) * max(size)
    forward = np.array([0.0, math.cos(tilt), -math.sin(tilt)])
    right = np.array([1.0, 0.0, 0.0])
    down = np.cross(forward, right)
    c, s = math.cos(roll), math.sin(roll)
    axes = np.stack([c * right + s * down, c * down - s * right, forward])
    return Camera(size, focal, -forward, axes)


def pick_lights(rng: np.random.Generator) -> tuple[Light, ...]:
    """Return one or two lights, warm to cold, the first one the stronger."""
    lights = []
    strength = 1.0
    for _ in range(1 + int(rng.random() < 0.7)):
        height = math.radians(rng.uniform(58, 82))
        around = rng.uniform(0, 2 * math.pi)
        direction = [
            math.cos(height) * math.cos(around),
            math.cos(height) * math.sin(around),
            math.sin(height),
        ]
        warmth = rng.uniform(-0.12, 0.15)
        color = strength * np.array([1 + warmth, 1.0, 1 - warmth])
        lights.append(Light(np.array(direction, np.float32), color.astype(np.float32), float(rng.uniform(3.5, 16))))
        strength = float(rng.uniform(0.35, 0.7))
    return tuple(lights)


def place_thing(rng: np.random.Generator, camera: Camera, solid: Solid, rotation: Doubles, finish: Finish) -> Thing:
    """Lay a solid on the table at a random place and size, wholly inside the camera's image.

    Its box takes 14 to 42 % of the image where its shape allows, and stays a margin of 3 % from the edges.
    """
    width, height = camera.size
    margin = max(2.0, 0.03 * min(width, height))
    area = math.exp(rng.uniform(math.log(0.14), math.log(0.42))) * width * height
    across, along = rng.uniform(0, 1, 2)
    lift = -float((rotation @ solid.hull())[2].min())
    scale, spot = 0.1, np.zeros(2)
    for attempt in range(80):
        thing = Thing(solid, finish, rotation, np.array([*spot, scale * lift]), scale)
        pixels = camera.project(thing.hull())
        (left, top), (right, bottom) = pixels.min(axis=1), pixels.max(axis=1)
        wide, high = right - left, bottom - top
        room = min((width - 2 * margin) / wide, (height - 2 * margin) / high)
        inside = min(left, top, width - right, height - bottom) >= 0.9 * margin
        if inside and (room < 1.05 or abs(wide * high - area) <= 0.05 * area):
            break
        # Size and place depend on each other through the perspective: a few rounds settle them, and
        # where they do not, a smaller thing will.
        area *= 1.0 if attempt < 12 else 0.93
        factor = min(math.sqrt(area / (wide * high)), 0.98 * room)
        x = margin + factor * wide / 2 + across * max(0.0, width - 2 * margin - factor * wide)
        y = margin + factor * high / 2 + along * max(0.0, height - 2 * margin - factor * high)
        now, wanted = camera.on_table(np.array([(left + right) / 2, x]), np.array([(top + bottom) / 2, y])).T
        scale, spot = scale * factor, spot + (wanted - now)[:2]
    return thing
