"""What is measured, and how figures are put into words."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is of, its value and unit, and what is asked of it: at most, at least (None: nothing is)."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def row(self) -> str:
        """The figure as a row of a table."""
        asked = "" if self.at_most is None else f"at most {self.at_most:g}"
        asked += "" if self.at_least is None else f"at least {self.at_least:g}"
        return f"{self.name:<72} {self.value:>10.3g} {self.unit:<5} {asked}".rstrip()


def spread(name: str, values: Sequence[float], unit: str, at_most: float | None = None) -> list[Figure]:
    """Return the median and the value that nine of ten are below."""
    ordered = sorted(values)
    return [
        Figure(f"{name}, median", statistics.median(ordered), unit, at_most),
        Figure(f"{name}, p90", ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))], unit),
    ]
