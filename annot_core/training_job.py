"""Training on its own: the classifier is kept beside the session, where later runs find it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from annot_core.classifier.kept import MODEL_FILE
from annot_core.classifier.obtaining import check_trainable, train_and_keep
from annot_core.classifier.request import TrainingSettings
from annot_core.dataset import check_output, default_output, list_dataset
from annot_core.native_output import LOG_FILE, output_to
from annot_core.progress import Listener, ignore
from annot_core.session import Session


def train_for(
    dataset: Path,
    output: Path | None = None,
    *,
    background: Collection[str] = (),
    training: TrainingSettings | None = None,
    log_output: bool = False,
    listener: Listener = ignore,
) -> Path:
    """Train a classifier on a folder of labelled images, and keep it for the runs that write to `output`.

    Args:
        dataset: the folder of class folders.
        output: where the annotations will be written; None: `<dataset>-annotated` beside it.
        background: names of class folders whose images hold no object.
        training: how to train.
        log_output: send what libraries print, native ones too, to the session's log file.
        listener: hears of every epoch.

    Returns:
        The model's file.

    Raises:
        UsageError: the data set or the session is not usable.
        TrainingError: no classifier could be trained.
    """
    target = default_output(dataset) if output is None else output
    check_output(dataset, target)
    listed = list_dataset(dataset, background=background)
    check_trainable(listed)
    with Session.open(target, dataset) as session:
        with output_to(session.folder / LOG_FILE) if log_output else contextlib.nullcontext():
            train_and_keep(training or TrainingSettings(), listed, session.folder, listener=listener)
        return session.folder / MODEL_FILE
