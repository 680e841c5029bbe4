from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.errors import UsageError
from annot_core.export.split import assign

IDS = st.lists(st.text("abc0123456789", min_size=1, max_size=6), min_size=1, max_size=25, unique=True)
THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


def test_the_shares_hold_on_average() -> None:
    sizes = Counter(assign({"a": [f"image-{number}" for number in range(4000)]}, THREE).values())

    assert sizes["train"] == pytest.approx(3200, abs=100)
    assert sizes["val"] == pytest.approx(400, abs=80)
    assert sizes["test"] == pytest.approx(400, abs=80)


def test_adding_images_moves_no_old_one() -> None:
    old = [f"image-{number}" for number in range(200)]
    before = assign({"a": old})

    after = assign({"a": [*old, *(f"later-{number}" for number in range(300))], "b": ["x", "y"]})

    assert {image_id: after[image_id] for image_id in old} == before


@given(IDS, st.integers(0, 1000))
def test_a_class_of_two_or_more_has_images_in_both_sets(ids: list[str], seed: int) -> None:
    chosen = assign({"a": ids}, seed=seed)

    assert set(chosen) == set(ids)
    assert set(chosen.values()) == ({"train", "val"} if len(ids) > 1 else {"train"})


@given(IDS, IDS, st.integers(0, 1000))
def test_only_images_that_fill_an_empty_set_ever_move(old: list[str], more: list[str], seed: int) -> None:
    before, after = assign({"a": old}, seed=seed), assign({"a": {*old, *more}}, seed=seed)

    moved = [image_id for image_id in old if before[image_id] != after[image_id]]

    # With two sets, one image of a class at most is out of its own set, before and after.
    assert len(moved) <= 2
    if moved:
        lonely = [before, after]
        assert any(min(Counter(one.values())[name] for name in ("train", "val")) <= 1 for one in lonely)


@given(st.integers(0, 1000))
def test_the_order_of_the_ids_says_nothing(seed: int) -> None:
    ids = ["a", "b", "c", "d"]

    assert assign({"x": ids}, seed=seed) == assign({"x": ids[::-1]}, seed=seed)


@given(st.integers(0, 200))
def test_three_sets_are_filled_as_far_as_the_images_go(seed: int) -> None:
    sizes = [len(set(assign({"x": "abcdef"[:n]}, THREE, seed).values())) for n in range(1, 6)]

    assert sizes == [1, 2, 3, 3, 3]


def test_another_seed_gives_another_split() -> None:
    ids = [str(number) for number in range(50)]

    assert assign({"a": ids}, seed=0) != assign({"a": ids}, seed=1)


def test_a_set_without_a_share_stays_empty() -> None:
    assert set(assign({"a": ["x", "y", "z"]}, {"train": 1.0, "val": 0.0}).values()) == {"train"}


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param({"train": 0.8, "val": 0.1}, id="too little"),
        pytest.param({"train": 1.2, "val": -0.2}, id="negative"),
        pytest.param({"train": float("nan")}, id="not a number"),
        pytest.param({}, id="none"),
    ],
)
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="add up to 1"):
        assign({"a": ["x"]}, shares)
