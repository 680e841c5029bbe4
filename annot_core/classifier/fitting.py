"""Fitting a network to pictures: what it is shown, how it is stepped, and how well it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.holdout import Split, class_weights
from annot_core.classifier.pictures import PictureStore
from annot_core.classifier.request import TrainingSettings
from annot_core.progress import EpochFinished, Listener, Stage, StageAdvanced, StageStarted

if TYPE_CHECKING:
    import keras

    from annot_core.classifier.batches import Batches


def fit(
    model: keras.Model,
    store: PictureStore,
    labels: NDArray[np.int64],
    split: Split,
    settings: TrainingSettings,
    listener: Listener,
) -> int:
    """Fit the model in place; return the number of epochs that ran.

    Args:
        model: takes (N, side, side, 3) pixels, 0 to 255, and gives (N, classes) probabilities.
        store: the pictures.
        labels: (pictures,) int64, the class of each.
        split: which pictures train, and which are held out to judge and stop by.
        settings: how to train, with every choice made.
        listener: hears of every epoch.
    """
    from annot_core.classifier.batches import Batches

    assert settings.epochs is not None
    assert settings.image_size is not None
    weights = class_weights(labels[split.training], model.outputs[0].shape[-1])

    def batches(indices: NDArray[np.int64], generator: np.random.Generator | None) -> Batches:
        assert settings.batch_size is not None
        return Batches(store, indices, labels, weights, batch_size=settings.batch_size, generator=generator)

    training = batches(split.training, np.random.default_rng(settings.seed + 1))
    holdout = batches(split.holdout, None)
    steps = settings.epochs * len(training)
    fitted = compiled_for_fitting(model, settings.image_size, seed=settings.seed, steps=steps)
    listener(StageStarted(Stage.TRAIN, settings.epochs, "epochs"))
    history = fitted.fit(
        _fed(training),
        # The batches shuffle themselves; Keras would shuffle their order again, from a seed that nobody set.
        shuffle=False,
        validation_data=_fed(holdout),
        epochs=settings.epochs,
        verbose=0,
        callbacks=[
            *_shuffling(training),
            *_callbacks(settings.epochs, (training.dilution, holdout.dilution), listener),
        ],
    )
    return len(history.epoch)


def holdout_accuracy(
    model: keras.Model, store: PictureStore, labels: NDArray[np.int64], split: Split, batch_size: int = 64
) -> float:
    """Return the share of the pictures held out that the model knows, 0 to 1; the arguments are those of `fit`."""
    right = 0
    for start in range(0, len(split.holdout), batch_size):
        rows = split.holdout[start : start + batch_size]
        pictures = store.pictures(rows).astype(np.float32)
        scores = np.asarray(model(pictures, training=False))
        right += int(np.sum(scores.argmax(axis=-1) == labels[rows]))
    return right / max(1, len(split.holdout))


def compiled_for_fitting(model: keras.Model, side: int, *, seed: int, steps: int) -> keras.Model:
    """Return the model behind the augmentation, ready to be fitted; its weights are those of `model`.

    It takes bytes, (N, side, side, 3) uint8: all that is done to a picture is done where the network is.

    Args:
        model: takes (N, side, side, 3) pixels, 0 to 255, and gives (N, classes) probabilities.
        side: of the pictures, in pixels.
        seed: seed of the augmentation.
        steps: how many batches it will see; the learning rate comes down over them.
    """
    import keras

    inputs = keras.Input((side, side, 3), dtype="uint8")
    fitted = keras.Model(inputs, model(_augmentation(seed)(keras.ops.cast(inputs, "float32"))))
    fitted.compile(
        optimizer=_optimizer(steps),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        weighted_metrics=["accuracy"],
    )
    return fitted


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


def _fed(batches: Batches) -> Any:
    """Batches as the backend takes them best; any other than TensorFlow's needs nothing of TensorFlow."""
    import keras

    from annot_core.classifier.batches import streamed

    return streamed(batches) if keras.backend.backend() == "tensorflow" else batches


def _shuffling(batches: Batches) -> list[Any]:
    """What has batches shuffled between epochs, where Keras does not know them."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return []
    # Keras shuffles a `PyDataset` before the first epoch too, once it has looked at a batch. With the same here, a seed
    # gives the same batches on every backend.
    return [
        keras.callbacks.LambdaCallback(
            on_train_begin=lambda _logs: batches.on_epoch_end(),
            on_epoch_end=lambda _epoch, _logs: batches.on_epoch_end(),
        )
    ]


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
