"""The real pipeline in a process of its own: trains, gives the outcomes that it gives here, and can be stopped."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from drawn_folders import draw_dataset

from annot_core.annotating import annotate
from annot_core.classifier.obtaining import ClassifierRequest, obtain_classifier
from annot_core.classifier.training import TrainingSettings
from annot_core.dataset import list_dataset
from annot_core.engine.in_process import InProcessEngine
from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Died, Drained, Message, Outcomes, Progressed, Quarantined, Ready, Refused
from annot_core.engine.process import EngineProcess
from annot_core.imaging import content_hash
from annot_core.naming import image_ids
from annot_core.native_output import LOG_FILE
from annot_core.pipeline import Pipeline
from annot_core.producer import describe_producer
from annot_core.progress import EpochFinished, Event, Stage, StageStarted
from annot_core.recipes import find_recipe
from annot_core.records import Failure, LabelledImage, Proposal
from annot_core.session import Session

pytestmark = pytest.mark.slow

PATIENCE_S = 300
OutcomeBySource = dict[str, Proposal | Failure]


def job(home: Path, *, epochs: int, model: Path | None = None) -> EngineJob:
    """A job on a small folder with a bad file."""
    photos = home / "photos"
    if not photos.exists():
        draw_dataset(photos, each=6)
        (photos / "dark" / "bad.jpg").write_bytes(b"")
    training = TrainingSettings(backbone="small", epochs=epochs, image_size=32, batch_size=4)
    request = ClassifierRequest(model=model, training=training)
    return EngineJob(list_dataset(photos), request, find_recipe("balanced"), home, batch_size=4)


def by_source(messages: list[Message]) -> OutcomeBySource:
    told = [one for message in messages if isinstance(message, Outcomes) for one in message.outcomes]
    return {one.source: one for one in told}


def assert_same(one: Proposal | Failure, other: Proposal | Failure) -> None:
    """The same but for the last digits: a network that computes with fewer threads adds in another order."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        assert one == other
        return
    assert (one.status, one.content, one.image_size) == (other.status, other.content, other.image_size)
    assert one.candidates == other.candidates
    np.testing.assert_allclose(one.heatmap, other.heatmap, atol=2e-3)
    numbers = (one.score, one.probability, one.stability)
    np.testing.assert_allclose(numbers, (other.score, other.probability, other.stability), atol=2e-3)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[EngineJob, list[Message]]:
    """A job that a process has done, training included, and what that said; no test may change its folder."""
    work = job(tmp_path_factory.mktemp("trained"), epochs=1)
    return work, messages_of(work)


def messages_of(work: EngineJob) -> list[Message]:
    """Have a process do a job, and return all that it says."""
    log = work.folder / "log"
    with EngineProcess(work, log=log) as engine:
        messages = list(engine.messages(lambda _: work.dataset.images))
    assert isinstance(messages[-1], Drained), log.read_text()
    return messages


def epochs_in(messages: list[Message]) -> list[int]:
    events = [message.event for message in messages if isinstance(message, Progressed)]
    return [event.epoch for event in events if isinstance(event, EpochFinished)]


def ready_in(messages: list[Message]) -> Ready:
    (ready,) = (message for message in messages if isinstance(message, Ready))
    return ready


def test_training_and_outcomes_are_those_of_this_process(trained: tuple[EngineJob, list[Message]]) -> None:
    work, messages = trained
    assert epochs_in(messages) == [1]
    # The classifier that the process kept is found here, so that nothing is trained again.
    classifier = obtain_classifier(work.request, work.dataset, work.folder)
    producer = describe_producer(classifier, work.recipe, work.max_pixels)
    assert ready_in(messages) == Ready(producer.name, producer.description)
    here = InProcessEngine(Pipeline(classifier, work.recipe, max_pixels=work.max_pixels), batch_size=work.batch_size)
    expected = {one.source: one for batch in here.run(work.dataset.images) for one in batch}
    told = by_source(messages)
    assert told.keys() == expected.keys() == {image.source for image in work.dataset.images}
    assert isinstance(told["dark/bad.jpg"], Failure)
    for source in told:
        assert_same(told[source], expected[source])


def test_new_process_uses_the_classifier_that_was_kept(trained: tuple[EngineJob, list[Message]]) -> None:
    work, first = trained
    second = messages_of(work)
    assert epochs_in(first) == [1]
    assert epochs_in(second) == []
    assert ready_in(second) == ready_in(first)


def test_stop_in_the_middle_of_training(tmp_path: Path) -> None:
    work = job(tmp_path, epochs=100_000)
    heard: list[Message] = []
    trained = threading.Event()

    def listen(engine: EngineProcess) -> None:
        for message in engine.messages(lambda _: work.dataset.images):
            heard.append(message)
            if isinstance(message, Progressed) and isinstance(message.event, EpochFinished):
                trained.set()

    with EngineProcess(work, log=tmp_path / "log") as engine:
        loop = threading.Thread(target=listen, args=(engine,), daemon=True)
        loop.start()
        assert trained.wait(PATIENCE_S), (tmp_path / "log").read_text()
        pid = engine.pid
        engine.stop()
        loop.join(PATIENCE_S)
        assert not loop.is_alive()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert all(isinstance(message, Progressed) for message in heard)


@pytest.mark.parametrize("share", [0, 1], ids=["one class", "a model for three classes"])
def test_what_cannot_be_is_refused(tmp_path: Path, tone_model: Path, share: int) -> None:
    photos = draw_dataset(tmp_path / "photos")
    if share:
        draw_dataset(tmp_path / "more", each=1)
        (tmp_path / "more" / "dark").rename(photos / "third")
        refused, code = "expected a model with 3 outputs", 2
    else:
        for path in (photos / "bright").iterdir():
            path.unlink()
        refused, code = "expected at least two class folders", 2
    work = job(tmp_path, epochs=1, model=tone_model if share else None)
    with EngineProcess(work, log=tmp_path / "log") as engine:
        last = list(engine.messages(lambda _: work.dataset.images))[-1]
    assert not isinstance(last, Died), (tmp_path / "log").read_text()
    assert isinstance(last, Refused)
    assert last.text.startswith(refused)
    assert last.exit_code == code


def test_session_is_filled_over_a_kill_and_looks_as_if_filled_here(tmp_path: Path, tone_model: Path) -> None:
    photos, output = draw_dataset(tmp_path / "photos", each=20), tmp_path / "out"
    listed = list_dataset(photos)
    request = ClassifierRequest(model=tone_model)
    with Session.open(output, photos) as session:
        session.sync(listed.images, content_hash, image_ids)
        work = EngineJob(listed, request, find_recipe("balanced"), session.folder, batch_size=4)
        producer = ""

        def feed(ready: Ready) -> Iterator[LabelledImage]:
            nonlocal producer
            producer = ready.producer
            session.register_producer(ready.producer, ready.description)
            return session.pending(ready.producer)

        deaths, killed = 0, False
        with EngineProcess(work, log=session.folder / LOG_FILE) as engine:
            last: Message | None = None
            while not isinstance(last, Drained):
                for last in engine.messages(feed):
                    assert not isinstance(last, Refused | Quarantined), last
                    if isinstance(last, Outcomes):
                        session.record(last.outcomes, producer)
                        # More is left than may be in flight, so that it cannot be done with all before it is gone.
                        if not killed and session.counts().proposed > 4:
                            assert engine.pid is not None
                            os.kill(engine.pid, signal.SIGKILL)
                            # What it had sent before still comes.
                            killed = True
                deaths += isinstance(last, Died)
        assert deaths == 1
        assert session.counts().proposed == len(listed.images)
    heard: list[Event] = []
    done = annotate(photos, output, model=tone_model, listener=heard.append)
    assert [event.total for event in heard if isinstance(event, StageStarted) and event.stage is Stage.ANNOTATE] == [0]
    assert done.boxes == len(listed.images)
