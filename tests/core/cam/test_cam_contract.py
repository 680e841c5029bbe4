"""What every heat map method promises, on every kind of model."""

import functools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
from models import KINDS, pictures

from annot_core.cam import create_method, method_names
from annot_core.cam.heatmapper import Heat, Heatmapper, heatmaps
from annot_core.errors import UsageError

INDICES = np.array([0, 1, 1, 0])
QUICK = {
    *("sequential", "doubly_nested", "softmax_operation", "one_unit"),
    *("mixed_float16", "normalization", "flattened", "own_code"),
}


def kinds(fast):
    return [pytest.param(name, marks=() if name in fast else pytest.mark.slow) for name in KINDS]


every_kind = pytest.mark.parametrize("name", kinds(QUICK))
every_method = pytest.mark.parametrize("method", method_names())


def assert_maps(maps, count):
    assert maps.dtype == np.float32
    assert maps.ndim == 3
    assert len(maps) == count
    assert min(maps.shape[1:]) > 1
    assert np.isfinite(maps).all()
    assert maps.min() >= 0
    assert set(maps.max(axis=(1, 2)).tolist()) <= {0.0, 1.0}


def expected_probabilities(name, answers, index):
    """What the model itself says of a class, its logits brought to probabilities."""
    answers = answers.astype(np.float64)
    if name == "linear_head":
        answers = np.exp(answers) / np.exp(answers).sum(axis=-1, keepdims=True)
    if answers.shape[-1] == 1:
        return answers[:, 0] if index == 1 else 1 - answers[:, 0]
    return answers[:, index]


def all_layers(model):
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from all_layers(layer)


def state(model):
    """All of a model that a copy or a cut could change by mistake."""
    return {
        "json": model.to_json(),
        "weights": [weight.tobytes() for weight in model.get_weights()],
        "nodes": [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in all_layers(model)],
        "outputs": [id(output) for layer in all_layers(model) for output in keras.tree.flatten(layer.output)],
        "trainable": [layer.trainable for layer in all_layers(model)],
        "built": [layer.built for layer in all_layers(model)],
    }


@dataclass(frozen=True)
class Run:
    """A model's heat maps for class 0 and class 1, and what was the model's before and after."""

    images: Any
    heats: list[Heat]
    answers: list[Any]
    states: list[dict[str, Any]]


@functools.cache
def run(name):
    model = KINDS[name]()
    images = pictures(model, model.inputs[0].shape[0] or 4)

    def answer():
        return np.asarray(model(images, training=False))

    answers, states = [answer()], [state(model)]
    heatmapper = Heatmapper(model, "fused")
    heats = [heatmapper.heat(images, np.full(len(images), index)) for index in (0, 1)]
    return Run(images, heats, [*answers, answer()], [*states, state(model)])


@every_kind
def test_maps_keep_the_contract(name):
    for heat in run(name).heats:
        assert_maps(heat.maps, len(run(name).images))


@every_kind
def test_random_pictures_have_evidence_for_some_class(name):
    assert any(heat.maps.any() for heat in run(name).heats)


@every_kind
def test_probabilities_are_those_of_the_model(name):
    tolerance = 2e-3 if "float16" in name else 1e-5
    for index, heat in enumerate(run(name).heats):
        expected = expected_probabilities(name, run(name).answers[0], index)
        np.testing.assert_allclose(heat.probabilities, expected, atol=tolerance)


@every_kind
def test_the_model_stays_as_it_was(name):
    before, after = run(name).states
    assert after == before
    assert run(name).answers[0].tobytes() == run(name).answers[1].tobytes()


def extreme_maps(name, method):
    """A method's heat maps of random pictures, of a black one and of one far out of range."""
    model = KINDS[name]()
    images = np.concatenate([pictures(model), np.zeros_like(pictures(model, 1)), 1000 * pictures(model, 1)])
    return heatmaps(model, images, [0, 1, 1, 0, 0, 1], method)


@every_method
@pytest.mark.parametrize("name", kinds({"flattened"}))
@pytest.mark.usefixtures("uncompiled")
def test_every_method_keeps_the_contract_on_every_kind(name, method):
    assert_maps(extreme_maps(name, method), 6)


# Every kind is compiled with `fused` above.
@every_method
@pytest.mark.parametrize("name", ["any_size", "one_unit", "two_levels_pooled"])
@pytest.mark.slow
def test_every_method_can_be_compiled(name, method):
    assert_maps(extreme_maps(name, method), 6)


@pytest.mark.parametrize(
    ("name", "method"),
    [("functional", "gradcam++"), ("dropout_and_batch_norm", "fused"), ("two_levels_pooled", "layercam")],
    ids=str,
)
def test_a_map_does_not_depend_on_the_rest_of_the_batch(name, method):
    model = KINDS[name]()
    images, others = pictures(model), pictures(model, seed=1)
    others[2] = images[2]
    heatmapper = Heatmapper(model, method)
    one = heatmapper.heat(images, INDICES)
    other = heatmapper.heat(others, np.array([1, 1, 1, 1]))
    np.testing.assert_array_equal(one.maps[2], other.maps[2])
    assert one.probabilities[2] == other.probabilities[2]
    assert (one.maps[0] != other.maps[0]).any()


def test_batches_that_are_under_way_together_do_not_mix():
    model = KINDS["functional"]()
    batches = [pictures(model, seed=seed) for seed in range(3)]
    heatmapper = Heatmapper(model, "fused")
    under_way = [heatmapper.begin(images, INDICES) for images in batches]
    for images, begun in zip(batches, under_way, strict=True):
        expected, found = heatmapper.heat(images, INDICES), begun.wait()
        np.testing.assert_array_equal(found.maps, expected.maps)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)


def test_heatmaps_in_several_batches_are_those_of_one():
    model = KINDS["functional"]()
    images, indices = pictures(model, 7), np.arange(7) % 3
    whole = heatmaps(model, images, indices)
    parts = heatmaps(model, images, indices, batch_size=3)
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_no_images_give_no_maps():
    model = KINDS["functional"]()
    assert len(heatmaps(model, pictures(model)[:0], [])) == 0


def test_a_picture_with_nan_gives_no_nan_and_leaves_the_others_alone():
    model = KINDS["functional"]()
    images = pictures(model)
    heatmapper = Heatmapper(model, "fused")
    clean = heatmapper.heat(images, INDICES).maps
    images[1] = np.nan
    maps = heatmapper.heat(images, INDICES).maps
    assert_maps(maps, 4)
    np.testing.assert_array_equal(maps[[0, 2, 3]], clean[[0, 2, 3]])


def test_methods_are_listed_sorted_and_made_by_name():
    assert method_names() == ("fused", "gradcam", "gradcam++", "hirescam", "layercam", "salient")
    assert all(callable(create_method(name).combine) for name in method_names())


def test_an_unknown_method_is_named_beside_the_known_ones():
    with pytest.raises(UsageError, match=r"expected a heat map method out of fused, gradcam.*, found 'scorecam'"):
        create_method("scorecam")
