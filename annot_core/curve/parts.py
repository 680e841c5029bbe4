"""Which images a detector is tested on, and in what order the others come into its training."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from annot_core.export.split import TRAIN_VAL, assign
from annot_core.records import Annotation

HELD_OUT = "val"
_HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Parts:
    """`training` images in the order of being added, so that every part holds the smaller ones, and `held_out`.

    Held out are the data set's own images that an export with the same seed and the usual shares puts into `val`. No
    copy that shows anything of them is in training.
    """

    training: tuple[Annotation, ...]
    held_out: tuple[Annotation, ...]


def plan_parts(annotations: Iterable[Annotation], seed: int) -> Parts:
    """Return what trains and what is held out, whatever the order of the annotations.

    The data set's own images train before augmented ones. Among either, classes with objects take turns as long as
    they last, and images without an object come in between as often as their share is; within a class a hash of seed
    and id decides.

    Args:
        annotations: the data set's own images and augmented ones.
        seed: another seed gives another plan.
    """
    listed = list(annotations)
    own = [one for one in listed if not one.original]
    sets = assign([(one.class_name, one.image_id) for one in own], TRAIN_VAL, seed)
    held_out = [one for one in own if sets[one.image_id] == HELD_OUT]
    hidden = {one.image_id for one in held_out}
    copies = [one for one in listed if one.original and hidden.isdisjoint((one.original, one.ground))]
    training = [one for one in own if one.image_id not in hidden]
    return Parts(
        (*_by_turns(training, seed), *_by_turns(copies, seed)),
        tuple(sorted(held_out, key=lambda one: one.image_id)),
    )


def part_sizes(asked: Collection[int], available: int) -> tuple[int, ...]:
    """Return the sizes of the parts, smallest first: those asked for, and all there is instead of larger ones."""
    return tuple(sorted({min(size, available) for size in asked}))


def _by_turns(annotations: Sequence[Annotation], seed: int) -> list[Annotation]:
    groups: defaultdict[str, list[Annotation]] = defaultdict(list)
    for one in annotations:
        groups["" if one.box is None else one.class_name].append(one)
    empty = groups.pop("", [])
    rounds = max(map(len, groups.values()), default=len(empty))
    turns = [
        (float(turn), name, one) for name, group in groups.items() for turn, one in enumerate(_shuffled(group, seed))
    ]
    turns += [((turn + 0.5) * rounds / len(empty), "", one) for turn, one in enumerate(_shuffled(empty, seed))]
    return [one for _, _, one in sorted(turns, key=lambda turn: turn[:2])]


def _shuffled(annotations: Iterable[Annotation], seed: int) -> list[Annotation]:
    def place(one: Annotation) -> tuple[bytes, str]:
        name = f"{seed}:part:{one.image_id}".encode()
        return hashlib.blake2b(name, digest_size=_HASH_BYTES).digest(), one.image_id

    return sorted(annotations, key=place)
