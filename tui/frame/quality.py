"""How fine frames may be on this line: fine where it is fast, soon there where it is slow, and steady."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annot_core.geometry import Box
from tui.frame.paint import Grid
from tui.frame.quantize import coarsen, sticky

TARGET_S = 0.4
"""A frame should have arrived after this long."""

FINER_BELOW = 0.7
COARSER_TO = 0.9
"""Finer frames have to be expected within this share of the target, coarser ones within that: the rest is room
for pictures that take more bytes than the last ones did."""

SMOOTHING = 0.3
"""The weight of the newest frame in what is known of the line and of the pictures."""

LEAST_SPREAD = 0.1
"""Frames have to differ this much in size, as a share of it, to tell a line's delay from its rate."""


@dataclass(frozen=True, slots=True)
class Level:
    """One step of quality.

    Attributes:
        name: what a person calls it, as in `--quality`.
        tau: how far colors may be off, for `sticky`.
        coarse: whether pixels are painted in blocks of 2 x 2.
        share: the bytes of a photo's frame, as a share of those of a lossless one; measured.
    """

    name: str
    tau: float
    coarse: bool
    share: float

    def reduce(self, grid: Grid, part: Box | None = None) -> Grid:
        """Return the grid at this quality; `part` is what `sticky` says."""
        return sticky(coarsen(grid, part) if self.coarse else grid, self.tau, part)


LEVELS = (
    Level("lossless", 0, False, 1.0),
    Level("finest", 8, False, 0.43),
    Level("fine", 12, False, 0.32),
    Level("good", 16, False, 0.26),
    Level("fair", 24, False, 0.18),
    Level("rough", 32, False, 0.14),
    Level("coarse", 24, True, 0.10),
    Level("coarsest", 48, True, 0.07),
)
"""From the finest to the one of the fewest bytes."""

FIRST_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a line: running means of frames' bytes and of the seconds that they took.

    A frame takes `delay_s + size / rate`: both are found by a regression in which older frames count less.
    """

    size: float = 0.0
    seconds: float = 0.0
    size_squared: float = 0.0
    size_seconds: float = 0.0
    told: bool = False

    def after(self, size: int, seconds: float) -> Line:
        """Return what is known after another frame."""
        weight = SMOOTHING if self.told else 1.0

        def mean(old: float, new: float) -> float:
            return old + weight * (new - old)

        return Line(
            mean(self.size, size),
            mean(self.seconds, seconds),
            mean(self.size_squared, size * size),
            mean(self.size_seconds, size * seconds),
            told=True,
        )

    @property
    def seconds_per_byte(self) -> float:
        """The inverse of the rate; without frames of different sizes, all of the time counts as sending."""
        overall = self.seconds / self.size
        variance = self.size_squared - self.size**2
        if variance <= (LEAST_SPREAD * self.size) ** 2:
            return overall
        slope = (self.size_seconds - self.size * self.seconds) / variance
        return min(slope, overall) if slope > 0 else overall

    @property
    def rate(self) -> float | None:
        """Bytes a second; None before the first frame."""
        return 1 / self.seconds_per_byte if self.told else None

    @property
    def delay_s(self) -> float:
        """What even an empty frame takes."""
        return max(0.0, self.seconds - self.size * self.seconds_per_byte)

    def expected_s(self, size: float) -> float:
        """Return how long a frame of `size` bytes would take."""
        return self.delay_s + size * self.seconds_per_byte


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a frame takes at each level: measured where one was seen, and estimated from those elsewhere."""

    expected: tuple[float, ...]
    seen: frozenset[int]

    def after(self, index: int, size: int) -> Sizes:
        """Return what is expected after a frame of a level."""
        change = size / self.expected[index]
        if index in self.seen:
            # Pictures differ, and all levels with them.
            change = 1 + SMOOTHING * (change - 1)
            return replace(self, expected=tuple(each * change for each in self.expected))
        seen = self.seen | {index}
        nearest = [min(seen, key=lambda each: abs(each - other)) for other in range(len(LEVELS))]
        expected = (each * change if near == index else each for near, each in zip(nearest, self.expected, strict=True))
        return Sizes(tuple(expected), seen)


NO_SIZES = Sizes(tuple(level.share for level in LEVELS), frozenset())


@dataclass(frozen=True, slots=True)
class QualityControl:
    """Chooses the level for the next frame; a value, which `after` follows with the next one.

    Attributes:
        index: the chosen level, in `LEVELS`.
        pinned: whether it stays, whatever the line does.
        target_s: what a frame may take.
        line: what is known of the line.
        sizes: what is known of frames.
        wish: the level that the last frame spoke for.
    """

    index: int = FIRST_LEVEL
    pinned: bool = False
    target_s: float = TARGET_S
    line: Line = Line()
    sizes: Sizes = NO_SIZES
    wish: int = FIRST_LEVEL

    @property
    def level(self) -> Level:
        """The level for the next frame."""
        return LEVELS[self.index]

    def after_part(self, size: int, seconds: float) -> QualityControl:
        """Return what is known after a part of a frame was sent: it tells of the line, not of pictures."""
        return self if size <= 0 or seconds <= 0 else replace(self, line=self.line.after(size, seconds))

    def after(self, size: int, seconds: float, index: int | None = None) -> QualityControl:
        """Return what to do after a whole frame: another level where this one and the last frame call for it.

        Args:
            size: the frame's bytes.
            seconds: from sending it to its arrival.
            index: the level that it was made at, if it was not the chosen one.
        """
        if size <= 0 or seconds <= 0:
            return self
        known = self.after_part(size, seconds)
        known = replace(known, sizes=self.sizes.after(self.index if index is None else index, size))
        wish = self.index if self.pinned else known._suiting()
        agreed = (wish - self.index) * (self.wish - self.index) > 0
        if not agreed:
            return replace(known, wish=wish)
        chosen = min(wish, self.wish, key=lambda each: abs(each - self.index))
        return replace(known, index=chosen, wish=chosen)

    def _suiting(self) -> int:
        """Return the level that suits the line and the pictures, from where this one stands."""
        if not self._fits(self.index, 1.0):
            coarser = range(self.index + 1, len(LEVELS))
            return next((index for index in coarser if self._fits(index, COARSER_TO)), len(LEVELS) - 1)
        return next((index for index in range(self.index) if self._fits(index, FINER_BELOW)), self.index)

    def _fits(self, index: int, share: float) -> bool:
        return self.line.expected_s(self.sizes.expected[index]) <= share * self.target_s


def pinned_to(name: str) -> QualityControl:
    """Return a control that stays at the level of that name.

    Raises:
        ValueError: there is no such level.
    """
    names = [level.name for level in LEVELS]
    if name not in names:
        raise ValueError(f"expected a quality of {', '.join(names)}, got {name!r}")
    index = names.index(name)
    return QualityControl(index, pinned=True, wish=index)
