"""A copy of a classifier to do as we like with: the user's own model is never touched.

The copy differs from the original in three ways, none of which changes what it has learned: it gives
scores before the last softmax or sigmoid (a saturated probability has a gradient of exactly 0), it
computes in float32 (gradients of half precision underflow), and it takes pictures of any size where the
network allows that.
"""

from __future__ import annotations

import copy
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annot_core.errors import ModelError

if TYPE_CHECKING:
    import keras

LINEAR = {"module": "keras.layers", "class_name": "Activation", "registered_name": None}


class Head(enum.StrEnum):
    """What the model's outputs were before they were made scores."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LINEAR = "linear"


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
        ModelError: the model is subclassed and so has no graph, is not built, or (with `free_size`)
            its network depends on the size.
    """
    import keras

    if not isinstance(model, keras.Sequential | keras.Function):
        raise ModelError(
            f"expected a Sequential or functional Keras model, found the subclass "
            f"{type(model).__name__}; rebuild it with keras.Model(inputs, outputs), and save it again"
        )
    if not model.built:
        raise ModelError("expected a built model, found one that has never seen an input; call it once before saving")
    config = _float32(copy.deepcopy(model.get_config()))
    if isinstance(model, keras.Sequential):
        config["build_input_shape"] = model.input_shape
    head = _linearize(config)
    if free_size:
        _free_first_size(config)
    try:
        family = keras.Sequential if isinstance(model, keras.Sequential) else keras.Model
        duplicate = family.from_config(config)
        duplicate.set_weights(model.get_weights())
    except (ValueError, TypeError) as error:
        raise ModelError(f"expected a model that can be rebuilt from its configuration, found: {error}") from error
    duplicate.trainable = False
    return PrivateCopy(duplicate, head)


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


def _linearize(config: dict[str, Any]) -> Head:
    """Make the last layer of a model's configuration linear, in place; return what it was."""
    layer = _output_layer(config)
    inner = layer["config"]
    name = layer["class_name"]
    if "layers" in inner:
        return _linearize(inner)
    if name in {"Softmax", "Sigmoid"}:
        _replace_by_linear(layer)
        return Head(name.lower())
    activation = inner.get("activation")
    if isinstance(activation, dict):
        activation = activation.get("config", activation.get("class_name"))
    if activation in {"softmax", "sigmoid"}:
        inner["activation"] = "linear"
        return Head(activation)
    if name in {"Activation", "Identity", "Reshape"}:
        return _linearize_before(config, layer)
    return Head.LINEAR


def _linearize_before(config: dict[str, Any], layer: dict[str, Any]) -> Head:
    """Look for the activation behind a last layer that does nothing, such as a cast to float32."""
    if "output_layers" in config:
        names = _input_names(layer)
        if len(names) != 1:
            return Head.LINEAR
        before = {**config, "output_layers": [[names[0], 0, 0]]}
    else:
        before = {**config, "layers": config["layers"][:-1]}
    return _linearize(before)


def _input_names(layer: dict[str, Any]) -> list[str]:
    found: list[str] = []

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            history = node.get("config", {}).get("keras_history") if "config" in node else None
            if history:
                found.append(history[0])
            else:
                for value in node.values():
                    collect(value)
        elif isinstance(node, list | tuple):
            for item in node:
                collect(item)

    collect(layer.get("inbound_nodes", []))
    return found


def _output_layer(config: dict[str, Any]) -> dict[str, Any]:
    layers: list[dict[str, Any]] = config["layers"]
    if "output_layers" not in config:
        return layers[-1]
    output = config["output_layers"]
    if output and isinstance(output[0], list | tuple):
        if len(output) != 1:
            raise ModelError(f"expected a classifier with one output, found {len(output)}")
        output = output[0]
    return next(layer for layer in layers if layer.get("name", layer["config"].get("name")) == output[0])


def _replace_by_linear(layer: dict[str, Any]) -> None:
    """Turn a softmax or sigmoid, layer or operation, into an activation that does nothing."""
    name = layer.get("name") or layer["config"].get("name")
    layer.update(LINEAR)
    layer["config"] = {"name": name, "activation": "linear", "dtype": "float32"}
    for node in layer.get("inbound_nodes", []):
        if isinstance(node, dict):
            node["kwargs"] = {}
            node["args"] = node["args"][:1]


def _free_first_size(config: dict[str, Any]) -> None:
    """Let every input layer take any height and width, in place, nested models included."""
    if "build_input_shape" in config:
        config["build_input_shape"] = _free(config["build_input_shape"])
    for layer in config.get("layers", []):
        inner = layer.get("config", {})
        if isinstance(inner, dict):
            if layer["class_name"] == "InputLayer":
                inner["batch_shape"] = _free(inner["batch_shape"])
            if "layers" in inner:
                _free_first_size(inner)
        if "build_config" in layer:
            layer["build_config"] = {}


def _free(shape: Any) -> Any:
    return [shape[0], None, None, shape[3]] if shape and len(shape) == 4 else shape
