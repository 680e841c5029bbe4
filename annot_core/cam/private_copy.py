"""A copy of a classifier to do as we like with: the user's own model is never touched.

The copy differs from the original in four ways, none of which changes what it has learned: it gives
scores before the last softmax or sigmoid, it computes in float32 (gradients of half precision
underflow), it takes batches of any size, and pictures of any size where that is asked for.

Features in half precision, with the head alone in float32, would be quicker on a GPU. They are not: maps, and boxes
with them, would differ by more than the last digits between a machine that has one and another.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annot_core.cam.linear_head import Head, linearize
from annot_core.cam.live_objects import name_live_objects
from annot_core.errors import ModelError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class PrivateCopy:
    """A copy that gives scores, and what its outputs were in the original."""

    model: keras.Model
    head: Head


def copy_for_heatmaps(model: keras.Model, *, free_size: bool = False) -> PrivateCopy:
    """Copy a classifier so that it gives scores before its last activation, in float32.

    Args:
        model: a Sequential or functional model of any nesting; it is not changed.
        free_size: let the copy take pictures of any size.

    Raises:
        ModelError: the model is subclassed and so has no graph, is not built, has several outputs, or
            cannot be built a second time (with `free_size`: for pictures of any size).
    """
    import keras

    config = _configuration(model)
    head = linearize(config)
    objects = name_live_objects(config, model)
    if free_size or any(tensor.shape[0] is not None for tensor in model.inputs):
        _free_shapes(config, size=free_size)
    # Not the model's own type: a subclass may bring a constructor or a training step of its own.
    family = keras.Sequential if isinstance(model, keras.Sequential) else keras.Model
    try:
        with keras.saving.custom_object_scope(objects):
            duplicate = family.from_config(_float32(config))
        duplicate.set_weights(model.get_weights())
    except Exception as error:  # Keras raises ValueError, TypeError, NotImplementedError and others here
        raise _not_rebuilt(error) from error
    _finalize(duplicate)
    duplicate.trainable = False
    return PrivateCopy(duplicate, head)


def _configuration(model: keras.Model) -> dict[str, Any]:
    """A model's configuration as nested values of its own."""
    import keras

    if not isinstance(model, keras.Sequential | keras.Function):
        raise _subclassed(model)
    if not model.built:
        raise ModelError("expected a built model, found one that has never seen an input; call it once before saving")
    try:
        config: dict[str, Any] = copy.deepcopy(model.get_config())
    except Exception as error:  # whatever a layer of the user's own raises
        raise _not_rebuilt(error) from error
    if "layers" not in config:
        raise _subclassed(model)
    if isinstance(model, keras.Sequential):
        config["build_input_shape"] = model.input_shape
    return config


def _subclassed(model: Any) -> ModelError:
    return ModelError(
        f"expected a Sequential or functional Keras model, found the subclass {type(model).__name__}; "
        "rebuild it with keras.Model(inputs, outputs), and save it again"
    )


def _not_rebuilt(error: Exception) -> ModelError:
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return ModelError(f"expected a model that can be built again from its configuration, found: {reason}")


def _finalize(model: Any) -> None:
    """Let layers take up weights that they keep in a second form, as Normalization does."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            _finalize(layer)
        elif hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _float32(node: Any) -> Any:
    """Replace every precision policy in a configuration by float32."""
    if isinstance(node, dict):
        return {
            key: "float32" if key == "dtype" and _is_floating(value) else _float32(value) for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return type(node)(_float32(item) for item in node)
    return node


def _is_floating(policy: Any) -> bool:
    name = policy.get("config", {}).get("name", "") if isinstance(policy, dict) else policy
    return isinstance(name, str) and "float" in name


def _free_shapes(config: dict[str, Any], *, size: bool) -> None:
    """Let every input take batches, and with `size` pictures, of any size; in place, nested models included."""
    if "build_input_shape" in config:
        config["build_input_shape"] = _free(config["build_input_shape"], size)
    for layer in config.get("layers", []):
        inner = layer.get("config", {})
        if isinstance(inner, dict):
            if layer["class_name"] == "InputLayer":
                inner["batch_shape"] = _free(inner["batch_shape"], size)
            if "layers" in inner:
                _free_shapes(inner, size=size)
        if "build_config" in layer:
            # The shapes that layers were built for no longer hold; they are built again by the graph.
            layer["build_config"] = {}


def _free(shape: Any, size: bool) -> Any:
    if not shape or not isinstance(shape, list | tuple) or isinstance(shape[-1], list | tuple):
        return shape
    if size and len(shape) == 4:
        return [None, None, None, shape[3]]
    return [None, *shape[1:]]
