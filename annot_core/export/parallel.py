"""Working on many items by threads, with the results in order."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

# A task for each item would cost more than copying a small image does.
_ITEMS_PER_TASK: Final = 16
_TASKS_PER_WORKER: Final = 3

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Yield `work(item)` for each item, in the order of the items, worked on by `workers` threads.

    Only a few items for each thread are under way at a time, so a million of them take no more memory
    than a few; and no thread waits for another.
    """
    waiting = iter(items)
    under_way: deque[Future[list[R]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="export") as pool:
        try:
            while part := list(itertools.islice(waiting, _ITEMS_PER_TASK)):
                under_way.append(pool.submit(_each, work, part))
                if len(under_way) >= _TASKS_PER_WORKER * workers:
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()
        finally:
            for task in under_way:
                task.cancel()


def _each(work: Callable[[T], R], items: list[T]) -> list[R]:
    return [work(item) for item in items]
