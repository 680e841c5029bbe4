"""Filters: what passes, and how they are typed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_fakes import decided, index_of, row

from annot_core.errors import UsageError
from annot_core.records import Status, Verdict
from tui.review.filters import EVERYTHING, Filter, Shown, parse_filter

ROWS = [
    row(10, None, None),
    row(11, Status.FAILED, None),
    row(12, Status.PROPOSED, 0.2),
    row(13, Status.NO_EVIDENCE, 0.0, class_name="a b"),
    row(14, Status.BACKGROUND, 1.0, class_name="none"),
    decided(row(15, score=0.6), Verdict.KEEP),
    decided(row(16, score=0.61), Verdict.KEEP, "kangaroo", mended=True),
    decided(row(17), Verdict.DROP),
    decided(row(18), Verdict.LATER),
    decided(row(19, Status.FAILED, None), Verdict.DROP),
]


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("", [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
        ("all", [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
        ("undecided", [12, 13, 14]),
        ("kept", [15, 16]),
        ("mended", [16]),
        ("dropped", [17, 19]),
        ("later", [18]),
        ("failed", [11, 19]),
        ("class:raccoon", [10, 11, 12, 15, 17, 18, 19]),
        ("class:kangaroo", [16]),
        ('class:"a b"', [13]),
        ("class:unknown", []),
        ("score:0.2-0.6", [12, 15, 17, 18]),
        ("score:-0.2", [12, 13]),
        ("score:.61-", [14, 16]),
        ("score:0-1", [12, 13, 14, 15, 16, 17, 18]),
        (" score:0.2-0.6  class:raccoon\tundecided ", [12]),
    ],
)
def test_images_that_pass(text: str, passing: list[int]) -> None:
    index = index_of(ROWS)
    mask = parse_filter(text).mask(index)
    assert index.ids[mask].tolist() == passing
    every_third = np.arange(0, len(index), 3)
    assert parse_filter(text).mask(index, every_third).tolist() == mask[every_third].tolist()


def test_a_mask_can_be_changed_without_changing_the_index() -> None:
    index = index_of(ROWS)
    mask = Filter(Shown.MENDED).mask(index)
    mask[:] = True
    assert index.is_mended.sum() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kpet", "expected a filter of all, undecided, .*, found 'kpet'"),
        ("colour:red", "found 'colour:'"),
        ("kept dropped", "expected one word of what was decided in a filter, found 'kept' and 'dropped'"),
        ("class:a class:b", "expected one class in a filter"),
        ("class:", "expected the name of a class"),
        ('class:"a b', "expected a closing"),
        ("score:0.2", "expected a score range, as in .*, found 'score:0.2'"),
        ("score:-", "expected a score range"),
        ("score:a-b", "expected a score range"),
        ("score:0.6-0.2", "the lower one first, .*, found 0.6 and 0.2"),
        ("score:0-2", "expected scores from 0 to 1"),
        ("shown:kept kept", "expected one word"),
    ],
)
def test_what_is_no_filter_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_filter(text)


def test_a_class_has_to_be_one_that_there_is() -> None:
    assert parse_filter("class:cat", ["dog", "cat"]).class_name == "cat"
    with pytest.raises(UsageError, match="expected a class out of cat, dog, found 'cow'"):
        parse_filter("class:cow", ["dog", "cat"])


scores = st.floats(0, 1)
filters = st.builds(
    Filter,
    st.sampled_from(Shown),
    st.none() | st.text(st.characters(), min_size=1) | st.sampled_from(['a "b" \\', "a:b", "\udcff", "\n", '""']),
    st.none() | st.tuples(scores, scores).map(lambda pair: (min(pair), max(pair))),
)


@given(filters)
def test_a_filter_that_is_written_reads_back(one: Filter) -> None:
    assert parse_filter(str(one)) == one


@given(st.text())
def test_anything_that_is_typed_is_a_filter_or_a_usage_error(text: str) -> None:
    try:
        parsed = parse_filter(text)
    except UsageError:
        return
    assert parse_filter(str(parsed)) == parsed


def test_a_filter_is_written_as_a_person_would() -> None:
    assert str(EVERYTHING) == "all"
    assert str(Filter(Shown.UNDECIDED, "raccoon", (0.2, 0.6))) == "undecided class:raccoon score:0.2-0.6"
    assert str(Filter(class_name='big "cat"', score=(0.0, 1.0))) == r'all class:"big \"cat\"" score:0-1'
