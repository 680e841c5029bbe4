"""The networks that training can start from.

Every backbone ends in a feature map of stride 16 or finer, global average pooling and one dense
layer: the box can be no finer than the last feature map, and with this head all gradient-based heat
maps of the last stage agree. Every model carries its own preprocessing, takes pixels from 0 to 255 and,
having no fixed size, pictures of any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annot_core.errors import ModelError

if TYPE_CHECKING:
    import keras

SMALL = "small"

SMALL_STAGES = (
    # channels, convolutions, stride of the first, pooling before
    (32, 1, 2, False),
    (64, 2, 1, True),
    (128, 2, 1, True),
    (192, 2, 1, False),
)
"""The stages of `small`. The last has stride 8; the finest that is left to the fused map has 4."""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A `keras.applications` backbone: where to find it, and where to cut it at stride 16.

    `cut` is the last layer of stride 16.
    `rescale` is (scale, offset) where the application does not carry its own preprocessing.
    """

    constructor: str
    cut: str
    options: dict[str, Any]
    rescale: tuple[float, float] | None = None


PRETRAINED: dict[str, Pretrained] = {
    "mobilenetv3": Pretrained("MobileNetV3Large", "expanded_conv_11_add", {"include_preprocessing": True}),
    "efficientnetv2-b0": Pretrained("EfficientNetV2B0", "block5e_add", {"include_preprocessing": True}),
    "resnet50v2": Pretrained("ResNet50V2", "conv4_block5_out", {}, (1 / 127.5, -1.0)),
}


def backbone_names() -> tuple[str, ...]:
    """Return the names that `build_backbone` knows."""
    return (SMALL, *PRETRAINED)


class WeightsUnavailableError(ModelError):
    """The ImageNet weights of a backbone could not be had."""


def build_backbone(
    name: str, class_count: int, *, seed: int, weights: str | None = "imagenet", dropout: float = 0.3
) -> keras.Model:
    """Build an untrained or pretrained classifier that ends in `class_count` softmax outputs.

    Args:
        name: one of `backbone_names()`.
        class_count: number of classes, at least 2.
        seed: seed of the initial weights and of dropout.
        weights: `imagenet`, or None for random weights; not used by `small`.
        dropout: share of pooled features left out while training, 0 to 1.

    Returns:
        A model from (N, H, W, 3) pixels, 0 to 255, to (N, class_count) float32 probabilities.

    Raises:
        ModelError: the name is unknown.
        WeightsUnavailableError: the ImageNet weights are not in Keras' cache and cannot be fetched.
    """
    import keras

    inputs = keras.Input((None, None, 3), name="pixels")
    if name == SMALL:
        features = _small_features(inputs, seed)
    elif name in PRETRAINED:
        features = _pretrained_features(inputs, PRETRAINED[name], weights)
    else:
        known = ", ".join(backbone_names())
        raise ModelError(f"expected a backbone out of {known}, found {name!r}")
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(features)
    pooled = keras.layers.Dropout(dropout, seed=seed, name="dropout")(pooled)
    head = keras.layers.Dense(
        class_count,
        activation="softmax",
        dtype="float32",
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        name="classes",
    )
    return keras.Model(inputs, head(pooled), name=name.replace("-", "_"))


def _small_features(inputs: Any, seed: int) -> Any:
    """Four stages of 3 x 3 convolutions, wide enough for a few classes and small enough for two CPU cores."""
    import keras

    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling")(inputs)
    for stage, (width, depth, stride, pools) in enumerate(SMALL_STAGES, start=1):
        if pools:
            x = keras.layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
        for number in range(1, depth + 1):
            name = f"stage{stage}_{number}"
            x = keras.layers.Conv2D(
                width,
                3,
                strides=stride if number == 1 else 1,
                padding="same",
                use_bias=False,
                kernel_initializer=keras.initializers.HeNormal(seed=seed * 1000 + stage * 10 + number),
                name=f"{name}_conv",
            )(x)
            x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
            x = keras.layers.Activation("relu", name=f"{name}_relu")(x)
    return x


def _pretrained_features(inputs: Any, recipe: Pretrained, weights: str | None) -> Any:
    import keras

    constructor = getattr(keras.applications, recipe.constructor)
    try:
        whole = constructor(include_top=False, weights=weights, **recipe.options)
    except Exception as error:  # Keras raises whatever its downloader does: URLError, OSError, Exception
        if weights is None:
            raise
        raise WeightsUnavailableError(
            f"expected the ImageNet weights of {recipe.constructor} in Keras' cache or on the network, "
            f"found neither ({error}); fetch them on a machine with internet access and copy ~/.keras/models"
        ) from error
    x = inputs
    if recipe.rescale:
        scale, offset = recipe.rescale
        x = keras.layers.Rescaling(scale, offset=offset, name="rescaling")(x)
    features = keras.Model(whole.inputs, whole.get_layer(recipe.cut).output, name="features")
    return features(x)
