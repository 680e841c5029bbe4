"""The engine in this process: order, batches, memory and early ends, with a pipeline that does no work."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from annot_core.engine.in_process import BATCHES_AHEAD, InProcessEngine
from annot_core.errors import UsageError
from annot_core.records import Failure, LabelledImage


def images(count):
    return [LabelledImage(Path("/photos"), f"red/{number:03}.jpg", "red", False, 1, 1) for number in range(count)]


class Slow:
    """A pipeline that reads what it is told not to fail on, and counts the pictures that are held."""

    def __init__(self, *, failing=(), delay_s=0.0):
        self.lock = threading.Lock()
        self.failing = failing
        self.delay_s = delay_s
        self.read_count = 0
        self.held = 0
        self.most_held = 0
        self.batches = []

    def read(self, image):
        # Some take longer, so that the order of reading is not the order of the images.
        time.sleep(self.delay_s * (int(image.source[4:7]) % 3))
        with self.lock:
            self.read_count += 1
            if image.source in self.failing:
                return Failure(image.source, "read", "bad")
            self.held += 1
            self.most_held = max(self.most_held, self.held)
        return Read(image)

    def begin(self, pictures, batch_size):
        self.batches.append([picture.image.source for picture in pictures])
        return Begun([(picture.image.source, tuple(self.batches[-1]), batch_size) for picture in pictures])

    def propose(self, heated):
        with self.lock:
            self.held -= len(heated)
        return list(heated)


class Begun:
    def __init__(self, heated):
        self.heated = heated

    def wait(self):
        return self.heated


class Read:
    def __init__(self, image):
        self.image = image


@pytest.fixture(autouse=True)
def no_real_pictures(monkeypatch):
    monkeypatch.setattr("annot_core.engine.in_process.Picture", Read)


def working_threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("read", "network"))]


def flat(batches):
    return [outcome for batch in batches for outcome in batch]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 23])
def test_every_image_has_one_outcome_in_order(count):
    outcomes = flat(InProcessEngine(Slow(delay_s=0.001), batch_size=4, readers=4).run(images(count)))
    assert [source for source, *_ in outcomes] == [image.source for image in images(count)]


def test_batches_are_cut_before_anything_fails():
    bad = [image.source for image in images(10)[2:5]]
    batches = list(InProcessEngine(Slow(failing=bad), batch_size=4).run(images(10)))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [type(outcome) is Failure for outcome in flat(batches)] == [image.source in bad for image in images(10)]
    for outcome, image in zip(flat(batches), images(10), strict=True):
        assert (outcome.source if isinstance(outcome, Failure) else outcome[0]) == image.source


def test_a_batch_of_failures_alone_is_passed_on():
    bad = [image.source for image in images(4)]
    batches = list(InProcessEngine(Slow(failing=bad), batch_size=2).run(images(4)))
    assert [outcome.source for outcome in flat(batches)] == bad


@pytest.mark.parametrize("done", [1, 2, 3])
def test_a_run_that_goes_on_forms_the_same_batches(done):
    bad = [images(15)[6].source]
    whole = flat(InProcessEngine(Slow(failing=bad), batch_size=4).run(images(15)))
    rest = flat(InProcessEngine(Slow(failing=bad), batch_size=4).run(images(15)[done * 4 :]))
    assert rest == whole[done * 4 :]


def test_the_network_always_gets_the_full_batch_size():
    outcomes = flat(InProcessEngine(Slow(), batch_size=4).run(images(5)))
    assert {size for *_, size in outcomes} == {4}


def test_no_more_than_a_few_batches_are_held():
    pipeline = Slow()
    taken = []

    def stream():
        for image in images(80):
            taken.append(image)
            yield image

    held_while_waiting = []
    for number, _ in enumerate(InProcessEngine(pipeline, batch_size=4, readers=4).run(stream()), start=1):
        # The reader threads get all the time they want: only the engine's own limit can hold them.
        time.sleep(0.005)
        held_while_waiting.append(pipeline.held)
        assert len(taken) <= (number + BATCHES_AHEAD) * 4
    assert pipeline.read_count == 80
    assert pipeline.most_held <= (BATCHES_AHEAD + 1) * 4
    assert max(held_while_waiting) > 4  # It does read ahead.


def test_nothing_is_read_before_the_first_outcome_is_asked_for():
    pipeline = Slow()
    InProcessEngine(pipeline).run(images(9))
    assert pipeline.read_count == 0


def test_whoever_stops_early_waits_for_no_further_picture(monkeypatch):
    gate = threading.Event()

    class Gated(Slow):
        def read(self, image):
            if image.source >= "red/005.jpg":
                gate.wait(30)
            return super().read(image)

    class Watched(ThreadPoolExecutor):
        def shutdown(self, wait=True, *, cancel_futures=False):
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            gate.set()
            super().shutdown(wait=wait)

    monkeypatch.setattr("annot_core.engine.in_process.ThreadPoolExecutor", Watched)
    pipeline = Gated()
    running = InProcessEngine(pipeline, batch_size=4, readers=1).run(images(100))
    next(running)
    running.close()
    assert pipeline.read_count <= 6
    assert not working_threads()


def test_what_troubles_every_image_ends_the_run_and_its_threads():
    class Refusing(Slow):
        def propose(self, heated):
            raise UsageError("no such search")

    with pytest.raises(UsageError, match="no such search"):
        list(InProcessEngine(Refusing(), batch_size=2).run(images(50)))
    assert not working_threads()


def test_what_troubles_the_network_ends_the_run_and_its_threads():
    class Refusing(Slow):
        def begin(self, pictures, batch_size):
            raise UsageError("no such layer")

    with pytest.raises(UsageError, match="no such layer"):
        list(InProcessEngine(Refusing(), batch_size=2).run(images(50)))
    assert not working_threads()


def test_boxes_are_searched_while_the_network_works_on_the_next_batch():
    both = threading.Barrier(2, timeout=30)

    class Meeting(Slow):
        def begin(self, pictures, batch_size):
            if len(self.batches) > 0:
                both.wait()
            return super().begin(pictures, batch_size)

        def propose(self, heated):
            if heated[-1][0] != "red/007.jpg":
                both.wait()
            return super().propose(heated)

    # Neither would come back, were one not at work while the other is.
    assert len(flat(InProcessEngine(Meeting(), batch_size=4).run(images(8)))) == 8


def test_the_stream_of_images_may_fail():
    def stream():
        yield from images(3)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(InProcessEngine(Slow(), batch_size=2).run(stream()))
