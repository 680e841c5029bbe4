"""Training a classifier from a labelled folder: the original tool's step 0."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.backbones import SMALL, WeightsUnavailableError, build_backbone
from annot_core.classifier.fitting import fit, holdout_accuracy
from annot_core.classifier.holdout import Split, split_stratified
from annot_core.classifier.pictures import PictureStore
from annot_core.classifier.request import AUTO, TrainingSettings
from annot_core.classifier.runtime import precision_here
from annot_core.errors import ImageError, TrainingError
from annot_core.imaging import peek_size
from annot_core.progress import Level, Listener, Notice, ignore
from annot_core.records import LabelledImage

if TYPE_CHECKING:
    import keras

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
    images: Sequence[LabelledImage],
    settings: TrainingSettings | None = None,
    *,
    folder: Path | None = None,
    listener: Listener = ignore,
) -> Trained:
    """Train a classifier on labelled images; images that cannot be read are left out.

    Args:
        images: the images, of two classes or more.
        settings: how to train.
        folder: where decoded pictures may lie while training goes on, if they are too many for the memory; None:
            the system's folder for such files.
        listener: hears of every epoch, and the hold-out accuracy at the end.

    Raises:
        TrainingError: there are not two classes with two readable images each.
        ModelError: the backbone is unknown.
    """
    chosen = _complete(images, settings or TrainingSettings())
    classes = tuple(sorted({image.class_name for image in images}))
    _check_classes(Counter(image.class_name for image in images))
    model, chosen = _build(chosen, len(classes), listener)
    assert chosen.image_size is not None
    size = (chosen.image_size, chosen.image_size)
    with PictureStore([image.path for image in images], size, folder=folder) as store:
        readable = store.readable
        if len(readable) < len(images):
            listener(Notice(f"{len(images) - len(readable)} images cannot be read and are left out of training"))
        _check_classes(Counter(images[index].class_name for index in readable))
        labels = np.array([classes.index(image.class_name) for image in images], dtype=np.int64)
        chosen = replace(chosen, epochs=chosen.epochs or _epochs(len(readable), chosen))
        split = _split(labels, readable, np.random.default_rng(chosen.seed))
        epochs_run = fit(model, store, labels, split, chosen, listener)
        accuracy = holdout_accuracy(model, store, labels, split)
    _report(accuracy, len(split.holdout), listener)
    return Trained(model, classes, chosen, accuracy, epochs_run)


def _split(labels: NDArray[np.int64], readable: NDArray[np.int64], generator: np.random.Generator) -> Split:
    """Part the images that can be read into those that train and those that are held out."""
    split = split_stratified(labels[readable], HOLDOUT_SHARE, generator)
    return Split(readable[split.training], readable[split.holdout])


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
    with precision_here():
        try:
            return build_backbone(settings.backbone, class_count, seed=settings.seed), settings
        except WeightsUnavailableError as error:
            listener(Notice(f"{error}. Going on with the backbone `{SMALL}`.", Level.WARNING))
        size = min(settings.image_size or LARGEST_SMALL_PX, LARGEST_SMALL_PX)
        fallback = replace(settings, backbone=SMALL, image_size=size)
        return build_backbone(SMALL, class_count, seed=settings.seed), fallback


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
