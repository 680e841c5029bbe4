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
    """One call in a model's graph: a layer, the symbolic tensors it took and what it gave."""

    layer: Any
    taken: tuple[Any, ...]
    given: Any


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A classifier cut at its last convolution stage.

    `features` takes images (N, H, W, C) and gives the activations of the (earlier, last) stage. `head`
    takes the last stage's activations and the images and gives scores (N, classes); what reaches the
    scores past the stage is computed from the images. `last_name` names the layer of the cut.
    """

    features: Callable[[Any], tuple[Any, Any]]
    head: Callable[[Any, Any], Any]
    last_name: str


def split_at_last_stage(model: keras.Model) -> Split:
    """Cut a private copy of a classifier at its last convolution stage.

    Args:
        model: a Sequential or functional model of our own; calls are added to its graph.

    Raises:
        ModelError: there is no convolution with a picture-like output, it has its channels first, or
            the model has several inputs.
    """
    inputs, output, calls = _trace(model)
    last_convolution = _last_convolution(calls)
    if last_convolution is None:
        raise ModelError(
            "expected a model with a convolution layer, whose feature map says where things are, found none; "
            "use a convolutional classifier, or leave --model out to have one trained"
        )
    call = calls[last_convolution]
    if _is_nested(call.layer) and not (_is_picture(call.given) and _is_passed_by(calls, call.given, output)):
        return _around(split_at_last_stage(call.layer), inputs, calls, call, output)
    last = _cut(inputs, output, calls, _end_of_stage(calls, last_convolution))
    earlier = _stage_before(inputs, calls, last)
    return Split(
        features=_part(inputs, [earlier.given, calls[last].given]),
        head=_rest(inputs, calls, calls[last].given, output),
        last_name=calls[last].layer.name,
    )


def _trace(model: keras.Model) -> tuple[Any, Any, list[Call]]:
    """Call every layer of a model once more on symbolic tensors, in order, and keep what went in and out."""
    import keras

    if len(model.inputs) != 1:
        raise ModelError(
            f"expected a model with one input, a picture, found {len(model.inputs)} inputs; "
            "build one that takes the picture alone with keras.Model(inputs, outputs)"
        )
    calls: list[Call] = []

    def listen(layer: Any, *args: Any, **kwargs: Any) -> Any:
        given = layer(*args, **kwargs)
        taken = [leaf for leaf in keras.tree.flatten((args, kwargs)) if isinstance(leaf, keras.KerasTensor)]
        calls.append(Call(layer, tuple(taken), given))
        return given

    if isinstance(model, keras.Sequential):
        tensor = inputs = keras.Input(batch_shape=model.inputs[0].shape, dtype=model.inputs[0].dtype)
        for layer in model.layers:
            tensor = listen(layer, tensor)
        return inputs, tensor, calls
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
    return _is_picture(call.given) or (_is_nested(call.layer) and any(map(_is_picture, call.taken)))


def _is_picture(tensor: Any) -> bool:
    """Tell whether a tensor has two axes of space with more than one cell."""
    shape = getattr(tensor, "shape", ())
    return len(shape) == 4 and all(side is None or side > 1 for side in shape[1:3])


def _is_pooling(layer: Any) -> bool:
    return "Pooling" in type(layer).__name__ or "Padding" in type(layer).__name__


def _end_of_stage(calls: list[Call], convolution: int) -> int:
    """Go on from the last convolution over normalizations, activations and sums of the same fineness.

    Calls on other branches, such as the pooling of a shortcut, are passed over.
    """
    import keras

    end = convolution
    behind = {id(tensor) for tensor in keras.tree.flatten(calls[convolution].given)}
    for index in range(convolution + 1, len(calls)):
        call = calls[index]
        if not any(id(tensor) in behind for tensor in call.taken):
            continue
        if not _is_picture(call.given) or _is_pooling(call.layer):
            break
        behind.add(id(call.given))
        end = index
    return end


def _cut(inputs: Any, output: Any, calls: list[Call], last: int) -> int:
    """The end of the last stage, or the nearest call before it, as fine, that no path leads around, if any."""
    if not _is_passed_by(calls, calls[last].given, output):
        return last
    sides = _sides(inputs, calls[: last + 1])
    first = next(index for index, call in enumerate(calls) if _convolves(call))
    as_fine = (index for index in reversed(range(first, last)) if sides[index] == sides[last])
    return next((index for index in as_fine if not _is_passed_by(calls, calls[index].given, output)), last)


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
    part = keras.Model(start, end)
    return lambda tensor: part(tensor, training=False)


def _is_passed_by(calls: list[Call], tensor: Any, output: Any) -> bool:
    """Tell whether a path leads from the input to the output around a tensor, as a shortcut does."""
    import keras

    givers = {id(given): call for call in calls for given in keras.tree.flatten(call.given)}
    seen = {id(tensor)}
    waiting = [output]
    while waiting:
        needed = waiting.pop()
        if id(needed) in seen:
            continue
        if id(needed) not in givers:
            return True
        seen.add(id(needed))
        waiting.extend(givers[id(needed)].taken)
    return False


def _rest(inputs: Any, calls: list[Call], start: Any, output: Any) -> Callable[[Any, Any], Any]:
    """Build what follows a tensor, as a function of it and of the images."""
    if not _is_passed_by(calls, start, output):
        part = _part(start, output)
        return lambda activations, images: part(activations)
    both = _part([start, inputs], output)
    return lambda activations, images: both([activations, images])


def _around(inner: Split, inputs: Any, calls: list[Call], call: Call, output: Any) -> Split:
    """Put what comes before and behind a nested model around the cut inside it."""
    before = _part(inputs, call.taken[0])
    behind = _rest(inputs, calls, call.given, output)
    return Split(
        features=lambda images: inner.features(before(images)),
        head=lambda activations, images: behind(inner.head(activations, before(images)), images),
        last_name=f"{call.layer.name}/{inner.last_name}",
    )
