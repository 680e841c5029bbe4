"""Which images copies are made from."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.augment.planning import PASTED, PlannedCopy, Sources, plan_copies
from annot_core.augment.settings import AugmentSettings, Effect

CATS = [f"cat-{number}" for number in range(7)]
DOGS = [f"dog-{number}" for number in range(3)]
EMPTY = [f"empty-{number}" for number in range(4)]
SOURCES = Sources({"cat": CATS, "dog": DOGS}, EMPTY, [*CATS, *DOGS])
SETS = {name: "val" if name.endswith(("0", "1")) else "train" for name in (*CATS, *DOGS, *EMPTY)}


def plan(count: int, sources: Sources = SOURCES, **settings: object) -> list[PlannedCopy]:
    return list(plan_copies(sources, SETS, AugmentSettings(**settings), count))  # type: ignore[arg-type]


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 5))
def test_the_first_ones_are_the_same_whatever_is_asked_for(few: int, more: int, seed: int) -> None:
    assert plan(few + more, seed=seed)[:few] == plan(few, seed=seed)


def test_numbers_count_from_one() -> None:
    assert [one.number for one in plan(5)] == [1, 2, 3, 4, 5]


@given(st.integers(1, 300), st.integers(0, 5))
def test_every_class_comes_to_the_same_number_of_images(count: int, seed: int) -> None:
    made = Counter(one.original.partition("-")[0] for one in plan(count, seed=seed))
    cats, dogs = made["cat"] + len(CATS), made["dog"] + len(DOGS)
    # All go to the smaller class until it has caught up.
    assert abs(cats - dogs) <= 1 or made["cat"] == 0


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_some_are_made_from_images_without_an_object(share: float) -> None:
    found = sum(one.original in EMPTY for one in plan(200, background_share=share))
    assert found == pytest.approx(200 * share, abs=1)


def test_where_there_is_nothing_else_all_are_made_from_images_without_an_object() -> None:
    assert len(plan(9, Sources({}, EMPTY, []), background_share=0.0)) == 9


def test_nothing_comes_of_nothing() -> None:
    assert plan(9, Sources({}, [], [])) == []


def test_every_image_has_its_turn_before_one_has_another() -> None:
    turns = defaultdict(list)
    for one in plan(300):
        turns[one.original.partition("-")[0]].append(one.original)
    for name, ids in (("cat", CATS), ("dog", DOGS), ("empty", EMPTY)):
        for begin in range(0, len(turns[name]) - len(ids), len(ids)):
            assert sorted(turns[name][begin : begin + len(ids)]) == ids


def test_the_order_differs_from_round_to_round() -> None:
    cats = [one.original for one in plan(200) if one.original in CATS]
    rounds = {tuple(cats[begin : begin + 7]) for begin in range(0, 63, 7)}
    assert len(rounds) > 5


def test_a_ground_is_of_the_same_set_and_another_image() -> None:
    grounds = [(SETS[one.original], SETS[one.ground]) for one in plan(400) if one.ground]
    assert grounds
    assert all(one == other for one, other in grounds)
    assert not any(one.ground == one.original for one in plan(400))


def test_about_a_quarter_get_another_ground() -> None:
    with_object = [one for one in plan(1000) if one.original not in EMPTY]
    assert sum(bool(one.ground) for one in with_object) / len(with_object) == pytest.approx(PASTED, abs=0.05)


def test_images_without_an_object_keep_their_ground() -> None:
    assert not any(one.ground for one in plan(400) if one.original in EMPTY)


def test_grounds_are_photos_and_images_without_an_object() -> None:
    grounds = Counter(one.ground in EMPTY for one in plan(400) if one.ground)
    assert min(grounds[True], grounds[False]) > 20


@pytest.mark.parametrize(
    "sources",
    [Sources({"dog": ["dog-2"]}, [], ["dog-2"]), Sources({"dog": ["dog-2"]}, ["empty-0"], [])],
    ids=["only itself", "only of another set"],
)
def test_where_there_is_no_ground_an_object_keeps_its_own(sources: Sources) -> None:
    assert not any(one.ground for one in plan(50, sources))


def test_pasting_can_be_left_out() -> None:
    assert not any(one.ground for one in plan(200, without={Effect.PASTE}))
