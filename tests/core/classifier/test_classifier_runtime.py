"""How Keras is started where there is a GPU, told by a TensorFlow that says it sees some."""

import keras
import pytest
import tensorflow as tf

from annot_core.classifier import runtime
from annot_core.classifier.backbones import build_backbone
from annot_core.classifier.runtime import gpu_count, precision_here, start_keras

GPUS = ("gpu:0", "gpu:1")


@pytest.fixture
def fresh():
    """`start_keras` as if it had not been called."""
    start_keras.cache_clear()
    yield
    start_keras.cache_clear()


def test_every_gpu_gets_memory_as_it_needs_it(fresh, monkeypatch):
    grown = {}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: GPUS if kind == "GPU" else ())
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", grown.__setitem__)
    start_keras()
    assert grown == dict.fromkeys(GPUS, True)


def test_gpus_that_are_in_use_already_are_left_as_they_are(fresh, monkeypatch):
    def in_use(device, grow):
        raise RuntimeError("Physical devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: GPUS)
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", in_use)
    start_keras()


@pytest.mark.parametrize(("set_before", "after"), [(None, "false"), ("true", "true")])
def test_jax_is_told_not_to_take_all_memory_unless_a_person_wants_it(fresh, monkeypatch, set_before, after):
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    if set_before:
        monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", set_before)
    start_keras()
    assert runtime.os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == after


@pytest.mark.parametrize(
    ("listed", "count"),
    [(list, 0), (lambda: ["gpu:0", "gpu:1"], 2), (lambda: _unknown(), 0)],
    ids=["none", "two", "jax"],
)
def test_gpus_are_those_that_the_backend_sees(monkeypatch, listed, count):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: listed())
    assert gpu_count() == count


def _unknown():
    raise RuntimeError("Unknown backend: 'gpu' requested, but no platforms that are instances of gpu are present.")


@pytest.mark.parametrize(("gpus", "policy"), [(0, "float32"), (1, "mixed_float16")])
def test_training_computes_in_half_precision_on_a_gpu_alone(monkeypatch, gpus, policy):
    monkeypatch.setattr("annot_core.classifier.runtime.gpu_count", lambda: gpus)
    before = keras.config.dtype_policy().name
    with precision_here():
        model = build_backbone("small", 2, seed=0)
    assert keras.config.dtype_policy().name == before
    assert model.get_layer("stage2_1_conv").dtype_policy.name == policy
    # Weights and answers stay whole, whatever the layers compute in.
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
    assert model.get_layer("classes").compute_dtype == "float32"
