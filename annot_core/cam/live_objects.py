"""What a model in memory has and its configuration has not: its own classes and functions.

A model that is in memory has been trusted already, so copying it must neither ask for its classes to be
registered nor run code out of a configuration: the copy takes the very objects that the model has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from annot_core.cam.linear_head import layer_name

if TYPE_CHECKING:
    import keras


def name_live_objects(config: dict[str, Any], model: keras.Model) -> dict[str, Any]:
    """Find the classes and functions that a model's configuration needs, by name.

    Code that was serialized into the configuration is replaced there, in place, by a name.

    Args:
        config: the configuration of `model`.
        model: the live model.

    Returns:
        The objects by the names under which the configuration refers to them.
    """
    objects = {name: value for layer in _all_layers(model) for name, value in _named_objects(layer)}
    _name_functions(config, model, objects)
    return objects


def _all_layers(model: Any) -> Iterator[Any]:
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from _all_layers(layer)


def _named_objects(layer: Any) -> Iterator[tuple[str, Any]]:
    """The class of a layer, and its activation, where Keras does not know them itself."""
    import keras

    for value in (type(layer), getattr(layer, "activation", None)):
        name = getattr(value, "__name__", None)
        if name is not None and not value.__module__.startswith("keras."):
            yield name, value
            yield keras.saving.get_registered_name(value), value


def _name_functions(config: dict[str, Any], model: Any, objects: dict[str, Any]) -> None:
    """Replace the code of Lambda layers by names, in place, and put the functions under them."""
    live = {layer.name: layer for layer in getattr(model, "layers", ())}
    for entry in config.get("layers", []):
        layer, inner = live.get(layer_name(entry)), entry["config"]
        if layer is None or not isinstance(inner, dict):
            continue
        if "layers" in inner:
            _name_functions(inner, layer, objects)
        elif entry["class_name"] == "Lambda":
            for key, attribute in (("function", "function"), ("output_shape", "_output_shape")):
                value = getattr(layer, attribute, None)
                if callable(value):
                    name = f"live_{key}_{len(objects)}"
                    objects[name] = value
                    inner[key] = {
                        "module": "builtins",
                        "class_name": "function",
                        "config": name,
                        "registered_name": name,
                    }
