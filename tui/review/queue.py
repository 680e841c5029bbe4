"""The list of images under review, with the one that a person looks at."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annot_core.session import IndexCounts, IndexRow, Session, SessionIndex, UndoStep
from tui.review.filters import EVERYTHING, Filter, is_open
from tui.review.order import Order, Sorter, positions_in

_UNLISTED = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_LOOKED_AT_FIRST = 1024
_LOOKED_AT_ONCE = 262_144
_LONGEST_NUMBER = 18


class ReviewQueue:
    """The present images under a filter and an order, with a cursor on one of them.

    The list is stable while a person works. An image that no longer passes the filter stays until filter or
    order are chosen anew, so that one can go back to it; one that comes to pass is put in at its place; the
    cursor stays on its image all the while. Images are named by row id. The queue owns its index, and
    changes it: whoever else has it sees the same.

    Attributes:
        index: all present images.
        filter: what is listed.
        order: in which order.
    """

    def __init__(self, index: SessionIndex, chosen: Filter = EVERYTHING, order: Order = Order.PATH) -> None:
        """List the images of `index`, with the cursor on the first one."""
        self.index = index
        self._at: np.uint64 | None = None
        self._key_of = np.empty(0, dtype=np.uint64)
        self.choose(chosen, order)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def place(self) -> int | None:
        """The cursor's place in the list, from 0; None in an empty list."""
        return None if self._at is None else self._place_in_list(self._at)

    @property
    def current(self) -> int | None:
        """The row id of the image at the cursor; None in an empty list."""
        return None if self._at is None else self._id_of(self._at)

    def place_of(self, row_id: int | None) -> int | None:
        """Return an image's place in the list, from 0; None where it is not listed."""
        position = self.index.position_of(row_id)
        if position is None or self._key_of[position] == _UNLISTED:
            return None
        return self._place_in_list(self._key_of[position])

    def counts(self) -> IndexCounts:
        """Count all present images, listed or not."""
        return self.index.counts()

    def ids(self, start: int, stop: int) -> tuple[int, ...]:
        """Return the row ids in the places from `start` up to `stop`, as far as there are any."""
        return tuple(self.index.ids[positions_in(self._keys[max(0, start) : max(0, stop)])].tolist())

    def choose(self, chosen: Filter, order: Order) -> None:
        """List anew; the cursor stays on its image, or goes to the one that would follow it."""
        at = None if self._at is None else positions_in(np.array([self._at]))
        self.filter, self.order = chosen, order
        self._list(np.flatnonzero(chosen.mask(self.index)))
        if at is not None and len(self):
            place = np.searchsorted(self._keys, self._sorter.keys(at)[0])
            self._at = self._keys[min(int(place), len(self) - 1)]

    def reload(self, index: SessionIndex) -> None:
        """Go on with an index read anew; what was listed stays listed, and the cursor on its image."""
        listed = index.positions_of(self.index.ids[positions_in(self._keys)])
        current, place = self.current, self.place
        passing = self.filter.mask(index)
        passing[listed[listed >= 0]] = True
        self.index = index
        self._list(np.flatnonzero(passing))
        at = index.position_of(current)
        if at is not None:
            self._at = self._key_of[at]
        elif place is not None and len(self):
            self._at = self._keys[min(place, len(self) - 1)]

    def update(self, rows: Iterable[IndexRow]) -> None:
        """Take over what is now known of some images, and list those that come to pass the filter."""
        changed = self.index.update(rows)
        listed = self._key_of[changed.positions] != _UNLISTED
        entering = ~listed & self.filter.mask(self.index, changed.positions)
        arriving = changed.positions[entering | (listed & changed.is_other_outcome)]
        if len(arriving):
            self._put(arriving)

    def next(self) -> bool:
        """Go one image on; tell whether there was one."""
        return self._step(+1)

    def previous(self) -> bool:
        """Go one image back; tell whether there was one."""
        return self._step(-1)

    def first(self) -> bool:
        """Go to the first image; tell whether there is one."""
        return self.go_to_number(1)

    def last(self) -> bool:
        """Go to the last image; tell whether there is one."""
        return self.go_to_number(len(self))

    def go_to_number(self, number: int) -> bool:
        """Go to the image with a number in the list, from 1; tell whether there is one."""
        if not 1 <= number <= len(self):
            return False
        self._at = self._keys[number - 1]
        return True

    def go_to_any(self, row_ids: ArrayLike) -> bool:
        """Go to the next listed one of some images after the cursor, or from the beginning; tell whether there is."""
        positions = self.index.positions_of(row_ids)
        keys = self._key_of[positions[positions >= 0]]
        keys = np.sort(keys[keys != _UNLISTED])
        if self._at is None or not len(keys):
            return False
        after = int(np.searchsorted(keys, self._at, side="right"))
        self._at = keys[after % len(keys)]
        return True

    def show(self, row_id: int | None) -> bool:
        """Go to an image, listing it where the filter left it out; tell whether it is present."""
        position = self.index.position_of(row_id)
        if position is None:
            return False
        if self._key_of[position] == _UNLISTED:
            self._put(np.array([position]))
        self._at = self._key_of[position]
        return True

    def next_undecided(self) -> int | None:
        """Go to the next image that waits for a verdict, after the cursor or else from the beginning.

        Returns:
            Its row id; None, with the cursor where it was, if no other image in the list waits for one.
        """
        found = next(self._waiting(), None)
        if found is None:
            return None
        self._at = self._keys[found]
        return self.current

    def first_undecided(self) -> int | None:
        """Go to the first image in the list that waits for a verdict; as `next_undecided`."""
        found = next(self._waiting_in(0, len(self)), None)
        if found is None:
            return None
        self._at = self._keys[found]
        return self.current

    def neighbours(self, ahead: int = 3, behind: int = 1) -> tuple[int, ...]:
        """Return the row ids of the images that a key will show, the likeliest first, without the current one.

        These are the next `ahead` that wait for a verdict, the next one in the list, and `behind` before.
        """
        place = self.place
        if place is None:
            return ()
        before = range(place - 1, max(-1, place - 1 - behind), -1)
        after = range(place + 1, min(place + 2, len(self))) if ahead else ()
        places = dict.fromkeys([*itertools.islice(self._waiting(), ahead), *after, *before])
        return tuple(self._id_of(self._keys[each]) for each in places)

    def _list(self, positions: NDArray[np.int64]) -> None:
        self._sorter = Sorter(self.index, self.order)
        keys = self._sorter.keys(positions)
        self._key_of = np.full(len(self.index), _UNLISTED)
        self._key_of[positions] = keys
        self._keys = np.sort(keys)
        self._at = self._keys[0] if len(self) else None

    def _put(self, positions: NDArray[np.int64]) -> None:
        """List images at their places; those listed before are moved there."""
        at = None if self._at is None else int(positions_in(np.array([self._at]))[0])
        if self._sorter.is_outdated:
            # Ranks of classes are others now, so that no key is good any more.
            self._list(np.union1d(positions, positions_in(self._keys)))
        else:
            self._move(positions)
        if at is not None:
            self._at = self._key_of[at]
        elif len(self):
            self._at = self._keys[0]

    def _move(self, positions: NDArray[np.int64]) -> None:
        old, new = self._key_of[positions], self._sorter.keys(positions)
        is_other = old != new
        positions, old, new = positions[is_other], old[is_other], new[is_other]
        if not len(positions):
            return
        left = self._keys
        if (left_out := old[old != _UNLISTED]).size:
            left = np.delete(left, np.searchsorted(left, left_out))
        arriving = np.sort(new)
        self._keys = np.insert(left, np.searchsorted(left, arriving), arriving)
        self._key_of[positions] = new

    def _step(self, by: int) -> bool:
        place = self.place
        return place is not None and self.go_to_number(place + by + 1)

    def _waiting(self) -> Iterator[int]:
        """Give the places of images that wait for a verdict: after the cursor, then from the beginning to it."""
        place = self.place
        if place is not None:
            yield from self._waiting_in(place + 1, len(self))
            yield from self._waiting_in(0, place)

    def _waiting_in(self, start: int, stop: int) -> Iterator[int]:
        """Look at few places first, since the next image waits most often, and at ever more of them."""
        length = _LOOKED_AT_FIRST
        while start < stop:
            end = min(start + length, stop)
            positions = positions_in(self._keys[start:end])
            yield from (start + int(found) for found in np.flatnonzero(is_open(self.index, positions)))
            start, length = end, min(2 * length, _LOOKED_AT_ONCE)

    def _place_in_list(self, key: np.uint64) -> int:
        return int(np.searchsorted(self._keys, key))

    def _id_of(self, key: np.uint64) -> int:
        return int(self.index.ids[positions_in(np.array([key]))[0]])


def go_to(queue: ReviewQueue, session: Session, text: str) -> bool:
    """Go where a person typed: to a number in the list, else to the next image with that name, or part of it.

    Returns:
        Whether there is one in the list; the cursor stays where it was if not.
    """
    wanted = text.strip()
    if wanted.isdecimal() and len(wanted) <= _LONGEST_NUMBER and queue.go_to_number(int(wanted)):
        return True
    return queue.go_to_any(session.ids_named(wanted))


def show_step(queue: ReviewQueue, session: Session, step: UndoStep) -> bool:
    """Take over what an undo or redo changed, and go to its first image; tell whether that is present."""
    if step.more:
        queue.reload(session.index())
    else:
        queue.update(session.index_rows(decision.source for decision in step.decisions))
    return queue.show(session.id_of(step.source))
