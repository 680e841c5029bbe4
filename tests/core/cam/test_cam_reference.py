"""The maps against the papers' formulas, computed with numpy from a model's own weights."""

import functools

import cv2
import keras
import numpy as np
import pytest
from models import classes, pictures, pooled, small_input, stages, weighted

from annot_core.cam.heatmapper import heatmaps

INDICES = np.array([0, 1, 2, 1, 0, 2])


# The contract is tested on compiled maps.
pytestmark = pytest.mark.usefixtures("uncompiled")


@functools.cache
def pooling_model():
    inputs = small_input()
    return weighted(keras.Model(inputs, classes(pooled(stages(inputs)))), seed=3)


@functools.cache
def flattening_model():
    """Its scores are linear in its last features, so that the gradient is a slice of its weights."""
    inputs = small_input()
    return weighted(keras.Model(inputs, classes(keras.layers.Flatten()(stages(inputs)))), seed=4)


def activations(model, images, which=-1):
    """The output of a convolution of `model`, (N, h, w, C) float64."""
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    part = keras.Model(model.inputs[0], convolutions[which].output)
    return np.asarray(part(images), dtype=np.float64)


def class_weights(model):
    """The kernel of the last dense layer, (features, classes) float64."""
    return np.asarray(model.layers[-1].kernel, dtype=np.float64)


def relu(values):
    return np.maximum(values, 0)


def by_peak(maps):
    peaks = maps.max(axis=(1, 2), keepdims=True)
    return np.where(peaks > 0, maps / np.where(peaks > 0, peaks, 1), 0)


def linear_gradients(model, features):
    """The gradient of each picture's class with respect to its features, (N, h, w, C)."""
    columns = class_weights(model)[:, INDICES].T
    return columns.reshape(len(INDICES), *features.shape[1:])


@pytest.mark.parametrize("method", ["gradcam", "hirescam"])
def test_after_average_pooling_the_map_is_the_class_activation_map(method):
    model = pooling_model()
    images = pictures(model, len(INDICES))
    weights = class_weights(model)[:, INDICES].T[:, None, None, :]
    expected = by_peak(relu((weights * activations(model, images)).sum(axis=-1)))
    assert expected.any(axis=(1, 2)).sum() >= 4
    np.testing.assert_allclose(heatmaps(model, images, INDICES, method), expected, atol=1e-5)


def gradcam(features, gradients):
    """Selvaraju et al., ICCV 2017, equations 1 and 2."""
    weights = gradients.mean(axis=(1, 2))
    return relu(np.einsum("nk,nhwk->nhw", weights, features))


def gradcam_plus_plus(features, gradients):
    """Chattopadhay et al., WACV 2018, equations 19, 5 and 1, written out place by place.

    The derivatives of the exponential of the score are powers of the gradient times that exponential,
    which cancels in the shares and is left out of the weights, as it scales the whole map.
    """
    maps = np.zeros(features.shape[:3])
    for image, (feature, gradient) in enumerate(zip(features, gradients, strict=True)):
        for channel in range(feature.shape[-1]):
            weight = 0.0
            total = feature[..., channel].sum()
            for slope in gradient[..., channel].flat:
                below = 2 * slope**2 + total * slope**3
                share = slope**2 / below if below else 0.0
                weight += share * max(slope, 0)
            maps[image] += weight * feature[..., channel]
    return relu(maps)


def hirescam(features, gradients):
    """Draelos and Carin, arXiv:2011.08891: the element-wise product, summed over channels."""
    return relu((features * gradients).sum(axis=-1))


def layercam(features, gradients):
    """Jiang et al., IEEE TIP 2021, equations 6 and 7."""
    return relu((relu(gradients) * features).sum(axis=-1))


@pytest.mark.parametrize(
    ("method", "formula"),
    [("gradcam", gradcam), ("gradcam++", gradcam_plus_plus), ("hirescam", hirescam), ("layercam", layercam)],
    ids=["gradcam", "gradcam++", "hirescam", "layercam"],
)
def test_where_the_gradient_varies_the_map_is_the_papers(method, formula):
    model = flattening_model()
    images = pictures(model, len(INDICES))
    features = activations(model, images)
    expected = by_peak(formula(features, linear_gradients(model, features)))
    assert expected.any(axis=(1, 2)).sum() >= 4
    np.testing.assert_allclose(heatmaps(model, images, INDICES, method), expected, atol=2e-5)


def test_the_four_formulas_differ_where_the_gradient_varies():
    model = flattening_model()
    images = pictures(model, len(INDICES))
    maps = [heatmaps(model, images, INDICES, method) for method in ("gradcam", "gradcam++", "hirescam", "layercam")]
    for index, one in enumerate(maps):
        for other in maps[index + 1 :]:
            assert np.abs(one - other).max() > 0.05


def test_fused_is_the_mean_of_centered_evidence_and_the_finer_stage():
    model = pooling_model()
    images = pictures(model, len(INDICES))
    kernel = class_weights(model)
    centered = kernel[:, INDICES].T - kernel.mean(axis=1)
    evidence = by_peak(relu(np.einsum("nk,nhwk->nhw", centered, activations(model, images))))
    texture = activations(model, images, which=-2).mean(axis=-1)
    texture -= texture.min(axis=(1, 2), keepdims=True)
    texture = by_peak(texture)
    assert texture.shape[1] == 2 * evidence.shape[1]
    grown = np.stack([cv2.resize(one, texture.shape[:0:-1], interpolation=cv2.INTER_LINEAR) for one in evidence])
    expected = by_peak(0.5 * (grown + texture) * evidence.any(axis=(1, 2), keepdims=True))
    assert expected.any()
    np.testing.assert_allclose(heatmaps(model, images, INDICES, "fused"), expected, atol=1e-5)
