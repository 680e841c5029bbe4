"""What long work says while it runs: typed events, handed to one callable.

The library says, a front end shows. `ignore` is for callers who want to hear nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass


class Stage(enum.StrEnum):
    """The stages of a run that take time."""

    DRAW = "draw"
    LIST = "list"
    TRAIN = "train"
    ANNOTATE = "annotate"
    AUGMENT = "augment"
    EXPORT = "export"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins; `total` steps are expected (None: unknown), each a `unit`.

    `title` tells one from another where a stage comes several times.
    """

    stage: Stage
    total: int | None
    unit: str = "images"
    title: str = ""


@dataclass(frozen=True, slots=True)
class StageAdvanced:
    """`done` steps of the stage are behind us."""

    stage: Stage
    done: int


@dataclass(frozen=True, slots=True)
class StageFinished:
    """The stage is over after `seconds`."""

    stage: Stage
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochFinished:
    """One pass over the training images is over; losses are cross-entropies, accuracies 0 to 1."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    holdout_loss: float
    holdout_accuracy: float


@dataclass(frozen=True, slots=True)
class LossFell:
    """One pass of a detector's training is over; the loss, 0 or more, is the mean over its pictures."""

    epoch: int
    epochs: int
    loss: float


class Level(enum.StrEnum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for a person."""

    text: str
    level: Level = Level.INFO


Event = StageStarted | StageAdvanced | StageFinished | EpochFinished | LossFell | Notice
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Hear an event and do nothing."""
