"""Which images train, in what order, and which are held out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.curve.parts import part_sizes, plan_parts
from annot_core.export.split import TRAIN_VAL, assign
from annot_core.geometry import Box
from annot_core.records import Annotation


def image(image_id: str, class_name: str = "nut", original: str = "", ground: str = "") -> Annotation:
    box = None if class_name == "empty" else Box(1, 1, 9, 9)
    path = Path(f"{image_id}.jpg")
    return Annotation(image_id, path, path.name, class_name, box, (10, 10), original=original, ground=ground)


def own(nuts: int, bolts: int, empty: int = 0) -> list[Annotation]:
    counts = {"nut": nuts, "bolt": bolts, "empty": empty}
    return [image(f"{name}-{number}", name) for name, count in counts.items() for number in range(count)]


def copies(images: list[Annotation], each: int) -> list[Annotation]:
    return [
        image(f"{one.image_id}-c{number}", one.class_name, one.image_id) for one in images for number in range(each)
    ]


def ids(images: tuple[Annotation, ...]) -> list[str]:
    return [one.image_id for one in images]


def test_held_out_are_those_that_an_export_puts_into_val() -> None:
    images = own(40, 30)
    sets = assign([(one.class_name, one.image_id) for one in images], TRAIN_VAL, 5)
    parts = plan_parts(images, 5)
    assert ids(parts.held_out) == sorted(one.image_id for one in images if sets[one.image_id] == "val")
    assert sorted(ids(parts.training)) == sorted(one.image_id for one in images if sets[one.image_id] == "train")


def test_no_copy_of_what_is_held_out_trains_and_none_is_tested_on() -> None:
    images = own(20, 20)
    parts = plan_parts([*images, *copies(images, 5)], 0)
    held_out = set(ids(parts.held_out))
    assert held_out <= {one.image_id for one in images}
    assert not [one for one in parts.training if one.original in held_out]
    assert len(parts.training) == 6 * (40 - len(held_out))
    assert plan_parts(images, 0).held_out == parts.held_out


def test_no_copy_on_the_ground_of_what_is_held_out_trains() -> None:
    images = own(20, 20, 10)
    plain = plan_parts(images, 0)
    trained, hidden = plain.training[0].image_id, plain.held_out[0].image_id
    pasted = [image("on-hidden", "nut", trained, hidden), image("on-trained", "nut", trained, trained)]
    assert set(ids(plan_parts([*images, *pasted], 0).training)) - set(ids(plain.training)) == {"on-trained"}


def test_own_images_come_before_copies() -> None:
    images = own(10, 10)
    parts = plan_parts([*copies(images, 3), *images], 0)
    is_copy = [bool(one.original) for one in parts.training]
    assert is_copy == sorted(is_copy)


@given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 20), st.integers(0, 3))
def test_every_part_has_as_many_of_each_class_as_there_are(nuts: int, bolts: int, empty: int, seed: int) -> None:
    training = plan_parts(own(nuts, bolts, empty), seed).training
    all_there = Counter(one.class_name for one in training)
    for size in range(len(training) + 1):
        part = Counter(one.class_name for one in training[:size])
        few = min(part["nut"], part["bolt"])
        assert abs(part["nut"] - part["bolt"]) <= 1 or few == min(all_there["nut"], all_there["bolt"])
        # Those without an object come in between, so many a turn.
        each_turn = all_there["empty"] / max(all_there["nut"], all_there["bolt"])
        assert abs(part["empty"] - each_turn * max(part["nut"], part["bolt"])) <= 1 + each_turn


def test_the_order_of_what_comes_in_says_nothing_and_the_seed_does() -> None:
    images = own(30, 30)
    assert plan_parts(images, 0) == plan_parts(images[::-1], 0)
    assert plan_parts(images, 0).training != plan_parts(images, 1).training


def test_images_without_objects_alone_are_no_error() -> None:
    assert len(plan_parts(own(0, 0, 5), 0).training) == 4
    assert plan_parts([], 0).training == ()


@pytest.mark.parametrize(
    ("asked", "available", "sizes"),
    [
        ((100, 500), 900, (100, 500)),
        ((500, 100), 900, (100, 500)),
        ((100, 500, 1000), 300, (100, 300)),
        ((9, 9), 9, (9,)),
    ],
    ids=["there", "in order", "all there are instead of more", "once"],
)
def test_sizes(asked: tuple[int, ...], available: int, sizes: tuple[int, ...]) -> None:
    assert part_sizes(asked, available) == sizes
