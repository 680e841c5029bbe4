"""Where the pipeline runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from annot_core.records import Failure, LabelledImage, Proposal


class Engine(Protocol):
    """Runs the pipeline over many images."""

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        """Turn a stream of images into a stream of batches of outcomes, one outcome an image.

        Outcomes may come in any order. At no time are more images in memory than a few batches hold.
        """
        ...
