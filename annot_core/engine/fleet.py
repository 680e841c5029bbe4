"""The engine that runs in several processes at once, one a GPU, each seeing its own alone."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Died, Message, Progressed, Ready, Refused
from annot_core.engine.process import GRACE_S, EngineProcess
from annot_core.errors import EngineError, TrainingError, UsageError
from annot_core.progress import Level, Listener, Notice, ignore
from annot_core.records import Failure, LabelledImage, Proposal


class EngineFleet:
    """Runs a job in one process for each of several environments; batches go to whichever has room.

    The first process obtains the classifier, training it if need be, while the others do not exist yet: they
    start when there are images to work on, and load what it kept. Each process may die and is started again, as
    an `EngineProcess` is; one that cannot be kept alive leaves its images to the others. POSIX only.
    """

    def __init__(
        self,
        job: EngineJob,
        environments: Sequence[Mapping[str, str]],
        *,
        log: Path,
        command: Sequence[str] | None = None,
        niceness: int = 0,
        grace_s: float = GRACE_S,
        listener: Listener = ignore,
    ) -> None:
        """Prepare to run a job; nothing is started yet.

        Args:
            job: what to do.
            environments: for each process the variables that it has beside those of this one, such as
                `gpu_environment` gives.
            log: the file that what the processes print is appended to.
            command: starts a process, as `EngineProcess` takes it.
            niceness: how far the processes give way to others, 0 to 19.
            grace_s: seconds that a process has to end by itself, before it is killed.
            listener: hears of training, and of a process that is given up.
        """
        if not environments:
            raise ValueError("expected at least one environment to run a process in, found none")
        self._job = job
        self._environments = tuple(environments)
        self._log = log
        self._command = command
        self._niceness = niceness
        self._grace_s = grace_s
        self._listener = listener
        self._ready: Ready | None = None
        self._members: list[_Member] = []
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the running processes."""
        return tuple(pid for member in self._members if (pid := member.process.pid) is not None)

    def prepare(self) -> Ready:
        """Have the first process obtain the classifier, once, and return what it says of it.

        Raises:
            UsageError: the model, the data set or an option is not usable.
            TrainingError: no classifier could be trained.
            EngineError: the process died.
        """
        if self._ready is not None:
            return self._ready
        if not self._members:
            self._add(self._environments[:1])
        with contextlib.closing(self._members[0].process.messages(lambda _ready: ())) as told:
            for message in told:
                self._hear(message)
        if self._ready is None:
            raise EngineError("expected a classifier, but the engine was stopped before it had one")
        if not self._ready.on_gpu:
            # Several networks on the same cores would be no faster than one.
            self._environments = self._environments[:1]
        return self._ready

    def _hear(self, message: Message) -> None:
        match message:
            case Progressed(event):
                self._listener(event)
            case Ready():
                self._ready = message
            case Refused(text, exit_code):
                raise UsageError(text) if exit_code == UsageError.exit_code else TrainingError(text)
            case Died(how):
                raise EngineError(
                    f"expected the process that obtains the classifier to live, but it ended ({how}); "
                    f"its output is in {str(self._log)!r}"
                )

    def run(self, images: Iterable[LabelledImage]) -> Iterator[list[Proposal | Failure]]:
        """Yield outcomes batch by batch as processes have them, in any order; see `Engine`.

        The stream of images is read in the thread that asks for outcomes, no further ahead than the few batches
        that each process has in hand.

        Raises:
            UsageError: what was asked for cannot be asked.
            AnnotError: it cannot be done.
            EngineError: every process dies, and no image is to blame.
        """
        ready = self.prepare()
        self._add(self._environments)
        finished = False
        try:
            yield from self._work(iter(images), ready)
            finished = True
        finally:
            if not finished:
                self._give_up()

    def stop(self) -> None:
        """End all processes and every run, for good; may be called anywhere, and again."""
        self._stopped = True
        for member in tuple(self._members):
            member.process.stop()

    def _give_up(self) -> None:
        """End the processes, whatever they have in hand; a further run starts new ones."""
        while self._members:
            self._members.pop().end()

    def _add(self, environments: Sequence[Mapping[str, str]]) -> None:
        """See to it that each of the first environments has its member."""
        present = {member.number for member in self._members}
        for number, environment in enumerate(environments):
            if number not in present:
                process = EngineProcess(
                    self._job,
                    log=self._log,
                    command=self._command,
                    niceness=self._niceness,
                    grace_s=self._grace_s,
                    environment=environment,
                    # The first trains while it is alone, and has to be quick at it.
                    sharing=len(self._environments) if number else 1,
                )
                self._members.append(_Member(number, process))
        if self._stopped:
            # It was too early to end these.
            self.stop()

    def _work(self, stream: Iterator[LabelledImage], ready: Ready) -> Iterator[list[Proposal | Failure]]:
        """Hand out batches and pass on outcomes, until every member has done its part."""
        inbox: queue.SimpleQueue[_Said] = queue.SimpleQueue()
        left: deque[LabelledImage] = deque()
        busy = set(self._members)
        for member in self._members:
            member.begin(inbox, ready)
        while busy:
            said = inbox.get()
            member = said.member
            match said:
                case _Wants():
                    member.give(_next_batch(left, stream, self._job.batch_size))
                case _Told(outcomes=outcomes):
                    member.finish(outcomes)
                    yield outcomes
                case _Ended(error=error):
                    busy.remove(member)
                    if error is not None:
                        left.extend(self._without(member, error))
            # What a lost member leaves may find the others done with their part.
            while left and not self._stopped and (others := [one for one in self._members if one not in busy]):
                others[0].begin(inbox, ready)
                busy.add(others[0])

    def _without(self, member: _Member, error: Exception) -> list[LabelledImage]:
        """Go on without a member whose process cannot be kept alive; return the images that it leaves.

        Raises:
            Exception: `error`, where it would trouble the others as well, or where there are none.
        """
        self._members.remove(member)
        if not isinstance(error, EngineError) or not self._members:
            raise error
        self._listener(Notice(f"{error}; its images go to the other processes", Level.WARNING))
        return member.take_back()


def _next_batch(left: deque[LabelledImage], stream: Iterator[LabelledImage], size: int) -> list[LabelledImage]:
    """The next images to hand out, those that came back first; none where all are handed out."""
    back = [left.popleft() for _ in range(min(size, len(left)))]
    return back or list(itertools.islice(stream, size))


class _Member:
    """One process of a fleet, the thread that listens to it, and the images that it has in hand.

    But for that thread's own work all is done in the thread that runs the fleet.
    """

    def __init__(self, number: int, process: EngineProcess) -> None:
        self.number = number
        self.process = process
        self._in_hand: dict[str, LabelledImage] = {}
        self._given: queue.SimpleQueue[list[LabelledImage]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, inbox: queue.SimpleQueue[_Said], ready: Ready) -> None:
        """Have the process work for as long as it is given images; what it says comes to `inbox`."""
        self._thread = threading.Thread(
            target=self._listen, args=(inbox, ready), name=f"engine {self.number}", daemon=True
        )
        self._thread.start()

    def give(self, images: list[LabelledImage]) -> None:
        """Answer what the process wants; no images have it end its part."""
        self._in_hand.update((image.source, image) for image in images)
        self._given.put(images)

    def finish(self, outcomes: Iterable[Proposal | Failure]) -> None:
        """Note what is done."""
        for outcome in outcomes:
            del self._in_hand[outcome.source]

    def take_back(self) -> list[LabelledImage]:
        """Return the images that have no outcome."""
        images = list(self._in_hand.values())
        self._in_hand.clear()
        return images

    def end(self) -> None:
        """End the process and its thread, wherever they are."""
        self.process.stop()
        self._given.put([])
        if self._thread is not None:
            self._thread.join()

    def _listen(self, inbox: queue.SimpleQueue[_Said], ready: Ready) -> None:
        error: Exception | None = None
        try:
            for outcomes in self.process.run(self._images(inbox, ready)):
                inbox.put(_Told(self, outcomes))
        except Exception as raised:  # whoever runs the fleet decides what becomes of it
            error = raised
        inbox.put(_Ended(self, error))

    def _images(self, inbox: queue.SimpleQueue[_Said], ready: Ready) -> Iterator[LabelledImage]:
        """What the process is given; asked for once it has its classifier, a batch at a time."""
        found = self.process.ready
        if found is None or found.producer != ready.producer:
            raise EngineError(
                "expected every process to have the same classifier and settings, found another in the process on "
                f"GPU {self.number + 1}"
            )
        while True:
            inbox.put(_Wants(self))
            batch = self._given.get()
            if not batch:
                return
            yield from batch


@dataclass(frozen=True, slots=True, eq=False)
class _Wants:
    """The member's process has room for a batch."""

    member: _Member


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Outcomes of some images that the member had in hand."""

    member: _Member
    outcomes: list[Proposal | Failure]


@dataclass(frozen=True, slots=True, eq=False)
class _Ended:
    """The member was given all there is and has done it, or was stopped; or `error` was raised."""

    member: _Member
    error: Exception | None


_Said = _Wants | _Told | _Ended
