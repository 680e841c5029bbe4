"""The one step that every Keras backend does in its own way: compiling, and a gradient.

All the rest of the heat map code is `keras.ops`.

Behind global pooling and one dense layer the gradient could be written down instead: a row of the dense layer's weights
over the number of cells. Measured with the small network, differentiating the head takes 3 to 5 % of the step, so there
is one way for every head.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from annot_core.errors import ModelError

Differentiating = Callable[[Any], tuple[Any, Any]]


def value_and_gradient(function: Differentiating) -> Differentiating:
    """Turn `function` into one that also differentiates.

    Args:
        function: takes a tensor and gives (a scalar to differentiate, anything else).

    Returns:
        A function that takes the tensor and gives (the gradient, the anything else).

    Raises:
        ModelError: Keras runs on a backend that has no such step here.
    """
    differentiating: Differentiating = _chosen({"tensorflow": _tensorflow_gradient, "jax": _jax_gradient})(function)
    return differentiating


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of tensors; it is traced once for every new shape of its arguments."""
    result: Callable[..., Any] = _chosen({"tensorflow": _tensorflow_compiled, "jax": _jax_compiled})(function)
    return result


def _chosen(table: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    import keras

    backend = keras.backend.backend()
    if backend not in table:
        raise ModelError(f"expected Keras on one of {', '.join(table)}, found {backend}; set KERAS_BACKEND=tensorflow")
    return table[backend]


def _tensorflow_gradient(function: Differentiating) -> Differentiating:
    import tensorflow as tf

    def differentiate(tensor: Any) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(tensor)
            scalar, rest = function(tensor)
        return tape.gradient(scalar, tensor, unconnected_gradients=tf.UnconnectedGradients.ZERO), rest

    return differentiate


def _jax_gradient(function: Differentiating) -> Differentiating:
    import jax

    differentiated: Differentiating = jax.grad(function, has_aux=True)
    return differentiated


def _tensorflow_compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    import tensorflow as tf

    # Without XLA: with `jit_compile=True` the step took 1.07 times as long for the small network on a CPU, and 9 times
    # as long for MobileNetV3 at 224 pixels.
    result: Callable[..., Any] = tf.function(function, autograph=False)
    return result


def _jax_compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    result: Callable[..., Any] = jax.jit(function)
    return result
