"""Training a classifier from a labelled folder: the original tool's step 0."""

from __future__ import annotations

import contextlib
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.backbones import SMALL, WeightsUnavailableError, build_backbone
from annot_core.classifier.holdout import Split, class_weights, split_stratified
from annot_core.classifier.request import AUTO, TrainingSettings
from annot_core.classifier.runtime import gpu_count
from annot_core.errors import ImageError, TrainingError
from annot_core.imaging import peek_size
from annot_core.progress import (
    EpochFinished,
    Level,
    Listener,
    Notice,
    Stage,
    StageAdvanced,
    StageStarted,
    ignore,
)
from annot_core.records import LabelledImage

if TYPE_CHECKING:
    import keras

    from annot_core.classifier.batches import Batches, PictureStore

POOR_ACCURACY = 0.7
"""Below this hold-out accuracy the classifier looks at the wrong things, and boxes are poor."""

SMALL_IMAGES_PX = 96
LARGEST_SMALL_PX = 96
SAMPLED_SIZES = 200
HOLDOUT_SHARE = 0.2
STEPS_WANTED = 1600
FEWEST_EPOCHS, MOST_EPOCHS = 30, 100


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came out of training; `settings` are the ones used, with every choice made."""

    model: keras.Model
    classes: tuple[str, ...]
    settings: TrainingSettings
    holdout_accuracy: float
    epochs_run: int


def train(
    images: Sequence[LabelledImage], settings: TrainingSettings | None = None, *, listener: Listener = ignore
) -> Trained:
    """Train a classifier on labelled images; images that cannot be read are left out.

    Args:
        images: the images, of two classes or more.
        settings: how to train.
        listener: hears of every epoch, and the hold-out accuracy at the end.

    Raises:
        TrainingError: there are not two classes with two readable images each.
        ModelError: the backbone is unknown.
    """
    from annot_core.classifier.batches import PictureStore

    chosen = _complete(images, settings or TrainingSettings())
    classes = tuple(sorted({image.class_name for image in images}))
    _check_classes(Counter(image.class_name for image in images))
    model, chosen = _build(chosen, len(classes), listener)
    assert chosen.image_size is not None
    store = PictureStore([image.path for image in images], (chosen.image_size, chosen.image_size))
    readable = [image for index, image in enumerate(images) if store.readable(index)]
    if len(readable) < len(images):
        listener(Notice(f"{len(images) - len(readable)} images cannot be read and are left out of training"))
        store = PictureStore([image.path for image in readable], (chosen.image_size, chosen.image_size))
    _check_classes(Counter(image.class_name for image in readable))
    labels = np.array([classes.index(image.class_name) for image in readable], dtype=np.int64)
    chosen = replace(chosen, epochs=chosen.epochs or _epochs(len(labels), chosen))
    split = split_stratified(labels, HOLDOUT_SHARE, np.random.default_rng(chosen.seed))
    epochs_run = _fit(model, store, labels, split, chosen, listener)
    accuracy = _holdout_accuracy(model, store, labels, split)
    _report(accuracy, len(split.holdout), listener)
    return Trained(model, classes, chosen, accuracy, epochs_run)


def _check_classes(counts: Counter[str]) -> None:
    if len(counts) < 2:
        raise TrainingError(
            f"expected at least two classes to tell apart, found {', '.join(counts) or 'none'}; add a folder of "
            "other images, such as `background`, or bring your own classifier with --model"
        )
    few = sorted(name for name, count in counts.items() if count < 2)
    if few:
        raise TrainingError(f"expected at least two readable images of every class, found fewer of: {', '.join(few)}")


def _complete(images: Sequence[LabelledImage], settings: TrainingSettings) -> TrainingSettings:
    """Make the choices that the size of the images decides."""
    side = _typical_side(images)
    backbone = settings.backbone
    if backbone == AUTO:
        backbone = SMALL if side <= SMALL_IMAGES_PX else "mobilenetv3"
    return replace(
        settings,
        backbone=backbone,
        image_size=settings.image_size or _image_size(backbone, side),
        batch_size=settings.batch_size or (32 if len(images) >= 500 else 16),
    )


def _typical_side(images: Sequence[LabelledImage]) -> int:
    """The median longer side, in pixels, of a sample of the images."""
    sides: list[int] = []
    for image in images[:: max(1, len(images) // SAMPLED_SIZES)]:
        try:
            sides.append(max(peek_size(image.path)))
        except ImageError:
            continue
    return int(statistics.median(sides)) if sides else SMALL_IMAGES_PX


def _image_size(backbone: str, side: int) -> int:
    if backbone != SMALL:
        return 224
    return LARGEST_SMALL_PX if side > SMALL_IMAGES_PX else max(32, round(side / 16) * 16)


def _epochs(image_count: int, settings: TrainingSettings) -> int:
    """As many epochs as give about the same number of steps to data sets of any size."""
    assert settings.batch_size is not None
    steps = max(1, image_count // settings.batch_size)
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, STEPS_WANTED // steps))


def _build(settings: TrainingSettings, class_count: int, listener: Listener) -> tuple[keras.Model, TrainingSettings]:
    with _precision():
        try:
            return build_backbone(settings.backbone, class_count, seed=settings.seed), settings
        except WeightsUnavailableError as error:
            listener(Notice(f"{error}. Going on with the backbone `{SMALL}`.", Level.WARNING))
        size = min(settings.image_size or LARGEST_SMALL_PX, LARGEST_SMALL_PX)
        fallback = replace(settings, backbone=SMALL, image_size=size)
        return build_backbone(SMALL, class_count, seed=settings.seed), fallback


@contextlib.contextmanager
def _precision() -> Iterator[None]:
    """Let layers that are made in the block compute in half precision where there is a GPU to gain by it."""
    import keras

    before = keras.config.dtype_policy()
    if gpu_count():
        keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _augmentation(seed: int) -> keras.Model:
    """Layers that change pictures the way that other photographs of the same things would differ."""
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal", seed=seed),
            layers.RandomRotation(0.06, fill_mode="reflect", seed=seed + 1),
            layers.RandomZoom((-0.3, 0.3), fill_mode="reflect", seed=seed + 2),
            layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", seed=seed + 3),
            layers.RandomContrast(0.3, value_range=(0, 255), seed=seed + 4),
            layers.RandomBrightness(0.2, value_range=(0, 255), seed=seed + 5),
        ],
        name="augmentation",
    )


def _fit(
    model: keras.Model,
    store: PictureStore,
    labels: NDArray[np.int64],
    split: Split,
    settings: TrainingSettings,
    listener: Listener,
) -> int:
    """Fit the model in place; return the number of epochs that ran."""
    import keras

    from annot_core.classifier.batches import Batches

    assert settings.batch_size is not None
    assert settings.epochs is not None
    assert settings.image_size is not None
    weights = class_weights(labels[split.training], model.outputs[0].shape[-1])

    def batches(indices: NDArray[np.int64], generator: np.random.Generator | None) -> Batches:
        assert settings.batch_size is not None
        return Batches(store, indices, labels, weights, batch_size=settings.batch_size, generator=generator)

    training = batches(split.training, np.random.default_rng(settings.seed + 1))
    holdout = batches(split.holdout, None)
    inputs = keras.Input((settings.image_size, settings.image_size, 3))
    fitted = keras.Model(inputs, model(_augmentation(settings.seed)(inputs)))
    fitted.compile(
        optimizer=_optimizer(settings.epochs * len(training)),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        weighted_metrics=["accuracy"],
    )
    listener(StageStarted(Stage.TRAIN, settings.epochs, "epochs"))
    history = fitted.fit(
        training,
        # The batches shuffle themselves; Keras would shuffle their order again, from a seed that nobody set.
        shuffle=False,
        validation_data=holdout,
        epochs=settings.epochs,
        verbose=0,
        callbacks=_callbacks(settings.epochs, (training.dilution, holdout.dilution), listener),
    )
    return len(history.epoch)


def _optimizer(steps: int) -> Any:
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.01, warmup_target=1e-3, warmup_steps=max(1, steps // 20)
    )
    return keras.optimizers.AdamW(schedule, weight_decay=1e-3, clipnorm=1.0)


def _callbacks(epochs: int, dilutions: tuple[float, float], listener: Listener) -> list[Any]:
    """Tell of every epoch, and stop early; `dilutions` are those of the training and the hold-out batches."""
    import keras

    def tell(epoch: int, logs: dict[str, float]) -> None:
        losses = logs["loss"] * dilutions[0], logs["val_loss"] * dilutions[1]
        listener(EpochFinished(epoch + 1, epochs, losses[0], logs["accuracy"], losses[1], logs["val_accuracy"]))
        listener(StageAdvanced(Stage.TRAIN, epoch + 1))

    return [
        keras.callbacks.LambdaCallback(on_epoch_end=tell),
        # Before the learning rate has come down, the hold-out loss of few images is mostly noise.
        keras.callbacks.EarlyStopping(
            "val_loss", patience=max(5, epochs // 4), start_from_epoch=epochs // 2, restore_best_weights=True
        ),
    ]


def _holdout_accuracy(
    model: keras.Model, store: PictureStore, labels: NDArray[np.int64], split: Split, batch_size: int = 64
) -> float:
    right = 0
    for start in range(0, len(split.holdout), batch_size):
        rows = split.holdout[start : start + batch_size]
        pictures = np.stack([store.picture(int(row)) for row in rows]).astype(np.float32)
        scores = np.asarray(model(pictures, training=False))
        right += int(np.sum(scores.argmax(axis=-1) == labels[rows]))
    return right / max(1, len(split.holdout))


def _report(accuracy: float, held_out: int, listener: Listener) -> None:
    listener(Notice(f"hold-out accuracy {accuracy:.2f} on {held_out} images"))
    if accuracy < POOR_ACCURACY:
        listener(
            Notice(
                f"expected a hold-out accuracy of at least {POOR_ACCURACY}, found {accuracy:.2f}: boxes will be poor; "
                "add images, check their folders, or bring a better classifier with --model",
                Level.WARNING,
            )
        )
