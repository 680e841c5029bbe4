"""Nuts and bolts as solids: signed distances, outlines and finishes.

A solid is given by a function that never overstates the distance to its surface (negative inside), so
that a ray can safely be moved on by that much (Hart, "Sphere tracing", The Visual Computer 12, 1996).
Lengths are in thread diameters, the axis of the thread is z, and points come as (3, N) float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# A thread is a ripple that is steeper than 45 degrees; its distances shrink by this to stay honest.
_THREAD_SHRINK = 0.43
_THREAD_DEPTH = 0.045


class Solid(Protocol):
    """Something that a ray can hit."""

    def distance(self, points: Floats) -> Floats:
        """Return a lower bound of the distance from `points` (3, N) to the surface, (N,)."""

    def hull(self) -> Floats:
        """Return points (3, M) whose convex hull holds the solid."""


def _hexagon(x: Floats, y: Floats, flats: float) -> Floats:
    """Distance to an endless hexagonal bar of width `flats`, two of whose sides face along x."""
    slanted = np.abs(y) * math.sqrt(0.75) + np.abs(x) * 0.5
    return np.asarray(np.maximum(np.abs(x), slanted) - flats / 2, np.float32)


def _hexagon_corners(flats: float, z: float) -> Floats:
    """Corners of the bar's section at height `z`, (3, 6)."""
    angles = np.arange(6) * (math.pi / 3) + math.pi / 6
    radius = flats / math.sqrt(3)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(6, z)]).astype(np.float32)


def _ring(radius: float, z: float) -> Floats:
    """Corners of a 24-sided ring around a circle of `radius` at height `z`, (3, 24)."""
    angles = np.arange(24) * (math.pi / 12)
    outside = radius / math.cos(math.pi / 24)
    return np.stack([outside * np.cos(angles), outside * np.sin(angles), np.full(24, z)]).astype(np.float32)


def _ripple(x: Floats, y: Floats, z: Floats, r: Floats, pitch: float) -> Floats:
    """A thread's profile, -1 to 1: the cosine of 2 pi z / pitch minus the angle around the axis."""
    turn = z * (2 * math.pi / pitch)
    return np.asarray((np.cos(turn) * x + np.sin(turn) * y) / r, np.float32)


def _cone(r: Floats, radius: float, beyond: Floats, slope: float) -> Floats:
    """Distance to a cone of `radius` where `beyond` is 0, whose side drops at `slope` radians."""
    return np.asarray((r - radius) * math.sin(slope) + beyond * math.cos(slope), np.float32)


@dataclass(frozen=True, slots=True)
class Nut:
    """A chamfered hexagon nut around the origin; `flange` is a collar's radius below it, or 0."""

    flats: float
    height: float
    pitch: float
    flange: float

    def distance(self, points: Floats) -> Floats:
        """Return a lower bound of the distance from `points` (3, N) to the surface, (N,)."""
        x, y, z = points
        r = np.sqrt(x * x + y * y) + 1e-4
        beyond = np.abs(z) - self.height / 2
        body = np.maximum(_hexagon(x, y, self.flats), beyond)
        body = np.maximum(body, _cone(r, 0.475 * self.flats, beyond, math.pi / 6))
        if self.flange:
            collar = np.maximum(r - self.flange, -z - self.height / 2)
            collar = np.maximum(collar, _cone(r, self.flange, z + self.height / 2 - 0.1, math.radians(20)))
            body = np.minimum(body, collar)
        bore = (r - 0.455 - _THREAD_DEPTH * _ripple(x, y, z, r, self.pitch)) * _THREAD_SHRINK
        mouth = (r - 0.55 - beyond) * math.sqrt(0.5)
        return np.asarray(np.maximum(body, -np.minimum(bore, mouth)), np.float32)

    def hull(self) -> Floats:
        """Return points (3, M) whose convex hull holds the solid."""
        half = self.height / 2
        corners = [_hexagon_corners(self.flats, -half), _hexagon_corners(self.flats, half)]
        if self.flange:
            corners += [_ring(self.flange, -half), _ring(self.flange, 0.1 - half)]
        return np.concatenate(corners, axis=1)


@dataclass(frozen=True, slots=True)
class Bolt:
    """A hexagon-head bolt: the head below z = 0, a shank of `length` above, threaded from `plain` on."""

    flats: float
    head: float
    length: float
    plain: float
    pitch: float

    def distance(self, points: Floats) -> Floats:
        """Return a lower bound of the distance from `points` (3, N) to the surface, (N,)."""
        x, y, z = points
        r = np.sqrt(x * x + y * y) + 1e-4
        head = np.maximum(_hexagon(x, y, self.flats), np.abs(z + self.head / 2) - self.head / 2)
        head = np.maximum(head, _cone(r, 0.475 * self.flats, -z - self.head, math.pi / 6))
        washer = np.maximum(r - 0.46 * self.flats, np.abs(z - 0.02) - 0.05)
        # The thread runs out over one pitch, towards the plain part of the shank.
        depth = _THREAD_DEPTH * np.clip((z - self.plain) / self.pitch, 0.0, 1.0)
        shank = (r - 0.5 + depth * (1 - _ripple(x, y, z, r, self.pitch))) * _THREAD_SHRINK
        shank = np.maximum(shank, np.maximum(z - self.length, -z))
        shank = np.maximum(shank, _cone(r, 0.4, z - self.length, math.pi / 4))
        return np.asarray(np.minimum(np.minimum(head, washer), shank), np.float32)

    def hull(self) -> Floats:
        """Return points (3, M) whose convex hull holds the solid."""
        head = [_hexagon_corners(self.flats, -self.head), _hexagon_corners(self.flats, 0.0)]
        washer = [_ring(0.46 * self.flats, 0.07)]
        return np.concatenate([*head, *washer, _ring(0.5, self.length - 0.1), _ring(0.4, self.length)], axis=1)


@dataclass(frozen=True, slots=True)
class Finish:
    """How a metal looks: linear RGB reflectance head on, roughness 0 to 1, and a share of rust 0 to 1."""

    color: tuple[float, float, float]
    roughness: float
    rust: float


# Linear RGB reflectances in the range of measured metals; black oxide is a dark, dull coat on steel.
_METALS: tuple[tuple[tuple[float, float, float], float], ...] = (
    ((0.56, 0.56, 0.56), 0.16),  # steel
    ((0.60, 0.63, 0.68), 0.28),  # zinc plate
    ((0.66, 0.54, 0.26), 0.26),  # yellow zinc plate
    ((0.80, 0.58, 0.24), 0.14),  # brass
    ((0.050, 0.050, 0.055), 0.40),  # black oxide
    ((0.42, 0.40, 0.38), 0.45),  # worn steel
)


def pick_finish(rng: np.random.Generator) -> Finish:
    """Return one of the finishes of hardware, a little different every time."""
    color, roughness = _METALS[int(rng.integers(len(_METALS)))]
    tint = rng.uniform(0.92, 1.08, 3)
    red, green, blue = (float(c * t) for c, t in zip(color, tint, strict=True))
    rust = float(rng.uniform(0.3, 0.8)) if rng.random() < 0.12 else 0.0
    return Finish((red, green, blue), roughness * float(rng.uniform(0.7, 1.3)), rust)


def _turned(axis: int, angle: float) -> NDArray[np.float64]:
    """Return the rotation by `angle` radians around axis 0, 1 or 2, (3, 3)."""
    c, s = math.cos(angle), math.sin(angle)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first], matrix[first, second] = c, -s
    matrix[second, first], matrix[second, second] = s, c
    return matrix


def pick_nut(rng: np.random.Generator) -> tuple[Nut, NDArray[np.float64]]:
    """Return a nut and how it lies: mostly flat, at times standing on one of its sides.

    The second value is the rotation, (3, 3), from the nut to a table whose up is z.
    """
    flats = float(rng.uniform(1.55, 1.85))
    flange = flats * float(rng.uniform(0.62, 0.72)) if rng.random() < 0.08 else 0.0
    nut = Nut(flats, float(rng.uniform(0.6, 1.0)), float(rng.uniform(0.15, 0.22)), flange)
    spin = _turned(2, float(rng.uniform(0, 2 * math.pi)))
    if flange or rng.random() < 0.88:
        return nut, spin
    side = int(rng.integers(6)) * math.pi / 3
    # A quarter turn around y puts the side that faced along x on the table.
    return nut, spin @ _turned(1, math.pi / 2) @ _turned(2, side)


def pick_bolt(rng: np.random.Generator) -> tuple[Bolt, NDArray[np.float64]]:
    """Return a bolt and how it lies: mostly on its side, at times standing on its head.

    The second value is the rotation, (3, 3), from the bolt to a table whose up is z.
    """
    flats = float(rng.uniform(1.5, 1.8))
    length = float(rng.uniform(1.8, 4.2))
    plain = 0.1 if rng.random() < 0.6 else length * float(rng.uniform(0.2, 0.5))
    bolt = Bolt(flats, float(rng.uniform(0.6, 0.75)), length, plain, float(rng.uniform(0.16, 0.22)))
    spin = _turned(2, float(rng.uniform(0, 2 * math.pi)))
    if rng.random() < 0.08:
        return bolt, spin
    side = int(rng.integers(6)) * math.pi / 3
    # Lying on a side of its head it leans forward until the end of the shank touches the table too.
    lean = math.atan2(flats / 2 - 0.45, length)
    return bolt, spin @ _turned(1, math.pi / 2 + lean) @ _turned(2, side)
