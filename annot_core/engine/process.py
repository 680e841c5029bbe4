"""The engine that runs in a process of its own, seen from the process that draws the screen."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from annot_core.engine import BATCHES_AHEAD
from annot_core.engine.job import EngineJob
from annot_core.engine.ledger import Ledger
from annot_core.engine.messages import (
    Begun,
    Died,
    Drained,
    Message,
    Outcomes,
    Quarantined,
    Ready,
    Refused,
)
from annot_core.engine.spawning import SpawnedChild, default_command
from annot_core.errors import AnnotError, EngineError, UsageError
from annot_core.records import Failure, LabelledImage, Proposal

Feed = Callable[[Ready], Iterable[LabelledImage]]
"""Gives the images that a producer has still to work on."""

# One batch more than an engine takes before it gives the first outcomes, so that it never waits for the next.
WINDOW_BATCHES = BATCHES_AHEAD + 2
NICENESS = 5
GRACE_S = 2.0
FRUITLESS_DEATHS = 10


class EngineProcess:
    """Runs a job in a process of its own, which is started when messages are asked for.

    Neither Keras nor TensorFlow is imported here, and nothing that they print or do to their process
    reaches this one. The process may die: an image that ends it twice is set apart, all others are done.
    It ends when this one does, however that happens. POSIX only.
    """

    def __init__(
        self,
        job: EngineJob,
        *,
        log: Path,
        command: Sequence[str] | None = None,
        niceness: int = NICENESS,
        grace_s: float = GRACE_S,
        environment: Mapping[str, str] | None = None,
        sharing: int = 1,
    ) -> None:
        """Prepare to run a job; nothing is started yet.

        Args:
            job: what to do.
            log: the file that what the process prints is appended to.
            command: starts the process, a program that ends in `annot_core.engine.child.main`; None: the
                pipeline of this package.
            niceness: how far the process gives way to others, 0 to 19.
            grace_s: seconds that the process has to end by itself, before it is killed.
            environment: variables that the process has beside those of this one, or in their place.
            sharing: how many such processes share this machine's cores.
        """
        self._job = job
        self._log = log
        self._command = tuple(command) if command is not None else None
        self._niceness = niceness
        self._grace_s = grace_s
        self._environment = dict(environment or {})
        self._sharing = sharing
        self._ledger = Ledger()
        self._child: SpawnedChild | None = None
        self._ready: Ready | None = None
        self._stopped = False
        # May be taken by a signal handler in the thread that it interrupts.
        self._starting = threading.RLock()
        self._streaming = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The number of the running process, or None where none runs."""
        child = self._child
        return child.pid if child is not None and child.running else None

    @property
    def ready(self) -> Ready | None:
        """What the running process said once it had its classifier; None before."""
        return self._ready

    def messages(self, feed: Feed) -> Generator[Message, None, None]:
        """Run the job, and give what there is to tell, waiting where there is nothing.

        The first messages are `Progressed`, then comes one `Ready`, and after that `Begun` and `Outcomes`.
        The last one is `Drained`, `Refused` or `Died`, unless `stop` comes first. After `Died` a further call
        starts a new process and goes on: suspects are tried first, each with nothing else in flight. After
        `Drained` a further call has the same process do more, beginning with the same `Ready`. Whoever leaves
        the loop earlier ends the process, and may also call again.

        Args:
            feed: called once after `Ready`, for the images that are still to be done. They are read no further
                ahead than a few batches, in the thread that asks for messages; while the feed waits, messages
                do too. It may leave out or give again what was in flight when a process died: that is done
                once either way.
        """
        if not self._streaming.acquire(blocking=False):
            raise RuntimeError("expected one loop over messages at a time, found another one that has not ended")
        try:
            yield from self._stream(feed)
        finally:
            self._streaming.release()

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        """Yield outcomes batch by batch, starting the process again where it died; see `Engine`.

        Raises:
            UsageError: what was asked for cannot be asked.
            AnnotError: it cannot be done.
            EngineError: the process dies, and no image is to blame.
        """
        # What an earlier run left undone is none of this one's images.
        self._ledger = Ledger()
        waiting = iter(images)
        fruitless = 0
        while True:
            death: Died | None = None
            # Whatever is raised, this loop has ended when the next one begins.
            with contextlib.closing(self.messages(lambda _ready: waiting)) as told:
                for message in told:
                    match message:
                        case Outcomes(outcomes):
                            fruitless = 0
                            yield list(outcomes)
                        case Quarantined(failure):
                            yield [failure]
                        case Refused(text, exit_code):
                            raise UsageError(text) if exit_code == UsageError.exit_code else AnnotError(text)
                        case Died():
                            death = message
            if death is None:
                return
            fruitless += 1
            if not death.suspects or fruitless == FRUITLESS_DEATHS:
                raise EngineError(
                    f"expected the process that works on images to live, but it ended ({death.how}); "
                    f"its output is in {str(self._log)!r}"
                )

    def stop(self) -> None:
        """End the process and every loop over messages, for good; may be called anywhere, and again."""
        self._stopped = True
        with self._starting:
            child = self._child
        if child is not None:
            child.end(self._grace_s)
            self._close_if_idle(child)

    def kill(self) -> None:
        """End a process that hangs; to `messages` it has died, so that what it had in hand is suspected."""
        child = self._child
        if child is not None:
            child.kill()

    def _close_if_idle(self, child: SpawnedChild) -> None:
        # A loop over messages that has not ended closes what it reads from by itself.
        if self._streaming.acquire(blocking=False):
            try:
                child.close(self._grace_s)
            finally:
                self._streaming.release()

    def _stream(self, feed: Feed) -> Iterator[Message]:
        self._ledger.take_back()
        try:
            child = self._living_child()
        except OSError as error:
            yield Died(f"it cannot be started: {error}", ())
            return
        if child is None:
            return
        last: Message | None = None
        how = ""
        try:
            for last in self._conversation(child, feed):
                if self._stopped:
                    break
                yield last
        finally:
            if self._stopped or not isinstance(last, Drained):
                how = child.close(self._grace_s)
                self._child = self._ready = None
        if not self._stopped and not isinstance(last, Drained | Refused):
            yield from self._death(how)

    def _death(self, how: str) -> Iterator[Message]:
        suspects, failure = self._ledger.blame(how)
        if failure is not None:
            yield Quarantined(failure)
        yield Died(how, suspects)

    def _living_child(self) -> SpawnedChild | None:
        """The child that waits for more, else a new one; None if all is to end."""
        with self._starting:
            if self._child is not None and not self._child.running:
                # It died while it had nothing to do, so there is nothing to tell of it.
                self._child.close(self._grace_s)
                self._child = self._ready = None
            if self._child is None and not self._stopped:
                command = self._command or default_command()
                self._child = SpawnedChild(
                    command,
                    log=self._log,
                    niceness=self._niceness,
                    environment=self._environment,
                    sharing=self._sharing,
                )
            child = self._child
        if child is not None and self._stopped:
            child.close(self._grace_s)
            return None
        return child

    def _conversation(self, child: SpawnedChild, feed: Feed) -> Iterator[Message]:
        """Everything from the job to `Drained`, or to the child's last word."""
        yield from self._prepare(child)
        if self._ready is None:
            return
        planned = self._ledger.plan(feed(self._ready))
        while (suspect := self._ledger.next_suspect()) is not None:
            if not (yield from self._work(child, iter([suspect]))):
                return
        if (yield from self._work(child, planned)):
            yield Drained()

    def _prepare(self, child: SpawnedChild) -> Iterator[Message]:
        if self._ready is not None:
            yield self._ready
            return
        child.send(self._job)
        while (message := child.receive()) is not None:
            if isinstance(message, Ready):
                self._ready = message
            yield message
            if isinstance(message, Ready | Refused):
                return

    def _work(self, child: SpawnedChild, images: Iterator[LabelledImage]) -> Generator[Message, None, bool]:
        """Have images done, a window of them at a time; return whether all are."""
        ledger, size = self._ledger, self._job.batch_size
        more = True
        while True:
            while more and ledger.in_flight <= (WINDOW_BATCHES - 1) * size:
                batch = list(itertools.islice(images, size))
                ledger.give(batch)
                more = bool(batch)
                child.send(batch or None)
            match message := child.receive():
                case Begun(sources):
                    ledger.begin(sources)
                case Outcomes(outcomes):
                    ledger.finish(outcomes)
                case Drained():
                    return True
                case None:
                    return False
            yield message
            if isinstance(message, Refused):
                return False
