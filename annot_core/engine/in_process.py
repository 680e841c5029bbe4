"""The engine that runs in the calling process: threads decode ahead while the network works."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from annot_core.engine import BATCH_SIZE, BATCHES_AHEAD
from annot_core.pipeline import Picture, Pipeline
from annot_core.records import Failure, LabelledImage, Proposal


class InProcessEngine:
    """Runs a pipeline here; results come in the order of the images."""

    def __init__(self, pipeline: Pipeline, *, batch_size: int = BATCH_SIZE, readers: int | None = None) -> None:
        self._pipeline = pipeline
        self._batch_size = batch_size
        self._readers = readers or min(8, os.cpu_count() or 1)

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        """Yield outcomes batch by batch; see `Engine`.

        Images are cut into batches before they are read, so that a run that was stopped after whole
        batches forms the same batches again when it goes on.
        """
        pool = ThreadPoolExecutor(self._readers, thread_name_prefix="read")
        try:
            ahead: deque[list[Future[Picture | Failure]]] = deque()
            waiting = iter(images)
            while batch := list(itertools.islice(waiting, self._batch_size)):
                ahead.append([pool.submit(self._pipeline.read, image) for image in batch])
                if len(ahead) > BATCHES_AHEAD:
                    yield self._finish(ahead.popleft())
            while ahead:
                yield self._finish(ahead.popleft())
        finally:
            # Whoever stops early, by an error or a key, does not wait for pictures that nobody will see.
            pool.shutdown(cancel_futures=True)

    def _finish(self, batch: list[Future[Picture | Failure]]) -> list[Proposal | Failure]:
        read = [future.result() for future in batch]
        pictures = [outcome for outcome in read if isinstance(outcome, Picture)]
        proposals = iter(self._pipeline.propose(pictures, self._batch_size))
        return [outcome if isinstance(outcome, Failure) else next(proposals) for outcome in read]
