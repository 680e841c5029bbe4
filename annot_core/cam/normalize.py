"""Bringing maps to [0, 1] without ever dividing by nothing."""

from __future__ import annotations

from typing import Any

# A map whose values differ by less than this is flat: float32 noise of a sum over hundreds of channels.
FLAT = 1e-7


def peak_normalized(maps: Any) -> Any:
    """Divide each map (N, h, w), values at least 0, by its maximum; a flat or empty map gives zeros."""
    from keras import ops

    finite = ops.where(ops.isfinite(maps), maps, 0.0)
    peak = ops.max(finite, axis=(1, 2), keepdims=True)
    spread = peak - ops.min(finite, axis=(1, 2), keepdims=True)
    speaks = spread > FLAT * peak
    return ops.where(speaks, finite / ops.where(speaks, peak, 1.0), 0.0)


def range_normalized(maps: Any) -> Any:
    """Bring each map (N, h, w) linearly to [0, 1], its minimum to 0; a flat map gives zeros."""
    from keras import ops

    finite = ops.where(ops.isfinite(maps), maps, 0.0)
    return peak_normalized(finite - ops.min(finite, axis=(1, 2), keepdims=True))
