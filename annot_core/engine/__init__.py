"""Where the pipeline runs: in this process, in one of its own, or in one for each GPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from annot_core.records import Failure, LabelledImage, Proposal

BATCH_SIZE = 32
BATCHES_AHEAD = 2
"""How many batches an engine may take ahead of the one whose outcomes it gives."""


class Engine(Protocol):
    """Runs the pipeline over many images."""

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        """Turn a stream of images into a stream of batches of outcomes, one outcome an image.

        Outcomes may come in any order. At no time are more images in memory than a few batches hold: the
        stream is read at most `BATCHES_AHEAD` batches, and what is on its way between processes, ahead. What
        would trouble every image is raised, and so is what the stream of images raises.
        """
        ...
