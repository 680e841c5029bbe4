"""Account of images across deaths, alone and under a process that is simulated, so that many can die."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting_engine import acting_job, labelled
from hypothesis import given
from hypothesis import strategies as st

from annot_core.engine import BATCHES_AHEAD, process
from annot_core.engine.ledger import Ledger
from annot_core.engine.messages import Begun, Died, Drained, Message, Outcomes, Quarantined, Ready
from annot_core.engine.process import FRUITLESS_DEATHS, WINDOW_BATCHES, EngineProcess
from annot_core.errors import EngineError
from annot_core.records import Failure, LabelledImage

ROOT = Path("/photos")
SIZE = 3


def begun(ledger: Ledger, *names: str) -> None:
    images = labelled(ROOT, *names)
    ledger.give(images)
    ledger.begin([image.source for image in images])


def names(images: Any) -> list[str]:
    return [image.source for image in images]


def test_first_death_blames_nobody_even_if_there_is_one_suspect() -> None:
    ledger = Ledger()
    begun(ledger, "a")
    assert ledger.blame("signal SIGSEGV") == (("red/a.jpg",), None)
    assert ledger.next_suspect() == labelled(ROOT, "a")[0]


def test_second_death_alone_condemns() -> None:
    ledger = Ledger()
    begun(ledger, "a", "b")
    ledger.blame("signal SIGSEGV")
    begun(ledger, "a")
    suspects, failure = ledger.blame("signal SIGBUS")
    assert suspects == ("red/a.jpg",)
    assert failure is not None
    assert (failure.source, failure.stage) == ("red/a.jpg", "engine")
    assert "signal SIGBUS" in failure.reason


def test_who_finishes_is_suspected_of_nothing() -> None:
    ledger = Ledger()
    for _ in range(3):
        begun(ledger, "a")
        assert ledger.blame("")[1] is None
        assert ledger.next_suspect() is not None
        begun(ledger, "a")
        ledger.finish([Failure("red/a.jpg", "read", "bad")])
        assert ledger.in_flight == 0


def test_who_was_not_begun_comes_back_before_all_others() -> None:
    ledger = Ledger()
    begun(ledger, "a")
    ledger.give(labelled(ROOT, "b", "c"))
    assert ledger.blame("")[0] == ("red/a.jpg",)
    assert names(ledger.plan(labelled(ROOT, "d", "e"))) == ["red/b.jpg", "red/c.jpg", "red/d.jpg", "red/e.jpg"]


def test_suspect_that_was_not_begun_again_is_still_tried_alone() -> None:
    ledger = Ledger()
    begun(ledger, "a", "b")
    ledger.blame("")
    suspect = ledger.next_suspect()
    assert suspect is not None
    ledger.give([suspect])
    assert ledger.blame("") == ((), None)
    assert [ledger.next_suspect() for _ in range(3)] == [*labelled(ROOT, "a", "b"), None]


def test_suspects_of_the_latest_death_are_tried_first() -> None:
    ledger = Ledger()
    begun(ledger, "a", "b")
    ledger.blame("")
    begun(ledger, "c", "d")
    ledger.blame("")
    tried = list(iter(ledger.next_suspect, None))
    assert names(tried) == ["red/c.jpg", "red/d.jpg", "red/a.jpg", "red/b.jpg"]


def test_what_is_taken_back_is_blamed_for_nothing() -> None:
    ledger = Ledger()
    begun(ledger, "a")
    ledger.take_back()
    assert ledger.in_flight == 0
    assert ledger.next_suspect() is None
    assert names(ledger.plan([])) == ["red/a.jpg"]


def test_feed_that_knows_of_nothing_gives_no_suspect_twice() -> None:
    ledger = Ledger()
    everything = labelled(ROOT, "a", "b", "c")
    begun(ledger, "a", "b")
    ledger.blame("")
    planned = ledger.plan(everything)
    while ledger.next_suspect() is not None:
        pass
    assert names(planned) == ["red/c.jpg"]


def test_condemned_image_is_given_again_once_its_file_was_touched() -> None:
    ledger = Ledger()
    for _ in range(2):
        begun(ledger, "a")
        ledger.blame("")
        ledger.next_suspect()
    (image,) = labelled(ROOT, "a")
    touched = LabelledImage(image.root, image.source, image.class_name, False, 1, image.mtime_ns + 1)
    assert list(ledger.plan([image])) == []
    assert list(ledger.plan([touched])) == [touched]


class Simulated:
    """A child without a process: it takes batches ahead as the real one does, and dies of what it is told to."""

    reading_kills: frozenset[str] = frozenset()
    proposing_kills: frozenset[str] = frozenset()
    most_held = 0

    def __init__(self, command: Any, **_options: Any) -> None:
        self.inbox: deque[Any] = deque()
        self.taken: deque[list[str]] = deque()
        self.flushing = False
        self.running = True
        self.told = self._tell()

    def send(self, thing: Any) -> None:
        self.inbox.append(thing)
        held = sum(len(batch) for batch in self.inbox if isinstance(batch, list)) + sum(map(len, self.taken))
        type(self).most_held = max(self.most_held, held)

    def receive(self) -> Message | None:
        return next(self.told, None)

    def _tell(self) -> Iterator[Any]:
        self.inbox.popleft()
        yield Ready("simulated", {})
        while True:
            while not self.flushing and len(self.taken) <= BATCHES_AHEAD:
                # As in the real child: it would wait here for ever.
                assert self.inbox, "the parent gives too little for the first outcomes"
                batch = self.inbox.popleft()
                if batch is None:
                    self.flushing = True
                    break
                sources = [image.source for image in batch]
                yield Begun(tuple(sources))
                self.taken.append(sources)
                if self.reading_kills & set(sources):
                    return
            if not self.taken:
                self.flushing = False
                yield Drained()
                continue
            if self.proposing_kills & set(self.taken[0]):
                return
            yield Outcomes(tuple(Failure(source, "done", "") for source in self.taken.popleft()))

    def close(self, grace_s: float) -> str:
        self.running = False
        return "signal SIGSEGV"

    def end(self, grace_s: float) -> None:
        self.running = False


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> type[Simulated]:
    monkeypatch.setattr(process, "SpawnedChild", Simulated)
    return Simulated


COUNTS = st.integers(0, 40)
KILLERS = st.frozensets(st.integers(0, 39), max_size=4)


def some_images(count: int) -> list[LabelledImage]:
    return labelled(ROOT, *(f"{number:02}" for number in range(count)))


@pytest.mark.parametrize("knows", [True, False], ids=["a feed of what is open", "one stream for all calls"])
@given(COUNTS, KILLERS, KILLERS)
def test_every_image_is_done_once_or_condemned_for_its_own_deed(
    knows: bool, count: int, reading: frozenset[int], proposing: frozenset[int]
) -> None:
    images = some_images(count)
    killers = {images[number].source for number in reading | proposing if number < count}
    done: Counter[str] = Counter()
    condemned: Counter[str] = Counter()
    stream = iter(images)

    def feed(_ready: Ready) -> Iterator[LabelledImage]:
        if not knows:
            return stream
        return (image for image in images if not done[image.source] and not condemned[image.source])

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(process, "SpawnedChild", Simulated)
        patching.setattr(Simulated, "reading_kills", frozenset(f"red/{number:02}.jpg" for number in reading))
        patching.setattr(Simulated, "proposing_kills", frozenset(f"red/{number:02}.jpg" for number in proposing))
        patching.setattr(Simulated, "most_held", 0)
        engine = EngineProcess(acting_job(ROOT, batch_size=SIZE), log=Path("unused"))
        last: Message | None = None
        while not isinstance(last, Drained):
            for last in engine.messages(feed):
                if isinstance(last, Outcomes):
                    done.update(outcome.source for outcome in last.outcomes)
                if isinstance(last, Quarantined):
                    condemned[last.failure.source] += 1
        assert Simulated.most_held <= WINDOW_BATCHES * SIZE
    assert set(condemned) == killers
    assert set(done) == {image.source for image in images} - killers
    assert set(done.values()) | set(condemned.values()) <= {1}


def test_stream_over_deaths_has_an_outcome_for_every_image(
    simulated: type[Simulated], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "proposing_kills", frozenset({"red/04.jpg", "red/11.jpg"}))
    engine = EngineProcess(acting_job(ROOT, batch_size=SIZE), log=Path("unused"))
    outcomes = [outcome for batch in engine.run(iter(some_images(20))) for outcome in batch]
    assert sorted(outcome.source for outcome in outcomes) == [image.source for image in some_images(20)]
    failed = {outcome.source for outcome in outcomes if isinstance(outcome, Failure) and outcome.stage == "engine"}
    assert failed == simulated.proposing_kills


def test_run_gives_up_where_process_after_process_dies_and_nothing_is_done(
    simulated: type[Simulated], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = some_images(40)
    monkeypatch.setattr(simulated, "reading_kills", frozenset(image.source for image in images))
    engine = EngineProcess(acting_job(ROOT, batch_size=SIZE), log=Path("the log"))
    with pytest.raises(EngineError, match=r"expected the process .* to live.*signal SIGSEGV.*'the log'"):
        list(engine.run(images))


def test_death_names_its_suspects_and_comes_last(simulated: type[Simulated], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "reading_kills", frozenset({"red/01.jpg"}))
    engine = EngineProcess(acting_job(ROOT, batch_size=SIZE), log=Path("unused"))
    first = list(engine.messages(lambda _: some_images(9)))
    assert first[-1] == Died("signal SIGSEGV", ("red/00.jpg", "red/01.jpg", "red/02.jpg"))
    second = list(engine.messages(lambda _: some_images(9)))
    assert [type(message) for message in second] == [Ready, Begun, Outcomes, Begun, Quarantined, Died]
    assert FRUITLESS_DEATHS > 1


def test_two_in_hand_condemn_neither() -> None:
    ledger = Ledger()
    for _ in range(3):
        begun(ledger, "a", "b")
        assert ledger.blame("")[1] is None
        while ledger.next_suspect() is not None:
            pass
