"""Where to listen in a network: its last convolution stage, and the stage before.

A model is traced into the calls it makes, in order. Where the last convolution sits in a nested model,
the search goes on inside it, and the parts before and behind are put around what is found there: no
sub-model ever crosses the wall of a nested one, which Keras cannot build. The finer stage may lie behind
another such wall, or outside of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annot_core.errors import ModelError

if TYPE_CHECKING:
    import keras

Size = tuple[int, int]

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
class Graph:
    """A model as the calls it makes; `sizes` are the (height, width) of their outputs, (0, 0) for no picture.

    `taken` is the (height, width) of the input.
    """

    inputs: Any
    output: Any
    calls: list[Call]
    sizes: list[Size]
    taken: Size

    def size_of(self, tensor: Any) -> Size:
        """Return the (height, width) of a tensor of the graph."""
        sizes = (size for call, size in zip(self.calls, self.sizes, strict=True) if call.given is tensor)
        return next(sizes, self.taken)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A classifier cut at its last convolution stage.

    `features` takes images (N, H, W, C) and gives the activations of the (earlier, last) stage. `head`
    takes the last stage's activations and the images and gives scores (N, classes); what reaches the
    scores past the stage is computed from the images. `last_name` names the layer of the cut, and `size` is
    the (height, width) of its output. `has_finer` tells that the earlier stage is another one than the last.
    """

    features: Callable[[Any], tuple[Any, Any]]
    head: Callable[[Any, Any], Any]
    last_name: str
    size: Size
    has_finer: bool


@dataclass(frozen=True, slots=True, eq=False)
class Finer:
    """A call whose output is fine enough, or, with `within`, a nested model that holds such a stage.

    `within` takes what the nested model takes and gives (the finer stage, what the nested model gives).
    """

    call: Call
    within: Callable[[Any], tuple[Any, Any]] | None = None


def split_at_last_stage(model: keras.Model, size: Size | None = None) -> Split:
    """Cut a private copy of a classifier at its last convolution stage.

    Args:
        model: a Sequential or functional model of our own; calls are added to its graph.
        size: (height, width) of its pictures, for a model that takes any size.

    Raises:
        ModelError: there is no convolution with a picture-like output, it has its channels first, or
            the model has several inputs.
    """
    graph = _trace(model, size or (PROBED_SIDE, PROBED_SIDE))
    calls = graph.calls
    last_convolution = _last_convolution(calls)
    if last_convolution is None:
        raise ModelError(
            "expected a model with a convolution layer, whose feature map says where things are, found none; "
            "use a convolutional classifier, or leave --model out to have one trained"
        )
    call = calls[last_convolution]
    if _is_nested(call.layer) and not (_is_picture(call.given) and _is_passed_by(calls, call.given, graph.output)):
        return _around(graph, last_convolution)
    last = _cut(graph, _end_of_stage(calls, last_convolution))
    finer = _finer_before(graph, last, graph.sizes[last])
    return Split(
        features=_with_finer(graph, finer, calls[last].given),
        head=_rest(graph, calls[last].given, graph.output),
        last_name=calls[last].layer.name,
        size=graph.sizes[last],
        has_finer=finer is not None,
    )


def _trace(model: keras.Model, size: Size) -> Graph:
    """Call every layer of a model once more on symbolic tensors, in order, and keep what went in and out.

    `size` is the (height, width) of the pictures where the model does not say.
    """
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
        return _sized(inputs, tensor, calls, size)
    again = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=listen)
    return _sized(again.inputs[0], again.outputs[0], calls, size)


def _sized(inputs: Any, output: Any, calls: list[Call], size: Size) -> Graph:
    """Work out the sizes of all outputs for one and the same input size."""
    import keras

    shape = inputs.shape
    if len(shape) != 4:
        return Graph(inputs, output, calls, [(0, 0)] * len(calls), (0, 0))
    height, width = shape[1] or size[0], shape[2] or size[1]
    pictures = [call.given for call in calls if _is_picture(call.given)]
    if not pictures:
        return Graph(inputs, output, calls, [(0, 0)] * len(calls), (height, width))
    probe = keras.KerasTensor((1, height, width, shape[3]), dtype=inputs.dtype)
    specs = iter(keras.Function([inputs], pictures).compute_output_spec([probe]))
    sizes = [tuple(next(specs).shape[1:3]) if _is_picture(call.given) else (0, 0) for call in calls]
    return Graph(inputs, output, calls, sizes, (height, width))


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


def _cut(graph: Graph, last: int) -> int:
    """The end of the last stage, or the nearest call before it, as fine, that no path leads around, if any."""
    calls = graph.calls
    if not _is_passed_by(calls, calls[last].given, graph.output):
        return last
    as_fine = (
        index for index in reversed(range(_first_convolution(calls), last)) if graph.sizes[index] == graph.sizes[last]
    )
    return next((index for index in as_fine if not _is_passed_by(calls, calls[index].given, graph.output)), last)


def _first_convolution(calls: list[Call]) -> int:
    return next((index for index, call in enumerate(calls) if _convolves(call)), len(calls))


def _finer_before(graph: Graph, end: int, last: Size) -> Finer | None:
    """The nearest stage before the call of number `end` that is finer than `last`, and made by a convolution."""
    for index in reversed(range(_first_convolution(graph.calls), end)):
        call = graph.calls[index]
        # One of several inputs cannot be traced; what it gives is a stage all the same.
        if _is_nested(call.layer) and _convolves(call) and len(call.layer.inputs) == 1:
            inner = _trace(call.layer, graph.size_of(call.taken[0]))
            if found := _finer_before(inner, len(inner.calls), last):
                return Finer(call, _with_finer(inner, found, inner.output))
        elif graph.sizes[index][0] >= COARSER * last[0] and not _is_pooling(call.layer):
            return Finer(call)
    return None


def _with_finer(graph: Graph, finer: Finer | None, target: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Build a function of a graph's input that gives (the finer stage, `target`); `target` twice without one."""
    if finer is None:
        alone = _part(graph.inputs, target)
        return lambda images: (alone(images),) * 2
    call, within = finer.call, finer.within
    if within is None:
        both = _part(graph.inputs, [call.given, target])
        return lambda images: tuple(both(images))
    before = _part(graph.inputs, call.taken[0])
    behind = _rest(graph, call.given, target)

    def through(images: Any) -> tuple[Any, Any]:
        fine, given = within(before(images))
        return fine, behind(given, images)

    return through


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


def _rest(graph: Graph, start: Any, output: Any) -> Callable[[Any, Any], Any]:
    """Build what follows a tensor, as a function of it and of the images."""
    if not _is_passed_by(graph.calls, start, output):
        part = _part(start, output)
        return lambda activations, images: part(activations)
    both = _part([start, graph.inputs], output)
    return lambda activations, images: both([activations, images])


def _around(graph: Graph, index: int) -> Split:
    """Put what comes before and behind a nested model around the cut inside it."""
    call = graph.calls[index]
    inner = split_at_last_stage(call.layer, graph.size_of(call.taken[0]))
    finer = None if inner.has_finer else _finer_before(graph, index, inner.size)
    before = _part(graph.inputs, call.taken[0])
    behind = _rest(graph, call.given, graph.output)
    entering = _with_finer(graph, finer, call.taken[0])

    def features(images: Any) -> tuple[Any, Any]:
        if finer is None:
            return inner.features(before(images))
        fine, taken = entering(images)
        return fine, inner.features(taken)[1]

    return Split(
        features=features,
        head=lambda activations, images: behind(inner.head(activations, before(images)), images),
        last_name=f"{call.layer.name}/{inner.last_name}",
        size=inner.size,
        has_finer=inner.has_finer or finer is not None,
    )
