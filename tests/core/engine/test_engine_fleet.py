"""Several processes, one a GPU: who sees what, what becomes of the images of one that dies, and how all end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from acting_engine import COMMAND, LOST_DEVICE, ODD_DEVICE, acting_job, labelled, numbered

from annot_core.engine.fleet import EngineFleet
from annot_core.engine.gpus import gpu_environment
from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Ready
from annot_core.engine.preparing import prepared_engine
from annot_core.engine.process import WINDOW_BATCHES
from annot_core.errors import EngineError, TrainingError, UsageError
from annot_core.progress import EpochFinished, Event, Notice, ignore
from annot_core.records import LabelledImage

pytestmark = pytest.mark.slow

SIZE = 4
# Far more than anything takes; whoever reaches it has hung.
PATIENCE_S = 60
Build = Callable[..., EngineFleet]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Build]:
    """Builds fleets, and ends them."""
    built: list[EngineFleet] = []

    def build(*devices: str, listener: Callable[[Event], None] = ignore, **options: object) -> EngineFleet:
        job = acting_job(tmp_path, batch_size=SIZE, **options)  # type: ignore[arg-type]
        environments = [gpu_environment(device) if device else {} for device in devices]
        built.append(EngineFleet(job, environments, log=tmp_path / "log", command=COMMAND, listener=listener))
        return built[-1]

    yield build
    for one in built:
        one.stop()


def meeting(root: Path, count: int) -> list[LabelledImage]:
    """Images that are worked on only once two processes have begun such ones."""
    return labelled(root, *(f"meet-{number:03}" for number in range(count)))


def sources(fleet: EngineFleet, images: list[LabelledImage]) -> list[str]:
    return [outcome.source for batch in fleet.run(images) for outcome in batch]


def met(root: Path) -> dict[int, str]:
    """The GPU that each process saw, by its number."""
    return {int(path.name.removeprefix("met-")): path.read_text() for path in root.glob("met-*")}


def test_each_process_sees_its_own_gpu_and_all_images_come_once(fleet: Build, tmp_path: Path) -> None:
    both = fleet("GPU-one", "GPU-two")
    images = meeting(tmp_path, 40)
    assert sorted(sources(both, images)) == [image.source for image in images]
    assert sorted(met(tmp_path).values()) == ["GPU-one", "GPU-two"]
    assert set(met(tmp_path)) == set(both.pids)


def test_death_of_one_is_survived_and_the_other_goes_on(fleet: Build, tmp_path: Path) -> None:
    both = fleet("GPU-one", "GPU-two")
    both.prepare()
    images = [*meeting(tmp_path, 40), *labelled(tmp_path, "once-1"), *meeting(tmp_path, 50)[40:]]
    assert sorted(sources(both, images)) == sorted(image.source for image in images)
    assert (tmp_path / "died").exists()
    assert len(both.pids) == 2
    assert len(set(both.pids) & set(met(tmp_path))) >= 1


def test_image_that_kills_every_process_alone_is_set_apart(fleet: Build, tmp_path: Path) -> None:
    images = [*numbered(tmp_path, 6), *labelled(tmp_path, "segfault-1"), *numbered(tmp_path, 9)[6:]]
    outcomes = {one.source: one for batch in fleet("0", "1").run(images) for one in batch}
    assert outcomes.keys() == {image.source for image in images}
    assert [source for source, one in outcomes.items() if hasattr(one, "reason")] == ["red/segfault-1.jpg"]


@pytest.mark.parametrize("lost_first", [False, True], ids=["second", "first"])
def test_images_of_a_gpu_that_is_lost_go_to_the_others(fleet: Build, tmp_path: Path, lost_first: bool) -> None:
    heard: list[Event] = []
    devices = (LOST_DEVICE, "GPU-left") if lost_first else ("GPU-left", LOST_DEVICE)
    both = fleet(*devices, listener=heard.append, prepare="losable")
    # More than one process can hold, so that the one that is to be lost gets some, and has images in hand.
    images = labelled(tmp_path, *(f"lose-{number:03}" for number in range(3 * WINDOW_BATCHES * SIZE)))
    assert sorted(sources(both, images)) == sorted(image.source for image in images)
    (notice,) = (event for event in heard if isinstance(event, Notice))
    assert "its images go to the other processes" in notice.text
    assert len(both.pids) == 1


def test_when_all_are_lost_the_run_ends(fleet: Build, tmp_path: Path) -> None:
    both = fleet(LOST_DEVICE, LOST_DEVICE, prepare="losable")
    with pytest.raises(EngineError, match="ended"):
        sources(both, labelled(tmp_path, *(f"lose-{number}" for number in range(9))))
    assert both.pids == ()


def test_process_with_another_classifier_is_not_listened_to(fleet: Build, tmp_path: Path) -> None:
    heard: list[Event] = []
    both = fleet("0", ODD_DEVICE, listener=heard.append)
    assert len(sources(both, numbered(tmp_path, 20))) == 20
    assert any("the same classifier" in event.text for event in heard if isinstance(event, Notice))


def test_training_is_done_once_before_others_start(fleet: Build, tmp_path: Path) -> None:
    heard: list[Event] = []
    both = fleet("0", "1", listener=heard.append, epochs=3)
    ready = both.prepare()
    assert len(both.pids) == 1
    assert ready == both.prepare()
    assert [event.epoch for event in heard if isinstance(event, EpochFinished)] == [1, 2, 3]
    heard.clear()
    assert len(sources(both, meeting(tmp_path, 40))) == 40
    assert len(both.pids) == 2
    assert not heard


def test_where_the_network_sees_no_gpu_one_process_does_all(fleet: Build, tmp_path: Path) -> None:
    both = fleet("", "")
    assert not both.prepare().on_gpu
    assert len(sources(both, numbered(tmp_path, 20))) == 20
    assert len(both.pids) == 1


@pytest.mark.parametrize(
    ("act", "kind"), [("refuse", UsageError), ("untrainable", TrainingError), ("kill", EngineError)]
)
def test_what_cannot_be_prepared_is_raised(fleet: Build, act: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        fleet("0", "1", prepare=act).prepare()
    assert type(caught.value) is kind


def test_stop_ends_all_for_good(fleet: Build, tmp_path: Path) -> None:
    both = fleet("0", "1")
    running = both.run(meeting(tmp_path, 100))
    next(running)
    pids = both.pids
    assert len(pids) == 2
    both.stop()
    assert len(list(running)) < 25
    assert both.pids == ()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_stopped_before_it_began_it_starts_nothing(fleet: Build, tmp_path: Path) -> None:
    both = fleet("0", "1")
    both.stop()
    with pytest.raises(EngineError, match="stopped"):
        both.prepare()
    assert not (tmp_path / "log").exists()


def test_whoever_leaves_a_run_leaves_no_process(fleet: Build, tmp_path: Path) -> None:
    both = fleet("0", "1")
    running = both.run(meeting(tmp_path, 100))
    next(running)
    running.close()
    assert both.pids == ()


INTERRUPTED = """
import sys
from pathlib import Path
from acting_engine import COMMAND, acting_job, labelled
from annot_core.engine.fleet import EngineFleet
from annot_core.engine.gpus import gpu_environment

home = Path(sys.argv[1])
environments = [gpu_environment("0"), gpu_environment("1")]
images = labelled(home, *(f"meet-{number}" for number in range(40)), *(f"hang-{number}" for number in range(40)))
with EngineFleet(acting_job(home), environments, log=home / "log", command=COMMAND) as fleet:
    try:
        for outcomes in fleet.run(images):
            pass
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_ends_all_processes(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
        deadline = time.monotonic() + PATIENCE_S
        while len(met(tmp_path)) < 2 or not (tmp_path / "alive").exists():
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.02)
        program.send_signal(signal.SIGINT)
        try:
            assert program.communicate(timeout=PATIENCE_S)[0] == "interrupted\n"
        finally:
            program.kill()
    assert program.returncode == 0
    for pid in met(tmp_path):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(("value", "many"), [("", False), ("1", False), ("0,1", True)])
def test_run_takes_the_fleet_where_there_are_two_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, many: bool
) -> None:
    said = Ready("here", {})

    def prepare_here(job: EngineJob, listener: object, *, clock: object) -> tuple[Ready, None]:
        return said, None

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    monkeypatch.setattr("annot_core.engine.child.prepare_pipeline", prepare_here)
    monkeypatch.setattr("annot_core.engine.process.default_command", lambda: COMMAND)
    with prepared_engine(acting_job(tmp_path)) as (ready, engine):
        assert isinstance(engine, EngineFleet) is many
        assert (ready is said) is not many
        pids = engine.pids if isinstance(engine, EngineFleet) else ()
        assert len(pids) == many
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
