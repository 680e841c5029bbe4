"""The pipeline in a process of its own, with a pipeline that acts by the names of its images."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting_engine import COMMAND, PRODUCER, acting_job, labelled, numbered

from annot_core.engine import spawning
from annot_core.engine.child import BROKEN
from annot_core.engine.messages import (
    Begun,
    Broken,
    Died,
    Drained,
    Message,
    Outcomes,
    Progressed,
    Quarantined,
    Ready,
    Refused,
)
from annot_core.engine.process import NICENESS, EngineProcess
from annot_core.errors import AnnotError, EngineError, UsageError
from annot_core.progress import EpochFinished, StageFinished, StageStarted
from annot_core.records import LabelledImage

pytestmark = pytest.mark.slow

SIZE = 4
# Far more than anything takes; whoever reaches it has hung.
PATIENCE_S = 60


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(acting_job(tmp_path, batch_size=SIZE), log=tmp_path / "log", command=COMMAND) as built:
        yield built


def preparing(home: Path, prepare: str | None = None, epochs: int = 2, **options: Any) -> EngineProcess:
    """An engine whose process acts before it is ready."""
    job = acting_job(home, prepare=prepare, epochs=epochs, batch_size=SIZE)
    chosen: dict[str, Any] = {"log": home / "log", "command": COMMAND} | options
    return EngineProcess(job, **chosen)


def told(engine: EngineProcess, images: list[LabelledImage]) -> list[Message]:
    return list(engine.messages(lambda _: images))


def sources(messages: list[Message]) -> list[str]:
    """The sources of all outcomes, in their order."""
    return [one.source for message in messages if isinstance(message, Outcomes) for one in message.outcomes]


def until(met: Any, what: str) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def is_hanging(home: Path) -> bool:
    """Whether a process has come to an image on which it hangs."""
    return (home / "alive").is_file() and bool((home / "alive").read_bytes())


def is_gone(home: Path) -> bool:
    """Whether the process that hung has ended: the kernel then lets go of its lock, reaped or not."""
    with (home / "alive").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


# ---- the usual course


def test_messages_come_in_order(tmp_path: Path) -> None:
    with preparing(tmp_path) as engine:
        messages = told(engine, numbered(tmp_path, 6))
    events = [message.event for message in messages if isinstance(message, Progressed)]
    assert [type(event) for event in events] == [StageStarted, EpochFinished, EpochFinished, StageFinished]
    kinds = [type(message) for message in messages]
    assert kinds == [*[Progressed] * 4, Ready, Begun, Begun, Outcomes, Outcomes, Drained]
    begun = [source for message in messages if isinstance(message, Begun) for source in message.sources]
    assert begun == sources(messages) == [image.source for image in numbered(tmp_path, 6)]


def test_feed_is_called_once_after_ready_with_what_it_says(engine: EngineProcess, tmp_path: Path) -> None:
    calls: list[Ready] = []
    heard: list[Message] = []

    def feed(ready: Ready) -> list[LabelledImage]:
        assert heard == [ready]
        calls.append(ready)
        return numbered(tmp_path, 9)

    for message in engine.messages(feed):
        heard.append(message)  # noqa: PERF402  # the feed looks into it
    assert [ready.producer for ready in calls] == [PRODUCER]


def test_process_that_drained_goes_on_with_more(engine: EngineProcess, tmp_path: Path) -> None:
    first, second = told(engine, numbered(tmp_path, 2)), told(engine, labelled(tmp_path, "fine-x", "fine-y"))
    assert first[0] == second[0]
    assert isinstance(first[0], Ready)
    assert first[0].description["pid"] == engine.pid
    assert sources(second) == ["red/fine-x.jpg", "red/fine-y.jpg"]


def test_nothing_to_do_is_soon_drained(engine: EngineProcess) -> None:
    assert [type(message) for message in told(engine, [])] == [Ready, Drained]


def test_one_loop_at_a_time(engine: EngineProcess) -> None:
    loop = engine.messages(lambda _: [])
    next(loop)
    with pytest.raises(RuntimeError, match="one loop over messages at a time"):
        told(engine, [])


def test_whoever_leaves_the_loop_loses_no_image(engine: EngineProcess, tmp_path: Path) -> None:
    stream = iter(numbered(tmp_path, 30))
    done: list[str] = []
    with contextlib.closing(engine.messages(lambda _: stream)) as loop:
        while not done:
            done += sources([next(loop)])
    assert engine.pid is None
    messages = list(engine.messages(lambda _: stream))
    assert sorted(done + sources(messages)) == [image.source for image in numbered(tmp_path, 30)]
    assert isinstance(messages[-1], Drained)


# ---- what cannot be done


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ("refuse", Refused("expected a search, found none", 2)),
        ("untrainable", Refused("expected two classes, found one", 1)),
    ],
)
def test_refusal_is_the_last_message_and_the_process_is_gone(tmp_path: Path, act: str, message: Refused) -> None:
    with preparing(tmp_path, act) as engine:
        assert told(engine, [])[-1] == message
        assert engine.pid is None
        assert told(engine, [])[-1] == message


def test_refusal_in_the_middle_blames_no_image(engine: EngineProcess, tmp_path: Path) -> None:
    messages = told(engine, [*numbered(tmp_path, 4), *labelled(tmp_path, "refuse-1")])
    assert messages[-1] == Refused("expected a search, found none", 2)
    assert not any(isinstance(message, Died | Quarantined | Broken) for message in messages)


@pytest.mark.parametrize(("act", "kind"), [("refuse", UsageError), ("untrainable", AnnotError)])
def test_refusal_of_a_run_is_raised(tmp_path: Path, act: str, kind: type[AnnotError]) -> None:
    with preparing(tmp_path, act) as engine, pytest.raises(AnnotError) as caught:
        list(engine.run([]))
    assert type(caught.value) is kind


@pytest.mark.parametrize("log", ["no folder/log", "."])
def test_log_that_cannot_be_written_is_said_as_a_death(tmp_path: Path, log: str) -> None:
    with preparing(tmp_path, log=tmp_path / log) as engine:
        (message,) = told(engine, [])
    assert isinstance(message, Died)
    assert message.how.startswith("it cannot be started: ")


HANG_UP = """
import os, sys, time
os.close(int(sys.argv[sys.argv.index("--connection") + 1]))
time.sleep(0.3)
os._exit(4)
"""


@pytest.mark.parametrize(
    ("command", "how"),
    [
        (["/no/such/program"], "it cannot be started: "),
        ([sys.executable, "-c", "pass"], "exit status 0"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "exit status 3"),
        ([sys.executable, "-c", HANG_UP], "exit status 4"),
    ],
    ids=["missing", "silent", "failing", "slow to end"],
)
def test_program_that_is_no_engine_dies(tmp_path: Path, command: list[str], how: str) -> None:
    with preparing(tmp_path, command=command) as engine:
        (message,) = told(engine, [])
    assert isinstance(message, Died)
    assert message.how.startswith(how)
    assert message.suspects == ()


# ---- deaths


ENDS = {
    "kill": "signal SIGKILL, perhaps because memory ran out",
    "abort": "signal SIGABRT",
    "segfault": "signal SIGSEGV",
    "exit": "exit status 7",
    "raise": f"exit status {BROKEN}",
}


@pytest.mark.parametrize(
    ("act", "late"),
    [("kill", "late_"), ("abort", "late_"), ("segfault", ""), ("exit", ""), ("raise", "late_")],
    ids=["kill", "abort", "segfault while reading", "exit while reading", "raise"],
)
def test_image_that_kills_twice_is_quarantined_and_its_neighbors_are_done(
    engine: EngineProcess, tmp_path: Path, act: str, late: str
) -> None:
    killer = labelled(tmp_path, f"{late}{act}-1")
    images = [*numbered(tmp_path, 2), *killer, *labelled(tmp_path, *"abcdefgh")]
    stream = iter(images)
    first, second, third = (list(engine.messages(lambda _: stream)) for _ in range(3))
    died, again = first[-1], second[-1]
    assert isinstance(died, Died)
    assert died.how == ENDS[act]
    assert {image.source for image in (*numbered(tmp_path, 2), *killer)} <= set(died.suspects)
    assert again == Died(ENDS[act], (killer[0].source,))
    assert [type(message) for message in first if isinstance(message, Quarantined)] == []
    (quarantined,) = (message for message in second if isinstance(message, Quarantined))
    assert quarantined.failure.source == killer[0].source
    assert ENDS[act] in quarantined.failure.reason
    assert isinstance(third[-1], Drained)
    rest = sources(first + second + third)
    assert sorted(rest) == sorted(image.source for image in images if image not in killer)


def test_error_that_nobody_foresaw_is_told_before_the_death(engine: EngineProcess, tmp_path: Path) -> None:
    broken, died = told(engine, labelled(tmp_path, "late_raise-1"))[-2:]
    assert isinstance(broken, Broken)
    assert "RuntimeError: nobody foresaw this" in broken.traceback
    assert isinstance(died, Died)
    assert "RuntimeError: nobody foresaw this" in (tmp_path / "log").read_text()


def test_kill_from_outside_has_only_what_was_begun_suspected(engine: EngineProcess, tmp_path: Path) -> None:
    hanging = labelled(tmp_path, "hang-1")
    images = [*numbered(tmp_path, 3), *hanging, *labelled(tmp_path, *"abcdefghijklmnop")]
    stream = iter(images)
    messages: list[Message] = []
    for message in engine.messages(lambda _: stream):
        messages.append(message)
        if isinstance(message, Begun) and len(messages) == 2:
            until(lambda: is_hanging(tmp_path), "the image that hangs")
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGKILL)
    died = messages[-1]
    assert isinstance(died, Died)
    begun = {source for message in messages if isinstance(message, Begun) for source in message.sources}
    assert set(died.suspects) == begun
    assert begun < {image.source for image in images}


def test_hanging_image_is_found_out_by_killing(engine: EngineProcess, tmp_path: Path) -> None:
    images = [*numbered(tmp_path, 3), *labelled(tmp_path, "hang-1", "a", "b")]
    stream = iter(images)
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], Drained):
        (tmp_path / "alive").unlink(missing_ok=True)
        for message in engine.messages(lambda _: stream):
            messages.append(message)
            if isinstance(message, Begun) and "red/hang-1.jpg" in message.sources:
                until(lambda: is_hanging(tmp_path), "the image that hangs")
                engine.kill()
    assert [message.failure.source for message in messages if isinstance(message, Quarantined)] == ["red/hang-1.jpg"]
    assert sorted(sources(messages)) == sorted(image.source for image in images if "hang" not in image.source)


def test_image_that_killed_once_is_innocent_when_it_is_done_alone(engine: EngineProcess, tmp_path: Path) -> None:
    images = labelled(tmp_path, "fine-1", "once-1", "fine-2")
    first, second = told(engine, images), told(engine, images)
    assert isinstance(first[-1], Died)
    assert isinstance(second[-1], Drained)
    assert sorted(sources(first + second)) == sorted(image.source for image in images)


@pytest.mark.parametrize("act", ["kill", "raise"])
def test_death_before_ready_blames_no_image(tmp_path: Path, act: str) -> None:
    def feed(_ready: Ready) -> list[LabelledImage]:
        raise AssertionError("a feed was asked for without need")

    with preparing(tmp_path, act) as engine:
        for _ in range(2):
            messages = list(engine.messages(feed))
            assert [type(message) for message in messages[:3]] == [Progressed] * 3
            assert messages[-1] == Died(ENDS[act], ())


def test_run_raises_a_death_that_no_image_is_to_blame_for(tmp_path: Path) -> None:
    with preparing(tmp_path, "abort") as engine, pytest.raises(EngineError, match="signal SIGABRT"):
        list(engine.run(numbered(tmp_path, 3)))


def test_process_that_died_idle_is_replaced_without_a_word(engine: EngineProcess, tmp_path: Path) -> None:
    told(engine, numbered(tmp_path, 1))
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    until(lambda: engine.pid is None, "the process's end")
    assert isinstance(told(engine, numbered(tmp_path, 2))[-1], Drained)


def test_crash_leaves_its_trace_in_the_log(engine: EngineProcess, tmp_path: Path) -> None:
    told(engine, labelled(tmp_path, "late_segfault-1"))
    log = (tmp_path / "log").read_text()
    assert "Segmentation fault" in log
    assert "in begin" in log


# ---- the end


@pytest.mark.parametrize(
    ("prepare", "names"), [("spin", []), (None, ["hang-1"])], ids=["busy before it is ready", "in an image"]
)
def test_stop_from_another_thread_ends_process_and_loop(tmp_path: Path, prepare: str | None, names: list[str]) -> None:
    with preparing(tmp_path, prepare) as engine:
        heard: list[Message] = []
        loop = threading.Thread(target=lambda: heard.extend(told(engine, labelled(tmp_path, *names))), daemon=True)
        loop.start()
        until(lambda: is_hanging(tmp_path), "the process")
        engine.stop()
        loop.join(PATIENCE_S)
        assert not loop.is_alive()
        assert is_gone(tmp_path)
        assert not any(isinstance(message, Died | Drained) for message in heard)
        assert told(engine, []) == []


def test_nothing_is_told_after_stop_though_it_was_said_before(engine: EngineProcess, tmp_path: Path) -> None:
    images = labelled(tmp_path, *(f"print-{number}" for number in range(3 * SIZE)))
    loop = engine.messages(lambda _: images)
    assert [type(next(loop)) for _ in range(2)] == [Ready, Begun]
    # All are read, the first batch is proposed and sent, and the second one is in work.
    until(lambda: (tmp_path / "log").read_text().count("said on 2") > 4 * SIZE, "the second batch")
    engine.stop()
    assert list(loop) == []


def test_stop_ends_a_process_that_is_held_up(tmp_path: Path) -> None:
    with preparing(tmp_path, grace_s=0.1) as engine:
        told(engine, [])
        pid = engine.pid
        assert pid is not None
        # A process that is stopped takes note of SIGTERM only when it goes on.
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_process_can_be_ended_even_if_this_one_ignores_the_signal(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with preparing(tmp_path, epochs=0) as engine:
            ready = told(engine, [])[0]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert isinstance(ready, Ready)
    assert ready.description["ends on SIGTERM"]


def test_stopped_before_it_began_it_starts_nothing(tmp_path: Path) -> None:
    engine = preparing(tmp_path)
    engine.stop()
    engine.stop()
    assert told(engine, []) == []
    assert not (tmp_path / "log").exists()


PARENT = """
import signal, sys
from pathlib import Path
from acting_engine import COMMAND, acting_job, labelled
from annot_core.engine.messages import Begun
from annot_core.engine.process import EngineProcess

home = Path(sys.argv[1])
engine = EngineProcess(acting_job(home, prepare=sys.argv[2] or None), log=home / "log", command=COMMAND)
signal.signal(signal.SIGTERM, lambda *_: engine.stop())
for message in engine.messages(lambda _: labelled(home, "hang-1")):
    pass
print("the loop ended")
"""


def parent(home: Path, prepare: str) -> subprocess.Popen[str]:
    """A program whose engine hangs."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PARENT, str(home), prepare]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    until(lambda: is_hanging(home), "the process")
    return program


@pytest.mark.parametrize("prepare", ["spin", ""], ids=["busy before it is ready", "in an image"])
def test_process_is_gone_when_its_parent_was_killed(tmp_path: Path, prepare: str) -> None:
    with parent(tmp_path, prepare) as program:
        assert not is_gone(tmp_path)
        program.kill()
    until(lambda: is_gone(tmp_path), "the orphan's end")


def test_stop_in_a_signal_handler_ends_process_and_loop(tmp_path: Path) -> None:
    with parent(tmp_path, "") as program:
        program.terminate()
        assert program.communicate(timeout=PATIENCE_S)[0] == "the loop ended\n"
    assert program.returncode == 0
    assert is_gone(tmp_path)


# ---- manners


def test_what_the_process_prints_is_in_the_log_alone(
    engine: EngineProcess, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # With it Python holds nothing back, which would hide that a kill loses lines.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    (tmp_path / "log").write_text("earlier\n")
    told(engine, labelled(tmp_path, "print-1", "late_kill-2"))
    said = ["said by Python \\udcff", "said on 1", "said on 2"]
    # Once on reading and once on proposing.
    assert (tmp_path / "log").read_text().splitlines() == ["earlier", *said, *said]
    assert capfd.readouterr() == ("", "")


def test_process_reads_no_terminal_and_gets_none_of_its_signals(engine: EngineProcess) -> None:
    keys, typing = os.pipe()
    os.write(typing, b"keys of a person")
    os.close(typing)
    standard_input = os.dup(0)
    os.dup2(keys, 0)
    try:
        ready = told(engine, [])[0]
    finally:
        os.dup2(standard_input, 0)
        os.close(standard_input)
        os.close(keys)
    assert isinstance(ready, Ready)
    assert ready.description["read from standard input"] == ""
    assert engine.pid is not None
    # Ctrl-C and a hang-up go to the terminal's session.
    assert os.getsid(engine.pid) == engine.pid


def test_nothing_that_the_process_starts_can_write_to_this_one(engine: EngineProcess) -> None:
    ready = told(engine, [])[0]
    assert isinstance(ready, Ready)
    assert not ready.description["hands on its connection"]


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="a file of Linux")
def test_process_goes_first_where_memory_runs_out(engine: EngineProcess) -> None:
    told(engine, [])
    own, its = (int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in ("self", engine.pid))
    assert own < its


@pytest.mark.parametrize("niceness", [NICENESS, 0, 11])
def test_process_gives_way_as_far_as_it_is_told(tmp_path: Path, niceness: int) -> None:
    with preparing(tmp_path, niceness=niceness) as engine:
        told(engine, [])
        assert engine.pid is not None
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, engine.pid) == min(19, own + niceness)


@pytest.mark.parametrize(("cores", "threads"), [(1, "1"), (2, "1"), (8, "7")])
def test_one_core_is_left_free_where_there_are_two(monkeypatch: pytest.MonkeyPatch, cores: int, threads: str) -> None:
    monkeypatch.setattr(spawning, "_cores", lambda: cores)
    environment = spawning.child_environment({}, same_modules=False)
    assert environment["TF_NUM_INTRAOP_THREADS"] == environment["OMP_NUM_THREADS"] == threads
    assert set(environment.values()) == {threads}


@pytest.mark.parametrize(("sharing", "threads"), [(1, "7"), (2, "3"), (8, "1")])
def test_processes_that_share_a_machine_share_its_cores(
    monkeypatch: pytest.MonkeyPatch, sharing: int, threads: str
) -> None:
    monkeypatch.setattr(spawning, "_cores", lambda: 8)
    environment = spawning.child_environment({}, same_modules=False, sharing=sharing)
    assert set(environment.values()) == {threads}


def test_threads_that_a_person_chose_stay() -> None:
    chosen = {"TF_NUM_INTRAOP_THREADS": "3", "HOME": "/home/me"}
    environment = spawning.child_environment(chosen, same_modules=False)
    assert chosen.items() <= environment.items()


def test_modules_in_the_working_folder_are_not_taken_for_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("random", "queue", "keras", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the person was imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    with preparing(tmp_path, "no-such-model.keras", command=None) as engine:
        (message,) = told(engine, [])
    assert isinstance(message, Refused), (tmp_path / "log").read_text()
    assert message.text.startswith("expected a Keras model file at no-such-model.keras")


LISTEN = """
import sys
from pathlib import Path
from annot_core.engine.job import EngineJob
from annot_core.engine.process import EngineProcess
from annot_core.classifier.obtaining import ClassifierRequest
from annot_core.dataset import list_dataset
from annot_core.recipes import find_recipe

home = Path(sys.argv[1])
job = EngineJob(list_dataset(home / "photos"), ClassifierRequest(), find_recipe("balanced"), home)
with EngineProcess(job, log=home / "log", command=[sys.executable, sys.argv[2]]) as engine:
    print(len(list(engine.messages(lambda ready: job.dataset.images))))
print(*(name for name in sys.modules if "." not in name))
"""


def test_whoever_listens_imports_nothing_heavy(tmp_path: Path, dataset: Path) -> None:
    assert dataset == tmp_path / "photos"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", LISTEN, str(tmp_path), COMMAND[-1]]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split("\n")
    assert int(said[0]) == len([Ready, Begun, Outcomes, Drained])
    heavy = {"keras", "tensorflow", "GPyOpt", "GPy", "matplotlib", "h5py", "scipy"}
    assert set(said[1].split()).isdisjoint(heavy)
