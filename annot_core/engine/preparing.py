"""Which engine a run without a screen gets: one process a GPU where there are several, else this process."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from annot_core.engine.gpus import find_gpus, gpu_environment
from annot_core.native_output import LOG_FILE
from annot_core.progress import Listener, ignore

if TYPE_CHECKING:
    from annot_core.engine import Engine
    from annot_core.engine.job import EngineJob
    from annot_core.engine.messages import Ready

GPUS_FOR_FLEET = 2
"""With one GPU a process of its own would gain nothing: decoding and box search already overlap with the network."""


@contextlib.contextmanager
def prepared_engine(
    job: EngineJob, *, listener: Listener = ignore, clock: Callable[[], float] = time.monotonic
) -> Iterator[tuple[Ready, Engine]]:
    """Give an engine whose classifier is there, trained if need be, and what is known of it; end it afterwards.

    Args:
        job: what to do; the log is kept in its folder.
        listener: hears of training.
        clock: gives seconds.

    Raises:
        UsageError: the model, the data set or an option is not usable.
        TrainingError: no classifier could be trained.
        EngineError: a process that should do the work died.
    """
    gpus = find_gpus()
    if len(gpus) < GPUS_FOR_FLEET:
        from annot_core.engine.child import prepare_pipeline

        yield prepare_pipeline(job, listener, clock=clock)
        return
    from annot_core.engine.fleet import EngineFleet

    environments = [gpu_environment(name) for name in gpus]
    with EngineFleet(job, environments, log=job.folder / LOG_FILE, listener=listener) as fleet:
        yield fleet.prepare(), fleet
