"""Which networks can look at a larger picture than they were built for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

LARGER = 1.5
"""How much larger the second scale of test-time augmentation is."""

STRIDE_PX = 16
"""The larger sides are rounded to whole strides of the usual networks."""


def larger_size(size: Sequence[int]) -> tuple[int, int]:
    """Return the larger scale's (height, width) for pictures of `size` (height, width), in pixels."""
    height, width = (max(STRIDE_PX, round(side * LARGER / STRIDE_PX) * STRIDE_PX) for side in size)
    return height, width


def takes_size(free: keras.Model, model: keras.Model) -> bool:
    """Tell whether a copy of a model that is free of its size can be given the larger scale.

    Args:
        free: the copy.
        model: the original, which may have a fixed size.
    """
    import keras

    shape = model.inputs[0].shape
    if len(shape) != 4 or None in shape[1:3]:
        return True
    if any(_pools_all(layer) for layer in _layers(model)):
        return False
    larger = keras.KerasTensor((1, *larger_size(shape[1:3]), shape[3]), dtype=free.inputs[0].dtype)
    try:
        free.compute_output_spec(larger)
    except Exception:  # whatever a layer says whose shapes do not fit
        return False
    return True


def _layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _layers(layer)


def _pools_all(layer: Any) -> bool:
    """Tell whether a layer's window spans its whole map: of a larger map it would see only a part."""
    if not hasattr(layer, "pool_size"):
        return False
    before, after = getattr(layer.input, "shape", ()), getattr(layer.output, "shape", ())
    return len(after) == 4 and tuple(after[1:3]) == (1, 1) != tuple(before[1:3])
