from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from annot_core.export.parallel import in_order


def test_results_come_in_order_whoever_is_first() -> None:
    last_done = threading.Event()

    def work(number: int) -> int:
        if number == 99:
            last_done.set()
        elif number == 0:
            assert last_done.wait(timeout=10)
        return number * 10

    assert list(in_order(work, range(100), workers=3)) == list(range(0, 1000, 10))


def test_only_a_batch_is_under_way_at_a_time() -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    assert next(in_order(str, numbers(), workers=2)) == "0"
    assert taken < 1000


def test_an_error_comes_out_and_stops_the_rest() -> None:
    done = []

    def work(number: int) -> int:
        if number == 20:
            raise KeyError(number)
        done.append(number)
        return number

    with pytest.raises(KeyError):
        list(in_order(work, range(100_000), workers=2))

    assert len(done) < 1000
