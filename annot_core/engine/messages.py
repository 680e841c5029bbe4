"""What an engine in a process of its own says to whoever listens: `Message` is any of these values."""

from __future__ import annotations

from dataclasses import dataclass

from annot_core.progress import Event
from annot_core.records import Failure, Proposal


@dataclass(frozen=True, slots=True)
class Progressed:
    """Training or loading the classifier is so far, or has something to tell."""

    event: Event


@dataclass(frozen=True, slots=True)
class Ready:
    """The classifier is there.

    `producer` names all that decides what is proposed and `description` says it in plain values, as
    `Session.register_producer` takes them. `on_gpu` tells whether the network computes on a GPU.
    """

    producer: str
    description: dict[str, object]
    on_gpu: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """The images of these sources are read and worked on from now."""

    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What came out for some of the images that were begun, one outcome an image."""

    outcomes: tuple[Proposal | Failure, ...]


@dataclass(frozen=True, slots=True)
class Drained:
    """Every image given so far has its outcome; the process waits, its classifier loaded."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for cannot be done: the text and exit code of an `AnnotError`. The process is gone."""

    text: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The process came upon an error that nobody foresaw, and ends: the traceback. `Died` follows."""

    traceback: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An image ended the process twice, the second time alone, and is not given again."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Died:
    """The process is gone without being asked to; `how` says for a person what ended it.

    `suspects` are the sources that were begun and not finished: they are tried one at a time next.
    """

    how: str
    suspects: tuple[str, ...]


ChildMessage = Progressed | Ready | Begun | Outcomes | Drained | Refused | Broken
Message = ChildMessage | Quarantined | Died
