"""One way to a classifier for both the automatic case and the train command: load, reuse or train."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from annot_core.classifier.classifier import Classifier
from annot_core.classifier.kept import keep, load_kept, read_card
from annot_core.classifier.loading import load_classifier
from annot_core.classifier.request import ClassifierRequest, TrainingSettings
from annot_core.classifier.runtime import start_keras
from annot_core.classifier.training import train
from annot_core.dataset import Dataset
from annot_core.errors import DatasetError
from annot_core.progress import Listener, Notice, Stage, StageFinished, ignore


def obtain_classifier(
    request: ClassifierRequest,
    dataset: Dataset,
    folder: Path,
    *,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> Classifier:
    """Return the classifier that was asked for, training one only if there is no other way.

    A kept classifier is used again when the data set has the same classes, and training settings are
    either not given or the ones it was trained with.

    Args:
        request: where it is to come from.
        dataset: the images to annotate, and to train on.
        folder: where the trained classifier is kept.
        listener: hears of training.
        clock: gives seconds.

    Raises:
        ModelError: the model cannot be used with this data set.
        DatasetError: there is no model, and only one class.
        TrainingError: nothing can be trained on this data set.
    """
    if request.model is not None:
        return load_classifier(
            request.model,
            dataset,
            classes=request.classes,
            trust_model=request.trust_model,
            image_size=request.training.image_size,
            listener=listener,
        )
    check_trainable(dataset)
    card = read_card(folder)
    asked = request.training.described()
    default = TrainingSettings().described()
    if card is not None and card.classes == dataset.classes and asked in (default, card.requested):
        kept = load_kept(folder, card)
        if kept is not None:
            listener(Notice(f"using the classifier trained before (hold-out accuracy {card.holdout_accuracy:.2f})"))
            return kept
    return train_and_keep(request.training, dataset, folder, listener=listener, clock=clock)


def check_trainable(dataset: Dataset) -> None:
    """Make sure that there is something to tell apart.

    Raises:
        DatasetError: the data set has only one class.
    """
    if len(dataset.classes) < 2:
        raise DatasetError(
            f"expected at least two class folders, to train a classifier that tells them apart, found only "
            f"{dataset.classes[0]!r}; add a folder of other images, such as `background`, or bring your own "
            "classifier with --model"
        )


def train_and_keep(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: Path,
    *,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> Classifier:
    """Train a classifier on the data set and keep it in `folder`; see `train` for the errors."""
    started = clock()
    start_keras()
    trained = train(dataset.images, settings, folder=folder, listener=listener)
    classifier = keep(folder, trained, settings)
    listener(StageFinished(Stage.TRAIN, clock() - started))
    return classifier
