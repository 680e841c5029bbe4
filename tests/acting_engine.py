"""An engine's process without a network: what it does to an image, or while it prepares, is in the name.

Run as a program it is the `command` of an `EngineProcess`. An image `red/segfault-3.jpg` makes the process crash
while it is read; all others get an outcome that depends on nothing but their source.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from annot_core.classifier.obtaining import ClassifierRequest
from annot_core.classifier.training import TrainingSettings
from annot_core.dataset import Dataset
from annot_core.engine import Engine
from annot_core.engine.child import main
from annot_core.engine.gpus import VISIBLE
from annot_core.engine.in_process import InProcessEngine
from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Ready
from annot_core.errors import TrainingError, UsageError
from annot_core.geometry import Box
from annot_core.pipeline import Heated, Heating, Picture
from annot_core.progress import EpochFinished, Listener, Stage, StageFinished, StageStarted
from annot_core.recipes import find_recipe
from annot_core.records import Candidate, Failure, LabelledImage, Proposal, Status

COMMAND = [sys.executable, __file__]
PRODUCER = "acting"
ODD_DEVICE = "GPU-odd"
"""On this GPU the engine says that it has another classifier."""
LOST_DEVICE = "GPU-lost"
"""The GPU that is lost while an image of the act `lose` is read."""
PATIENCE_S = 60


def labelled(root: Path, *names: str) -> list[LabelledImage]:
    """Images that need not exist, of the class `red`."""
    return [LabelledImage(root, f"red/{name}.jpg", "red", False, 1, 1) for name in names]


def numbered(root: Path, count: int) -> list[LabelledImage]:
    """As many well-behaved images."""
    return labelled(root, *(f"fine-{number:03}" for number in range(count)))


def acting_job(root: Path, *, prepare: str | None = None, epochs: int = 0, batch_size: int = 4) -> EngineJob:
    """A job of the acting engine, which pretends to train for some epochs and does `prepare`, an act, in the last."""
    return EngineJob(
        dataset=Dataset(root, (), ("red",), frozenset(), ()),
        request=ClassifierRequest(
            model=None if prepare is None else Path(prepare), training=TrainingSettings(epochs=epochs)
        ),
        recipe=find_recipe("balanced"),
        folder=root,
        batch_size=batch_size,
    )


class ActingPipeline:
    """Reads and proposes without looking at a file, and does what the names say."""

    def read(self, image: LabelledImage) -> Picture | Failure:
        if _act_of(image.source) == "bad":
            return Failure(image.source, "read", "bad")
        act(_act_of(image.source), image.root)
        return Picture(image, np.zeros((2, 2, 3), np.uint8), (64, 48), "v1")

    def begin(self, pictures: Sequence[Picture], batch_size: int) -> Heating:
        for picture in pictures:
            act(_act_of(picture.image.source).removeprefix("late_"), picture.image.root)
        return Heating(pictures, None)

    def propose(self, heated: Sequence[Heated]) -> list[Proposal | Failure]:
        return [_proposal(one.picture.image.source) for one in heated]


def act(name: str, root: Path) -> None:
    """Do what a name says, if it says anything."""
    if name in ACTS:
        ACTS[name](root)


def prepare(job: EngineJob, listener: Listener) -> tuple[Ready, Engine]:
    """Pretend to train, then act by the name of the model that was asked for."""
    epochs = job.request.training.epochs or 0
    if epochs:
        listener(StageStarted(Stage.TRAIN, epochs, "epochs"))
    for epoch in range(1, epochs + 1):
        listener(EpochFinished(epoch, epochs, 1 / epoch, 0.5, 2 / epoch, 0.4))
    if job.request.model is not None:
        act(job.request.model.name, job.folder)
    if epochs:
        listener(StageFinished(Stage.TRAIN, 1.0))
    engine: Engine = InProcessEngine(ActingPipeline(), batch_size=job.batch_size)  # type: ignore[arg-type]
    device = os.environ.get(VISIBLE, "")
    producer = PRODUCER if device != ODD_DEVICE else f"{PRODUCER} otherwise"
    return Ready(producer, _described(), on_gpu=bool(device)), engine


def _described() -> dict[str, object]:
    """What the process knows of itself, for tests to look into."""
    descriptor = int(sys.argv[sys.argv.index("--connection") + 1])
    return {
        "pid": os.getpid(),
        "read from standard input": sys.stdin.read(),
        "ends on SIGTERM": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        "hands on its connection": os.get_inheritable(descriptor),
    }


def _act_of(source: str) -> str:
    return Path(source).stem.split("-")[0]


def _proposal(source: str) -> Proposal:
    random = np.random.default_rng(zlib.crc32(os.fsencode(source)))
    candidates = (Candidate(Box(1, 2, *(int(edge) for edge in random.integers(10, 48, 2))), "exact", 0.3),)
    grid = random.random((7, 7)).astype(np.float16)
    score, probability, stability = (float(number) for number in random.random(3))
    return Proposal(source, "v1", (64, 48), Status.PROPOSED, score, probability, stability, candidates, grid)


def _raise(_root: Path) -> None:
    raise RuntimeError("nobody foresaw this")


def _refuse(_root: Path) -> None:
    raise UsageError("expected a search, found none")


def _fail_training(_root: Path) -> None:
    raise TrainingError("expected two classes, found one")


def _segfault(_root: Path) -> None:
    ctypes.string_at(0)


def _print(_root: Path) -> None:
    print("said by Python \udcff")
    os.write(1, b"said on 1\n")
    os.write(2, b"said on 2\n")


def _hang(root: Path) -> None:
    """Hold a lock that is free as soon as the process is gone, and never go on."""
    descriptor = os.open(root / "alive", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, b"hanging")
    threading.Event().wait()


def _spin(root: Path) -> None:
    """The same with a thread that never waits for anything."""
    descriptor = os.open(root / "alive", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, b"hanging")
    while True:
        pass


def _meet(root: Path) -> None:
    """Note this process and its GPU, and wait until another process has done so too."""
    (root / f"met-{os.getpid()}").write_text(os.environ.get(VISIBLE, ""))
    _wait(lambda: len(list(root.glob("met-*"))) >= 2, "another process")


def _lose(root: Path) -> None:
    """Lose this process's GPU for good, if it is the one to be lost; else wait until that has happened."""
    if os.environ.get(VISIBLE) == LOST_DEVICE:
        (root / "lost").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    _wait((root / "lost").exists, "the loss of a GPU")


def _wait(met: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.01)


def _die_if_lost(root: Path) -> None:
    if (root / "lost").exists() and os.environ.get(VISIBLE) == LOST_DEVICE:
        os.kill(os.getpid(), signal.SIGKILL)


def _die_once(root: Path) -> None:
    marker = root / "died"
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


ACTS: dict[str, Callable[[Path], None]] = {
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "abort": lambda _: os.abort(),
    "segfault": _segfault,
    "exit": lambda _: os._exit(7),
    "raise": _raise,
    "refuse": _refuse,
    "untrainable": _fail_training,
    "print": _print,
    "hang": _hang,
    "spin": _spin,
    "once": _die_once,
    "meet": _meet,
    "lose": _lose,
    "losable": _die_if_lost,
}

if __name__ == "__main__":
    main(prepare=prepare)
