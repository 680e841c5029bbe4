"""The process that the pipeline runs in: it is given a job and images by its parent, and answers in messages."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from annot_core.engine import Engine
from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Begun, Broken, ChildMessage, Drained, Outcomes, Progressed, Ready, Refused
from annot_core.errors import AnnotError
from annot_core.progress import Listener
from annot_core.records import LabelledImage

Prepare = Callable[[EngineJob, Listener], tuple[Ready, Engine]]
"""Obtains what a job needs, telling a listener how far it is, and returns the engine that images are given to."""

NICENESS = 5
BROKEN = 1
ORPHANED = 3
_OOM_SCORE = Path("/proc/self/oom_score_adj")


def main(arguments: Sequence[str] | None = None, *, prepare: Prepare | None = None) -> NoReturn:
    """Serve the parent at the other end of an inherited descriptor, then end the process.

    A program of one's own that ends in a call of this, with another `prepare`, can be the `command` of an
    `EngineProcess`: that is how to run another pipeline, or the usual one in other surroundings.

    Args:
        arguments: the command line, which `EngineProcess` completes; None: this process's.
        prepare: makes the engine; None: the pipeline with the job's classifier.
    """
    parser = argparse.ArgumentParser(description="Works for an autoannot-tui that started it; of no use alone.")
    parser.add_argument("--connection", type=int, required=True, help="the descriptor of the parent's socket")
    parser.add_argument("--nice", type=int, default=NICENESS, help="how far to give way to other processes")
    options = parser.parse_args(arguments)
    # Nothing that this process starts may write to the parent.
    os.set_inheritable(options.connection, False)
    _settle(options.nice)
    code = serve(Connection(options.connection), prepare or prepare_pipeline)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Native libraries have been seen to crash while they are taken down, which would hide how this ended.
    os._exit(code)


def serve(connection: Connection[Any, Any], prepare: Prepare) -> int:
    """Do what the parent at the other end of `connection` says, until it is gone; return an exit status.

    The parent sends an `EngineJob`, then batches of images, each a list, and None where it waits for all
    that it gave. The process ends by itself, whatever it is at, as soon as the parent is gone.
    """
    line = _Line(connection)
    try:
        ready, engine = prepare(line.job(), lambda event: line.tell(Progressed(event)))
        line.tell(ready)
        while True:
            for outcomes in engine.run(line.images()):
                line.tell(Outcomes(tuple(outcomes)))
            line.tell(Drained())
    except AnnotError as error:
        line.tell(Refused(str(error), error.exit_code))
        return error.exit_code
    except Exception:  # the parent tells a person, and decides how to go on
        traceback.print_exc()
        line.tell(Broken(traceback.format_exc()))
        return BROKEN


def prepare_pipeline(
    job: EngineJob, listener: Listener, *, clock: Callable[[], float] = time.monotonic
) -> tuple[Ready, Engine]:
    """Obtain the job's classifier, by training one if need be, and put the pipeline into an engine."""
    from annot_core.classifier.obtaining import obtain_classifier
    from annot_core.classifier.runtime import gpu_count
    from annot_core.engine.in_process import InProcessEngine
    from annot_core.pipeline import Pipeline
    from annot_core.producer import describe_producer

    classifier = obtain_classifier(job.request, job.dataset, job.folder, listener=listener, clock=clock)
    pipeline = Pipeline(classifier, job.recipe, max_pixels=job.max_pixels)
    producer = describe_producer(classifier, job.recipe, job.max_pixels)
    ready = Ready(producer.name, producer.description, on_gpu=gpu_count() > 0)
    return ready, InProcessEngine(pipeline, batch_size=job.batch_size)


class _Line:
    """The connection to the parent, read by a thread, so that its end is noticed in the middle of work."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sending = threading.Lock()
        threading.Thread(target=self._read, name="parent", daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                self._inbox.put(self._connection.recv())
        except (EOFError, OSError):
            os._exit(ORPHANED)
        except BaseException:
            # Nobody would hear of images any more, nor of the parent's end.
            traceback.print_exc()
            os._exit(BROKEN)

    def job(self) -> EngineJob:
        job = self._inbox.get()
        assert isinstance(job, EngineJob)
        return job

    def images(self) -> Iterator[LabelledImage]:
        """Give the images up to the next None, telling the parent of each batch before it is touched."""
        while (batch := self._inbox.get()) is not None:
            self.tell(Begun(tuple(image.source for image in batch)))
            yield from batch

    def tell(self, message: ChildMessage) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except OSError:
            os._exit(ORPHANED)


def _settle(niceness: int) -> None:
    """Make a good neighbor of this process, and have the log say what it can of its end."""
    # An ignored signal stays ignored in a new process; this one must be easy to end.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        # Line by line, or what was printed last before a crash would be lost. Names may be no text.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    with contextlib.suppress(OSError):
        os.nice(niceness)
    with contextlib.suppress(OSError):
        # Where memory runs out this process is to go: it can be started again, and decisions are not in it.
        _OOM_SCORE.write_text("500", encoding="ascii")


if __name__ == "__main__":
    main()
