"""Training a detector on pictures with true boxes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.pictures import PictureStore
from annot_core.classifier.runtime import gpu_count, precision_here, start_keras
from annot_core.detector.anchors import find_anchors
from annot_core.detector.detector import Detector
from annot_core.detector.examples import Example, box_sizes, true_boxes
from annot_core.detector.grid import ANCHOR_COUNT
from annot_core.detector.jitter import jitter
from annot_core.detector.loss import yolo_loss
from annot_core.detector.network import build_network
from annot_core.detector.request import DetectorSettings
from annot_core.errors import TrainingError
from annot_core.progress import (
    Listener,
    LossFell,
    Notice,
    Stage,
    StageAdvanced,
    StageFinished,
    StageStarted,
    ignore,
)

if TYPE_CHECKING:
    import keras

STEPS_WANTED = 1000
FEWEST_EPOCHS, MOST_EPOCHS = 8, 150
LEARNING_RATE = 2e-3


def train_detector(
    examples: Sequence[Example],
    classes: Sequence[str],
    settings: DetectorSettings | None = None,
    *,
    title: str = "",
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> Detector:
    """Train a detector; images that cannot be read are left out.

    Args:
        examples: images with their true boxes, at least one box among them; images without boxes are shown too.
        classes: the classes' names, in the order of their numbers.
        settings: how to train.
        title: what the listener is told that this training is about.
        listener: hears of every epoch.
        clock: gives seconds.

    Raises:
        TrainingError: no image with a box can be read.
    """
    began = clock()
    chosen = settings or DetectorSettings()
    start_keras()
    side = chosen.image_size
    boxes = true_boxes(examples)
    with PictureStore([example.path for example in examples], (side, side)) as store:
        readable = store.readable
        if len(readable) < len(examples):
            listener(Notice(f"{len(examples) - len(readable)} images cannot be read and are left out of training"))
        sizes = box_sizes(boxes[readable])
        if not len(sizes):
            raise TrainingError(
                f"expected readable images with boxes to train a detector on, found none among {len(examples)} images; "
                "see what was skipped, and keep some boxes first"
            )
        anchors = find_anchors(sizes, ANCHOR_COUNT, np.random.default_rng(chosen.seed))
        with precision_here():
            network = build_network(side, len(classes), seed=chosen.seed * 1000)
        detector = Detector(network, tuple(classes), anchors, side)
        _fit(detector, store, readable, boxes, chosen, title, listener)
    listener(StageFinished(Stage.TRAIN, clock() - began))
    return detector


def epochs_for(image_count: int, settings: DetectorSettings) -> int:
    """Return how many passes over the images there will be."""
    if settings.epochs is not None:
        return settings.epochs
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(STEPS_WANTED / _steps(image_count, settings))))


def _steps(image_count: int, settings: DetectorSettings) -> int:
    """The steps of one pass."""
    return -(-image_count // settings.batch_size)


def _fit(
    detector: Detector,
    store: PictureStore,
    readable: NDArray[np.int64],
    boxes: NDArray[np.float32],
    settings: DetectorSettings,
    title: str,
    listener: Listener,
) -> None:
    import keras

    epochs, steps = epochs_for(len(readable), settings), _steps(len(readable), settings)
    # Made here too, so that Keras scales the loss as half precision needs it.
    with precision_here():
        # Only this one is compiled: what is kept carries no loss and no optimizer.
        fitted = keras.Model(detector.network.inputs, detector.network.outputs)
        fitted.compile(
            optimizer=_optimizer(epochs * steps),
            loss=lambda right, outputs: yolo_loss(right, outputs, detector.grid),
            # Compiling takes longer than it saves where there is no GPU.
            jit_compile="auto" if gpu_count() else False,
        )
    listener(StageStarted(Stage.TRAIN, epochs, "epochs", title))
    fitted.fit(
        _batches(store, boxes, _order(readable, epochs, settings), settings.seed),
        # They are shuffled already.
        shuffle=False,
        steps_per_epoch=steps,
        epochs=epochs,
        verbose=0,
        callbacks=[_teller(epochs, listener)],
    )


def _order(readable: NDArray[np.int64], epochs: int, settings: DetectorSettings) -> NDArray[np.int64]:
    """Return which pictures each step sees, (epochs * steps, batch size): each once a pass."""
    generator = np.random.default_rng(settings.seed + 1)
    shape = (_steps(len(readable), settings), settings.batch_size)
    passes = [np.resize(generator.permutation(readable), shape) for _ in range(epochs)]
    return np.concatenate(passes)


def _batches(store: PictureStore, boxes: NDArray[np.float32], order: NDArray[np.int64], seed: int) -> Any:
    """Return the steps' jittered pictures and boxes as a `tf.data.Dataset`, made while the network works."""
    import tensorflow as tf

    side = store.pictures(order[0][:1]).shape[1]

    def load(rows: Any, step: Any) -> tuple[Any, Any]:
        pictures = tf.numpy_function(store.pictures, [rows], tf.uint8)
        pictures.set_shape((order.shape[1], side, side, 3))
        return jitter(pictures, tf.gather(boxes, rows), tf.stack([tf.cast(seed, tf.int32), step]))

    steps = np.arange(len(order), dtype=np.int32)
    return (
        tf.data.Dataset.from_tensor_slices((order, steps))
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def _optimizer(steps: int) -> Any:
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.01, warmup_target=LEARNING_RATE, warmup_steps=max(1, steps // 20)
    )
    return keras.optimizers.AdamW(schedule, weight_decay=5e-4, clipnorm=10.0)


def _teller(epochs: int, listener: Listener) -> keras.callbacks.Callback:
    import keras

    def tell(epoch: int, logs: dict[str, float]) -> None:
        listener(LossFell(epoch + 1, epochs, float(logs["loss"])))
        listener(StageAdvanced(Stage.TRAIN, epoch + 1))

    return keras.callbacks.LambdaCallback(on_epoch_end=tell)
