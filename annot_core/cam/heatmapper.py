"""From a classifier and a batch of pictures to heat maps and class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annot_core.cam import create_method
from annot_core.cam.gradient import compiled, value_and_gradient
from annot_core.cam.linear_head import Head
from annot_core.cam.normalize import peak_normalized
from annot_core.cam.private_copy import PrivateCopy, copy_for_heatmaps
from annot_core.cam.sizes import larger_size, takes_size
from annot_core.cam.stages import StageOutputs
from annot_core.cam.taps import split_at_last_stage
from annot_core.errors import ModelError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """Heat maps (N, h, w) float32 in [0, 1], and probabilities (N,) float32 of the classes asked for.

    A map without evidence for its class is all zeros.
    """

    maps: NDArray[np.float32]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class HeatUnderWay:
    """Heat maps that the device computes, or has computed; `wait` has them brought here."""

    _maps: Any
    _probabilities: Any

    def wait(self) -> Heat:
        """Wait for the device, and return what it computed."""
        import keras

        return Heat(
            np.asarray(keras.ops.convert_to_numpy(self._maps), dtype=np.float32),
            np.asarray(keras.ops.convert_to_numpy(self._probabilities), dtype=np.float32),
        )


class Heatmapper:
    """Makes heat maps with one classifier and one method; the work is compiled once a batch shape."""

    def __init__(self, model: keras.Model, method: str = "gradcam", *, augmented: bool = False) -> None:
        """Prepare a classifier.

        Args:
            model: a Keras classifier, which is copied, never changed.
            method: a name out of `annot_core.cam.method_names()`.
            augmented: average over the picture, its mirror image, and both at a larger scale.

        Raises:
            ModelError: the model has no convolution, or no graph to look into.
            UsageError: there is no such method.
        """
        self._method = create_method(method)
        self._augmented = augmented
        duplicate, self._free = _copied(model, free_size=augmented)
        self._one_unit = duplicate.model.outputs[0].shape[-1] == 1
        self._head = duplicate.head
        self._split = split_at_last_stage(duplicate.model)
        self._compiled = compiled(self._step)

    @property
    def layer_name(self) -> str:
        """The layer whose activations the maps are made of."""
        return self._split.last_name

    def heat(self, images: NDArray[np.generic], class_indices: NDArray[np.integer]) -> Heat:
        """Make the heat map of each picture for one class.

        Args:
            images: (N, H, W, C), as the model takes them.
            class_indices: (N,) int, which class of the model each map is for.
        """
        return self.begin(images, class_indices).wait()

    def begin(self, images: NDArray[np.generic], class_indices: NDArray[np.integer]) -> HeatUnderWay:
        """Have the heat maps of a batch made, and do not wait for them where the device works by itself.

        A GPU does: whoever begins the next batch before waiting for this one has it brought to the device meanwhile.
        The arguments are those of `heat`.
        """
        import keras

        pictures = keras.ops.convert_to_tensor(images, dtype="float32")
        indices = keras.ops.convert_to_tensor(np.asarray(class_indices, dtype=np.int32))
        return HeatUnderWay(*self._compiled(pictures, indices))

    def _step(self, images: Any, indices: Any) -> tuple[Any, Any]:
        maps, probabilities = self._plain(images, indices)
        if not self._augmented:
            return maps, probabilities
        return self._with_variants(images, indices, maps, probabilities)

    def _with_variants(self, images: Any, indices: Any, maps: Any, probabilities: Any) -> tuple[Any, Any]:
        """Average over a mirror image and, where the network takes any size, a larger scale of both."""
        from keras import ops

        variants = [(maps, probabilities), self._mirrored(images, indices)]
        if self._free:
            size = larger_size(images.shape[1:3])
            larger = ops.image.resize(images, size, interpolation="bilinear", data_format="channels_last")
            variants += [self._plain(larger, indices), self._mirrored(larger, indices)]
        grid = variants[-1][0].shape[1:3]
        grown = [
            ops.image.resize(one[..., None], grid, interpolation="bilinear", data_format="channels_last")[..., 0]
            for one, _ in variants
        ]
        mean = ops.mean(ops.stack(grown), axis=0)
        return peak_normalized(mean), ops.mean(ops.stack([chance for _, chance in variants]), axis=0)

    def _mirrored(self, images: Any, indices: Any) -> tuple[Any, Any]:
        from keras import ops

        maps, probabilities = self._plain(ops.flip(images, axis=2), indices)
        return ops.flip(maps, axis=2), probabilities

    def _plain(self, images: Any, indices: Any) -> tuple[Any, Any]:
        from keras import ops

        earlier, last = self._split.features(images)

        def scored(activations: Any) -> tuple[Any, Any]:
            scores = self._split.head(activations, images)
            own = self._own_score(scores, indices)
            if self._method.centered and not self._one_unit:
                own = own - ops.mean(scores, axis=-1)
            return ops.sum(own), scores

        gradients, scores = value_and_gradient(scored)(last)
        maps = self._method.combine(StageOutputs(last, gradients, earlier))
        return peak_normalized(maps), self._probabilities(scores, indices)

    def _own_score(self, scores: Any, indices: Any) -> Any:
        """The score of the class asked for; one unit speaks for class 1 and, negated, for class 0."""
        from keras import ops

        if self._one_unit:
            return scores[:, 0] * ops.cast(2 * indices - 1, scores.dtype)
        return ops.take_along_axis(scores, indices[:, None], axis=-1)[:, 0]

    def _probabilities(self, scores: Any, indices: Any) -> Any:
        from keras import ops

        if self._one_unit or self._head is Head.SIGMOID:
            return ops.sigmoid(self._own_score(scores, indices))
        return ops.take_along_axis(ops.softmax(scores, axis=-1), indices[:, None], axis=-1)[:, 0]


def _copied(model: keras.Model, *, free_size: bool) -> tuple[PrivateCopy, bool]:
    """Copy a model, free of its picture size if asked and if its network allows that."""
    if free_size:
        try:
            free = copy_for_heatmaps(model, free_size=True)
        except ModelError:
            # A dense layer on a flattened map knows only one size; the mirror image alone must do.
            return copy_for_heatmaps(model), False
        if takes_size(free.model, model):
            return free, True
    return copy_for_heatmaps(model), False


def heatmaps(
    model: keras.Model,
    images: NDArray[np.generic],
    class_indices: NDArray[np.integer] | list[int],
    method: str = "gradcam",
    *,
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Make the heat map of each picture for one class of a Keras classifier.

    Args:
        model: a Sequential or functional classifier, of any nesting; it is not changed.
        images: (N, H, W, C), in the range and size that the model was trained on.
        class_indices: (N,) int, the class each map is for; with one sigmoid unit, 0 or 1.
        method: a name out of `annot_core.cam.method_names()`.
        batch_size: pictures worked on at once.

    Returns:
        (N, h, w) float32 in [0, 1], on the grid of the model's convolution stage; all zeros where
        nothing speaks for the class.

    Raises:
        ModelError: the model has no convolution, or no graph to look into.
        UsageError: there is no such method.
        ValueError: the shapes or class indices do not fit the model.
    """
    pictures = np.asarray(images)
    indices = np.asarray(class_indices, dtype=np.int64)
    heatmapper = Heatmapper(model, method)
    _check(model, pictures, indices)
    parts = [
        heatmapper.heat(pictures[start : start + batch_size], indices[start : start + batch_size]).maps
        for start in range(0, len(pictures), batch_size)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 0, 0), np.float32)


def _check(model: keras.Model, images: NDArray[np.generic], indices: NDArray[np.int64]) -> None:
    if images.ndim != 4:
        raise ValueError(f"expected images of shape (N, H, W, C), found {images.shape}; add an axis to one image")
    taken = tuple(model.inputs[0].shape[1:])
    if any(side not in (None, found) for side, found in zip(taken, images.shape[1:], strict=True)):
        wanted = ", ".join("any" if side is None else str(side) for side in taken)
        raise ValueError(f"expected images of shape (N, {wanted}), as the model takes them, found {images.shape}")
    if indices.shape != (len(images),):
        raise ValueError(f"expected {len(images)} class indices, one an image, found shape {indices.shape}")
    limit = max(2, model.outputs[0].shape[-1])
    if len(indices) and (indices.min() < 0 or indices.max() >= limit):
        raise ValueError(f"expected class indices from 0 to {limit - 1}, found {indices.min()} to {indices.max()}")
