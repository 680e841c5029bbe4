"""Orders: numbers that sort as images should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_fakes import decided, index_of, row

from annot_core.records import Status, Verdict
from tui.review.order import Order, Sorter, positions_in

ROWS = [
    row(1, score=0.5),
    row(2, None, None, class_name="none"),
    row(3, score=0.0, class_name="a b"),
    decided(row(4, score=1.0), Verdict.KEEP, "a b"),
    row(5, Status.FAILED, None, class_name="kangaroo"),
    row(6, score=0.5),
]


@pytest.mark.parametrize(
    ("order", "ids"),
    [(Order.PATH, [1, 2, 3, 4, 5, 6]), (Order.SCORE, [3, 1, 6, 4, 2, 5]), (Order.CLASS, [3, 4, 5, 2, 1, 6])],
)
def test_images_are_sorted(order: Order, ids: list[int]) -> None:
    index = index_of(ROWS)
    keys = Sorter(index, order).keys(np.arange(len(index)))
    assert index.ids[positions_in(np.sort(keys))].tolist() == ids


@given(st.lists(st.none() | st.floats(-2, 2, width=32)))
def test_scores_sort_as_numbers_with_unknown_ones_last(scores: list[float | None]) -> None:
    index = index_of([row(place, score=score) for place, score in enumerate(scores)])
    keys = Sorter(index, Order.SCORE).keys(np.arange(len(index)))
    expected = sorted(range(len(scores)), key=lambda place: (scores[place] is None, scores[place] or 0, place))
    assert positions_in(np.sort(keys)).tolist() == expected


def test_a_sorter_tells_when_a_class_came_up_that_it_does_not_know() -> None:
    index = index_of(ROWS)
    sorter = Sorter(index, Order.CLASS)
    index.update([decided(ROWS[0], Verdict.KEEP, "kangaroo")])
    assert not sorter.is_outdated
    index.update([decided(ROWS[0], Verdict.KEEP, "new")])
    assert sorter.is_outdated
