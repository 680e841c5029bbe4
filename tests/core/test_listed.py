"""Images in columns: what goes in comes out, in little memory."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.listed import FoundFile, ListedImages
from annot_core.records import LabelledImage

ROOT = Path("/photos")
IMAGES = 20_000

# Any characters that a name can have, also those that stand for bytes which are no text.
names = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=9)
found_files = st.builds(
    FoundFile,
    st.lists(names, min_size=2, max_size=4).map("/".join),
    st.integers(0, 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
)


def listed(found: Sequence[FoundFile]) -> ListedImages:
    return ListedImages(ROOT, found, lambda name: name.startswith("n"))


def plain(one: FoundFile) -> LabelledImage:
    name = one.source.split("/")[0]
    return LabelledImage(ROOT, one.source, name, name.startswith("n"), one.size_bytes, one.mtime_ns)


@given(st.lists(found_files, max_size=8), st.slices(8))
def test_it_is_the_sequence_of_the_images(found: list[FoundFile], part: slice) -> None:
    images, expected = listed(found), [plain(one) for one in found]
    assert list(images) == [images[place] for place in range(len(images))] == expected
    assert list(images[part]) == expected[part]
    assert images.classes == tuple(sorted({one.class_name for one in expected}))


@pytest.mark.parametrize("place", [3, -4])
def test_there_is_nothing_beyond_its_ends(place: int) -> None:
    images = listed([FoundFile(f"nut/{number}.jpg", 1, 1) for number in range(3)])
    assert images[-1] == images[2] == plain(FoundFile("nut/2.jpg", 1, 1))
    with pytest.raises(IndexError):
        images[place]


@given(st.lists(found_files, max_size=4), st.lists(found_files, max_size=4))
def test_it_equals_another_one_of_the_same_images(one: list[FoundFile], other: list[FoundFile]) -> None:
    assert listed(one) == listed(list(one)) == pickle.loads(pickle.dumps(listed(one)))
    assert (listed(one) == listed(other)) is (one == other)


def test_an_image_takes_little_more_than_its_source() -> None:
    tracemalloc.start()
    try:
        images = listed([])
        before, _ = tracemalloc.get_traced_memory()
        images = ListedImages(ROOT, (FoundFile(f"nut/{number:09}.jpg", 1, 1) for number in range(IMAGES)), bool)
        held, most = (size - before for size in tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
    assert images.nbytes == IMAGES * (len("nut/000000000.jpg") + 24)
    # Columns grow by an eighth at a time, and are copied as they do.
    assert held < 1.25 * images.nbytes
    assert most < 2.5 * images.nbytes
