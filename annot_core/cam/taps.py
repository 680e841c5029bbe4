"""Where to listen in a network: its last convolution stage, and the stage before.

A model is traced into the calls it makes, in order. Where the last convolution sits in a nested model,
the search goes on inside it, and the parts before and behind are put around what is found there: no
sub-model ever crosses the wall of a nested one, which Keras cannot build.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annot_core.errors import ModelError

if TYPE_CHECKING:
    import keras

PROBED_SIDE = 256
"""Height and width, in pixels, at which networks that take any size are asked for their sizes."""

COARSER = 1.5
"""An earlier stage counts as finer when its sides are at least this many times as long."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call in a model's graph: a layer, the symbolic tensor it took and the one it gave."""

    layer: Any
    taken: Any
    given: Any


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A classifier cut at its last convolution stage.

    `features` takes images (N, H, W, 3) and gives the activations of the (earlier, last) stage, `head` takes
    the last stage's activations and gives scores (N, classes). `last_name` names the layer of the cut.
    """

    features: Callable[[Any], tuple[Any, Any]]
    head: Callable[[Any], Any]
    last_name: str


def split_at_last_stage(model: keras.Model) -> Split:
    """Cut a private copy of a classifier at its last convolution stage.

    Args:
        model: a Sequential or functional model of our own; calls are added to its graph.

    Raises:
        ModelError: there is no convolution with a picture-like output, or no single cut separates
            the convolutions from the scores.
    """
    inputs, output, calls = _trace(model)
    last_convolution = _last_convolution(calls)
    if last_convolution is None:
        raise ModelError(
            "expected a model with a convolution layer, whose feature map says where things are, found none; "
            "use a convolutional classifier, or leave --model out to have one trained"
        )
    call = calls[last_convolution]
    if _is_nested(call.layer):
        return _around(split_at_last_stage(call.layer), inputs, call, output)
    last = _end_of_stage(calls, last_convolution)
    earlier = _stage_before(inputs, calls, last)
    return Split(
        features=_part(inputs, [earlier.given, calls[last].given]),
        head=_part(calls[last].given, output),
        last_name=calls[last].layer.name,
    )


def _trace(model: keras.Model) -> tuple[Any, Any, list[Call]]:
    """Call every layer of a model once more on symbolic tensors, in order, and keep what went in and out."""
    import keras

    if len(model.inputs) != 1:
        raise ModelError(f"expected a model with one input, a picture, found {len(model.inputs)} inputs")
    calls: list[Call] = []
    if isinstance(model, keras.Sequential):
        given = inputs = keras.Input(batch_shape=model.inputs[0].shape, dtype=model.inputs[0].dtype)
        for layer in model.layers:
            taken, given = given, layer(given)
            calls.append(Call(layer, taken, given))
        return inputs, given, calls

    def listen(layer: Any, *args: Any, **kwargs: Any) -> Any:
        given = layer(*args, **kwargs)
        calls.append(Call(layer, args[0] if args else None, given))
        return given

    again = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=listen)
    return again.inputs[0], again.outputs[0], calls


def _is_nested(layer: Any) -> bool:
    return hasattr(layer, "layers") and hasattr(layer, "inputs")


def _last_convolution(calls: list[Call]) -> int | None:
    """The index of the last call that convolves, or None."""
    for index in reversed(range(len(calls))):
        call = calls[index]
        if _convolves(call):
            if getattr(call.layer, "data_format", "channels_last") == "channels_first":
                raise ModelError("expected a model with channels last (N, H, W, C), found channels first")
            return index
    return None


def _convolves(call: Call) -> bool:
    """Tell whether a call has a weight of four axes, and gives a picture (a nested model: takes one)."""
    if not any(len(weight.shape) == 4 for weight in getattr(call.layer, "weights", ())):
        return False
    return _is_picture(call.given) or (_is_nested(call.layer) and _is_picture(call.taken))


def _is_picture(tensor: Any) -> bool:
    """Tell whether a tensor has two axes of space with more than one cell."""
    shape = getattr(tensor, "shape", ())
    return len(shape) == 4 and all(side is None or side > 1 for side in shape[1:3])


def _is_pooling(layer: Any) -> bool:
    return "Pooling" in type(layer).__name__ or "Padding" in type(layer).__name__


def _end_of_stage(calls: list[Call], convolution: int) -> int:
    """Go on from the last convolution over normalizations, activations and sums of the same fineness."""
    end = convolution
    for index in range(convolution + 1, len(calls)):
        given = calls[index].given
        if not _is_picture(given) or _is_pooling(calls[index].layer):
            break
        end = index
    return end


def _stage_before(inputs: Any, calls: list[Call], last: int) -> Call:
    """The last call before `last` whose output is finer and made by a convolution, or `last` itself."""
    sides = _sides(inputs, calls[: last + 1])
    first = next(index for index, call in enumerate(calls) if _convolves(call))
    for index in reversed(range(first, last)):
        if sides[index] >= COARSER * sides[last] and not _is_pooling(calls[index].layer):
            return calls[index]
    return calls[last]


def _sides(inputs: Any, calls: list[Call]) -> list[int]:
    """The height of each call's output, 0 where it is no picture, for one and the same input size."""
    import keras

    pictures = [call.given for call in calls if _is_picture(call.given)]
    height, width = (side or PROBED_SIDE for side in inputs.shape[1:3])
    probe = keras.KerasTensor((1, height, width, inputs.shape[3]), dtype=inputs.dtype)
    specs = iter(keras.Function([inputs], pictures).compute_output_spec([probe]))
    return [next(specs).shape[1] if _is_picture(call.given) else 0 for call in calls]


def _part(start: Any, end: Any) -> Callable[[Any], Any]:
    """Build the part of a graph between two of its tensors, as a function for inference."""
    import keras

    if start is end:
        return lambda tensor: tensor
    try:
        part = keras.Model(start, end)
    except ValueError as error:
        raise ModelError(
            "expected a network in which every path from the last convolution stage to the scores goes "
            f"through one layer, found paths around it: {error}"
        ) from error
    return lambda tensor: part(tensor, training=False)


def _around(inner: Split, inputs: Any, call: Call, output: Any) -> Split:
    """Put what comes before and behind a nested model around the cut inside it."""
    before = _part(inputs, call.taken)
    behind = _part(call.given, output)
    return Split(
        features=lambda images: inner.features(before(images)),
        head=lambda activations: behind(inner.head(activations)),
        last_name=f"{call.layer.name}/{inner.last_name}",
    )
