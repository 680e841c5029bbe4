"""The end of a classifier made linear, in its configuration, so that scores come out of it.

A probability will not do for a gradient: where a softmax is saturated, its gradient is exactly 0.
"""

from __future__ import annotations

import enum
from typing import Any

from annot_core.errors import ModelError

PASSING = frozenset({"Activation", "Cast", "Dropout", "Flatten", "Identity", "Reshape"})
"""Layers and operations that may follow the last activation without changing its values."""

_LINEAR = {"module": "keras.layers", "class_name": "Activation", "registered_name": None}


class Head(enum.StrEnum):
    """What the model's outputs were before they were made scores."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LINEAR = "linear"


def linearize(config: dict[str, Any]) -> Head:
    """Make the last layer of a model's configuration linear, in place; return what it was.

    Raises:
        ModelError: the model has several outputs.
    """
    layer = _output_layer(config)
    if layer is None:
        return Head.LINEAR
    inner, kind = layer["config"], layer["class_name"]
    if "layers" in inner:
        return linearize(inner)
    if kind in {"Softmax", "Sigmoid"}:
        _replace_by_linear(layer)
        return Head(kind.lower())
    activation = _activation_name(inner)
    if activation in {"softmax", "sigmoid"}:
        inner["activation"] = "linear"
        return Head(activation)
    if kind in PASSING and activation in {None, "linear"}:
        return _linearize_before(config, layer)
    return Head.LINEAR


def _activation_name(config: dict[str, Any]) -> str | None:
    activation = config.get("activation")
    if isinstance(activation, dict):
        activation = activation.get("config") or activation.get("class_name")
    return activation.lower() if isinstance(activation, str) else None


def _linearize_before(config: dict[str, Any], layer: dict[str, Any]) -> Head:
    """Look for the activation behind a last layer that does nothing, such as a cast to float32."""
    if "output_layers" in config:
        names = _input_names(layer.get("inbound_nodes", []))
        if len(names) != 1:
            return Head.LINEAR
        before = {**config, "output_layers": [[names[0], 0, 0]]}
    else:
        before = {**config, "layers": config["layers"][:-1]}
    return linearize(before)


def _input_names(node: Any) -> list[str]:
    """The names of the layers whose outputs a node of a graph takes."""
    if isinstance(node, dict):
        history = node["config"].get("keras_history") if isinstance(node.get("config"), dict) else None
        return [history[0]] if history else _input_names(list(node.values()))
    if isinstance(node, list | tuple):
        return [name for item in node for name in _input_names(item)]
    return []


def _output_layer(config: dict[str, Any]) -> dict[str, Any] | None:
    """The configuration of the layer that gives a model's output; None where there are no layers."""
    layers: list[dict[str, Any]] = config["layers"]
    if "output_layers" not in config:
        return layers[-1] if layers else None
    output = config["output_layers"]
    if isinstance(output, dict):
        output = list(output.values())
    if output and isinstance(output[0], list | tuple):
        if len(output) != 1:
            raise ModelError(
                f"expected a classifier with one output, found {len(output)}; "
                "build a model that gives the class scores alone with keras.Model(inputs, outputs)"
            )
        output = output[0]
    return next((layer for layer in layers if layer_name(layer) == output[0]), None)


def layer_name(layer: dict[str, Any]) -> str:
    """Return the name of a layer by its entry in a model's configuration."""
    return str(layer.get("name") or layer["config"].get("name"))


def _replace_by_linear(layer: dict[str, Any]) -> None:
    """Turn a softmax or sigmoid, layer or operation, into an activation that does nothing."""
    name = layer_name(layer)
    layer.update(_LINEAR)
    layer["config"] = {"name": name, "activation": "linear", "dtype": "float32"}
    for node in layer.get("inbound_nodes", []):
        if isinstance(node, dict):
            # What follows the tensor are options of the softmax, such as its axis; the tensor may
            # itself have been given by name.
            node["args"] = list(node["args"][:1]) or [node["kwargs"]["x"]]
            node["kwargs"] = {}
