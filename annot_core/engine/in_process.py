"""The engine that runs in the calling process: reading, network and box search overlap, each on another batch."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from annot_core.engine import BATCH_SIZE, BATCHES_AHEAD
from annot_core.pipeline import Heating, Picture, Pipeline
from annot_core.records import Failure, LabelledImage, Proposal

_Read = list[Picture | Failure]


class InProcessEngine:
    """Runs a pipeline here; results come in the order of the images.

    While one batch's boxes are searched in the caller's thread, a second one is with the network, which needs
    no Python and so holds up nobody, and a third one is read by a few threads.
    """

    def __init__(self, pipeline: Pipeline, *, batch_size: int = BATCH_SIZE, readers: int | None = None) -> None:
        self._pipeline = pipeline
        self._batch_size = batch_size
        self._readers = readers or min(8, os.cpu_count() or 1)

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        """Yield outcomes batch by batch; see `Engine`.

        Images are cut into batches before they are read, so that a run that was stopped after whole
        batches forms the same batches again when it goes on.
        """
        readers = ThreadPoolExecutor(self._readers, thread_name_prefix="read")
        network = ThreadPoolExecutor(1, thread_name_prefix="network")
        try:
            ahead: deque[Future[tuple[_Read, Heating]]] = deque()
            waiting = iter(images)
            while batch := list(itertools.islice(waiting, self._batch_size)):
                reading = [readers.submit(self._pipeline.read, image) for image in batch]
                ahead.append(network.submit(self._begin, reading))
                if len(ahead) > BATCHES_AHEAD:
                    yield self._propose(*ahead.popleft().result())
            while ahead:
                yield self._propose(*ahead.popleft().result())
        finally:
            # Whoever stops early, by an error or a key, does not wait for pictures that nobody will see.
            readers.shutdown(wait=False, cancel_futures=True)
            network.shutdown(cancel_futures=True)
            readers.shutdown()

    def _begin(self, reading: list[Future[Picture | Failure]]) -> tuple[_Read, Heating]:
        read = [future.result() for future in reading]
        pictures = [outcome for outcome in read if isinstance(outcome, Picture)]
        return read, self._pipeline.begin(pictures, self._batch_size)

    def _propose(self, read: _Read, heating: Heating) -> list[Proposal | Failure]:
        # A GPU is waited for only here: by then it has been given the next batch.
        proposals = iter(self._pipeline.propose(heating.wait()))
        return [outcome if isinstance(outcome, Failure) else next(proposals) for outcome in read]
