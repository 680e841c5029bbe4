"""Bringing maps to [0, 1] without ever dividing by nothing."""

from __future__ import annotations

from typing import Any

FLAT = 1e-5
"""A map whose values differ by less than this share of the largest one is flat: what is left is the
rounding of float32 sums over thousands of products."""


def peak_normalized(maps: Any) -> Any:
    """Divide each map (N, h, w), values at least 0, by its maximum; a flat or empty map gives zeros."""
    from keras import ops

    finite = _finite(maps)
    peak = ops.max(finite, axis=(1, 2), keepdims=True)
    spread = peak - ops.min(finite, axis=(1, 2), keepdims=True)
    speaks = spread > FLAT * peak
    return ops.where(speaks, finite / ops.where(speaks, peak, 1.0), 0.0)


def range_normalized(maps: Any) -> Any:
    """Bring each map (N, h, w) linearly to [0, 1], its minimum to 0; a flat map gives zeros."""
    from keras import ops

    finite = _finite(maps)
    least = ops.min(finite, axis=(1, 2), keepdims=True)
    spread = ops.max(finite, axis=(1, 2), keepdims=True) - least
    # Against the values themselves: once the minimum is taken away, rounding looks like a map.
    varied = spread > FLAT * ops.max(ops.abs(finite), axis=(1, 2), keepdims=True)
    return ops.where(varied, (finite - least) / ops.where(varied, spread, 1.0), 0.0)


def _finite(maps: Any) -> Any:
    from keras import ops

    return ops.where(ops.isfinite(maps), maps, 0.0)
