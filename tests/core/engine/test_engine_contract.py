"""What every engine promises, held against each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from acting_engine import COMMAND, ActingPipeline, acting_job, labelled, numbered

from annot_core.engine import Engine
from annot_core.engine.fleet import EngineFleet
from annot_core.engine.gpus import gpu_environment
from annot_core.engine.in_process import InProcessEngine
from annot_core.engine.process import WINDOW_BATCHES, EngineProcess
from annot_core.errors import UsageError
from annot_core.records import Failure, LabelledImage, Proposal

pytestmark = pytest.mark.slow

SIZE = 4
Builder = Callable[[Path], Engine]
Outcome = Proposal | Failure


def in_this_process(home: Path) -> Engine:
    return InProcessEngine(ActingPipeline(), batch_size=SIZE)  # type: ignore[arg-type]


def in_its_own_process(home: Path) -> Engine:
    return EngineProcess(acting_job(home, batch_size=SIZE), log=home / "log", command=COMMAND)


def in_a_process_a_gpu(home: Path) -> Engine:
    environments = [gpu_environment(name) for name in ("0", "1")]
    return EngineFleet(acting_job(home, batch_size=SIZE), environments, log=home / "log", command=COMMAND)


@pytest.fixture(params=[in_this_process, in_its_own_process, in_a_process_a_gpu], ids=lambda build: build.__name__)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    built = request.param(tmp_path)
    yield built
    if isinstance(built, EngineProcess | EngineFleet):
        built.stop()


def values(outcome: Outcome) -> tuple[object, ...]:
    """All that an outcome says, so that two can be compared."""
    if isinstance(outcome, Failure):
        return (outcome.source, outcome.stage, outcome.reason)
    heat = (outcome.heatmap.dtype, outcome.heatmap.shape, outcome.heatmap.tobytes())
    numbers = (outcome.score, outcome.probability, outcome.stability)
    return (outcome.source, outcome.content, outcome.image_size, outcome.status, *numbers, outcome.candidates, heat)


def mixed(root: Path) -> list[LabelledImage]:
    return [*numbered(root, 9), *labelled(root, "bad-1", "bad-2"), *labelled(root, "\udcff", "two\nlines")]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 23])
def test_every_image_has_one_outcome(engine: Engine, tmp_path: Path, count: int) -> None:
    outcomes = [outcome for batch in engine.run(numbered(tmp_path, count)) for outcome in batch]
    assert sorted(outcome.source for outcome in outcomes) == [image.source for image in numbered(tmp_path, count)]


def test_outcomes_are_those_of_the_pipeline(engine: Engine, tmp_path: Path) -> None:
    pipeline = ActingPipeline()
    read = [pipeline.read(image) for image in mixed(tmp_path)]
    expected = [
        one if isinstance(one, Failure) else pipeline.propose(pipeline.begin([one], SIZE).wait())[0] for one in read
    ]
    outcomes = [outcome for batch in engine.run(mixed(tmp_path)) for outcome in batch]
    assert sorted(map(values, outcomes), key=str) == sorted(map(values, expected), key=str)
    assert all(one.heatmap.dtype == np.float16 for one in outcomes if isinstance(one, Proposal))


def test_an_engine_runs_again(engine: Engine, tmp_path: Path) -> None:
    first, second = numbered(tmp_path, 5), labelled(tmp_path, "more-1", "more-2")
    for images in (first, second):
        outcomes = [outcome for batch in engine.run(images) for outcome in batch]
        assert sorted(outcome.source for outcome in outcomes) == [image.source for image in images]


def test_what_troubles_every_image_is_raised(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a search, found none"):
        list(engine.run(labelled(tmp_path, "refuse-1", "fine-1")))


def test_what_the_stream_of_images_raises_is_raised(engine: Engine, tmp_path: Path) -> None:
    def stream() -> Iterator[LabelledImage]:
        yield from numbered(tmp_path, 3)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(engine.run(stream()))


def test_no_more_is_taken_from_the_stream_than_a_few_batches(engine: Engine, tmp_path: Path) -> None:
    taken = 0

    def stream() -> Iterator[LabelledImage]:
        nonlocal taken
        for image in numbered(tmp_path, 80):
            taken += 1
            yield image

    done = 0
    workers = 2 if isinstance(engine, EngineFleet) else 1
    for batch in engine.run(stream()):
        # Everything that was taken before this batch came out is done or on its way.
        assert taken - done <= workers * WINDOW_BATCHES * SIZE
        done += len(batch)
    assert done == taken == 80


def test_an_engine_runs_again_after_an_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as kept:
        list(engine.run(labelled(tmp_path, "refuse-1")))
    assert [one.source for batch in engine.run(numbered(tmp_path, 1)) for one in batch] == ["red/fine-000.jpg"]
    del kept
