from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.errors import UsageError
from annot_core.export.split import TRAIN_VAL, assign, parse_shares

IDS = st.lists(st.text("abc0123456789", min_size=1, max_size=6), min_size=1, max_size=25, unique=True)
THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


def assigned(
    ids_by_class: Mapping[str, Iterable[str]],
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
    originals: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The set of each image."""
    images = [(class_name, image_id) for class_name, ids in ids_by_class.items() for image_id in ids]
    split = assign(images, shares, seed, originals or {})
    return {image_id: split[image_id] for _, image_id in images}


def test_the_shares_hold_on_average() -> None:
    sizes = Counter(assigned({"a": [f"image-{number}" for number in range(4000)]}, THREE).values())

    assert sizes["train"] == pytest.approx(3200, abs=100)
    assert sizes["val"] == pytest.approx(400, abs=80)
    assert sizes["test"] == pytest.approx(400, abs=80)


def test_adding_images_moves_no_old_one() -> None:
    old = [f"image-{number}" for number in range(200)]
    before = assigned({"a": old})

    after = assigned({"a": [*old, *(f"later-{number}" for number in range(300))], "b": ["x", "y"]})

    assert {image_id: after[image_id] for image_id in old} == before


@given(IDS, st.integers(0, 1000))
def test_a_class_of_two_or_more_has_images_in_both_sets(ids: list[str], seed: int) -> None:
    chosen = assigned({"a": ids}, seed=seed)

    assert set(chosen) == set(ids)
    assert set(chosen.values()) == ({"train", "val"} if len(ids) > 1 else {"train"})


@given(IDS, IDS, st.integers(0, 1000))
def test_only_images_that_fill_an_empty_set_ever_move(old: list[str], more: list[str], seed: int) -> None:
    before, after = assigned({"a": old}, seed=seed), assigned({"a": {*old, *more}}, seed=seed)

    moved = [image_id for image_id in old if before[image_id] != after[image_id]]

    # With two sets, one image of a class at most is out of its own set, before and after.
    assert len(moved) <= 2
    if moved:
        lonely = [before, after]
        assert any(min(Counter(one.values())[name] for name in ("train", "val")) <= 1 for one in lonely)


@given(st.integers(0, 1000))
def test_the_order_of_the_ids_says_nothing(seed: int) -> None:
    ids = ["a", "b", "c", "d"]

    assert assigned({"x": ids}, seed=seed) == assigned({"x": ids[::-1]}, seed=seed)


@given(st.integers(0, 200))
def test_three_sets_are_filled_as_far_as_the_images_go(seed: int) -> None:
    sizes = [len(set(assigned({"x": "abcdef"[:n]}, THREE, seed).values())) for n in range(1, 6)]

    assert sizes == [1, 2, 3, 3, 3]


def test_another_seed_gives_another_split() -> None:
    ids = [str(number) for number in range(50)]

    assert assigned({"a": ids}, seed=0) != assigned({"a": ids}, seed=1)


def test_a_set_without_a_share_stays_empty() -> None:
    assert set(assigned({"a": ["x", "y", "z"]}, {"train": 1.0, "val": 0.0}).values()) == {"train"}


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
        assigned({"a": ["x"]}, shares)


def test_a_shrinking_share_of_the_first_set_is_all_that_moves_images_out_of_it() -> None:
    ids = {"a": [f"image-{number}" for number in range(2000)]}
    two, three = assigned(ids), assigned(ids, {"train": 0.8, "val": 0.1, "test": 0.1})

    assert {one for one in two if two[one] == "train"} == {one for one in three if three[one] == "train"}


@given(IDS, st.integers(0, 300), st.data())
def test_copies_are_always_with_their_original(ids: list[str], seed: int, data: st.DataObject) -> None:
    originals = {
        f"{one}-copy-{number}": one for one in ids for number in range(data.draw(st.integers(0, 2), label="copies"))
    }
    # A person may have given a copy another class, or have dropped the original.
    classes = {name: data.draw(st.sampled_from("xy"), label="class") for name in [*ids, *originals]}
    present = [name for name in classes if name in originals or data.draw(st.booleans(), label="present")]
    by_class = {name: [one for one in present if classes[one] == name] for name in "xy"}

    found = assigned(by_class, THREE, seed, originals)

    for copy, original in originals.items():
        assert found[copy] == found.get(original, found[copy])
        assert len({found[other] for other in originals if originals[other] == original}) == 1


def test_copies_move_no_original_and_do_not_count_as_several() -> None:
    ids = [f"image-{number}" for number in range(40)]
    before = assigned({"a": ids}, THREE)
    originals = {f"{one}-copy": one for one in ids}

    after = assigned({"a": [*ids, *originals]}, THREE, originals=originals)

    assert {one: after[one] for one in ids} == before
    assert len(set(assigned({"a": ["one", "copy"]}, THREE, originals={"copy": "one"}).values())) == 1


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("0.8/0.2", {"train": 0.8, "val": 0.2}),
        ("0.8/0.1/0.1", {"train": 0.8, "val": 0.1, "test": 0.1}),
        ("0.7/0.15/0.15", {"train": 0.7, "val": 0.15, "test": 0.15}),
        ("1/0", {"train": 1, "val": 0}),
    ],
)
def test_shares_are_read_as_they_are_typed(text: str, shares: dict[str, float]) -> None:
    assert parse_shares(text) == shares


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.8", "two or three"),
        ("a/b", "two or three"),
        ("", "two or three"),
        ("0.4/0.3/0.2/0.1", "two or three"),
        ("80/20", "add up to 1"),
        ("nan/1", "add up to 1"),
    ],
)
def test_shares_that_make_no_sense_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_shares(text)
