"""Training on its own: the classifier is kept beside the session, where later runs find it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from annot_core.annotating import LOG_FILE
from annot_core.classifier.kept import MODEL_FILE
from annot_core.classifier.obtaining import train_and_keep
from annot_core.classifier.training import TrainingSettings
from annot_core.dataset import check_output, default_output, list_dataset
from annot_core.native_output import stderr_to
from annot_core.progress import Listener, ignore
from annot_core.session import Session


def train_for(
    dataset: Path,
    output: Path | None = None,
    *,
    background: Collection[str] = (),
    training: TrainingSettings | None = None,
    capture_stderr: bool = False,
    listener: Listener = ignore,
) -> Path:
    """Train a classifier on a folder of labelled images, and keep it for the runs that write to `output`.

    Args:
        dataset: the folder of class folders.
        output: where the annotations will be written; None: `<dataset>-annotated` beside it.
        background: names of class folders whose images hold no object.
        training: how to train.
        capture_stderr: send what native libraries print to the session's log file.
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
    with Session.open(target, dataset) as session:
        with stderr_to(session.folder / LOG_FILE) if capture_stderr else contextlib.nullcontext():
            train_and_keep(training or TrainingSettings(), listed, session.folder, listener=listener)
        return session.folder / MODEL_FILE
