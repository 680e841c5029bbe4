from __future__ import annotations

import random
import sys
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from annot_core.naming import MAX_ID_BYTES, class_labels, clean_id, file_key, image_ids

# Any text, lone surrogates (undecodable bytes) too, with more of what breaks readers than chance gives.
CHARACTERS = st.one_of(
    st.characters(),
    st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Mc"]),
    st.sampled_from("aAbB.-_#:/ \u0301\u00e9\u0130\u0131\u017f\u3000\u2028\x1c"),
)
NAMES = st.text(CHARACTERS, max_size=60)
IMAGES = st.lists(st.tuples(NAMES, NAMES), max_size=12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("00044", "00044", id="digits"),
        pytest.param("raccoon-1_b.2", "raccoon-1_b.2", id="kept punctuation"),
        pytest.param("my photo", "my_photo", id="space"),
        pytest.param("a\u3000b\u00a0c\u2028d\x1ce\tf\ng", "a_b_c_d_e_f_g", id="unicode white space"),
        pytest.param("#1", "_1", id="hash"),
        pytest.param(".hidden", "_hidden", id="leading dot"),
        pytest.param("-rf", "_rf", id="leading dash"),
        pytest.param("<b>&\"'", "_b____", id="markup and quotes"),
        pytest.param("Stra\u00dfe", "Stra\u00dfe", id="letters stay"),
        pytest.param("e\u0301t\u00e9", "\u00e9t\u00e9", id="composed"),
        pytest.param("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940", id="marks"),
        pytest.param("a\u3164b\ufe0fc", "a_b_c", id="invisible letters and marks"),
        pytest.param("x\udcff", "x_", id="undecodable byte"),
        pytest.param("\U0001f600", "image", id="emoji only"),
        pytest.param("", "image", id="empty"),
        pytest.param("...", "image", id="dots"),
        pytest.param("CON", "_CON", id="Windows device"),
        pytest.param("com1.x", "_com1.x", id="Windows device with a dot"),
    ],
)
def test_clean_id_keeps_what_is_safe(name: str, expected: str) -> None:
    assert clean_id(name) == expected


@given(NAMES | st.text(CHARACTERS, min_size=60, max_size=300))
def test_any_name_gives_an_id_that_every_reader_takes(name: str) -> None:
    found = clean_id(name)

    assert found.split() == [found]
    assert found[0] not in "#.-"
    assert len(found.encode()) <= MAX_ID_BYTES
    assert all(char in "._-" or char.isalnum() or unicodedata.category(char) in ("Mn", "Mc") for char in found)
    assert unicodedata.is_normalized("NFC", found)
    assert _through_xml(found) == found


@given(NAMES | st.text(CHARACTERS, min_size=60, max_size=300))
def test_an_id_is_its_own_id(name: str) -> None:
    assert clean_id(clean_id(name)) == clean_id(name)


def test_long_names_with_one_beginning_stay_apart() -> None:
    first, second = clean_id("\u00e9" * 250 + "1"), clean_id("\u00e9" * 250 + "2")

    assert first != second
    assert first.startswith("\u00e9" * 60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("IMG", "img", id="case"),
        pytest.param("\u00e9", "e\u0301", id="composition"),
        pytest.param("STRASSE", "stra\u00dfe", id="sharp s"),
        pytest.param("\u0130x", "i\u0307x", id="dotted capital i"),
        pytest.param("\u03c3", "\u03c2", id="final sigma"),
    ],
)
def test_file_key_is_equal_where_some_file_system_sees_one_file(one: str, other: str) -> None:
    assert file_key(one) == file_key(other)


def test_a_stem_that_is_unique_is_the_id() -> None:
    images = [("cat", "cat/a.jpg"), ("dog", "dog/b.c.png"), ("dog", "dog/noending")]

    assert image_ids(images) == ("a", "b.c", "noending")


def test_equal_stems_of_two_classes_get_the_class_in_front() -> None:
    images = [("cat", "cat/1.jpg"), ("dog", "dog/1.jpg"), ("dog", "dog/2.jpg")]

    assert image_ids(images) == ("cat-1", "dog-1", "2")


def test_equal_stems_of_one_class_are_numbered_in_the_order_of_their_sources() -> None:
    images = [("cat", "cat/a.png"), ("cat", "cat/a.jpg"), ("cat", "cat/A.JPG")]

    assert image_ids(images) == ("cat-a-3", "cat-a-2", "cat-A")


def test_no_number_takes_the_name_that_a_class_gives_to_another_image() -> None:
    images = [
        ("cat", "cat/a.png"),
        ("cat", "cat/a.jpg"),
        ("cat", "cat/a-2.jpg"),
        ("dog", "dog/a-2.jpg"),
    ]

    assert image_ids(images) == ("cat-a-3", "cat-a", "cat-a-2", "dog-a-2")


def test_ids_that_are_taken_are_not_given_again_in_any_case() -> None:
    images = [("cat", "cat/a.jpg"), ("cat", "cat/b.jpg")]

    assert image_ids(images, taken={"A", "b", "CAT-B"}) == ("cat-a", "cat-b-2")


@given(IMAGES, st.sets(NAMES, max_size=5))
def test_ids_are_unique_and_leave_the_taken_ones_alone(images: list[tuple[str, str]], taken: set[str]) -> None:
    found = image_ids(images, taken)

    keys = [file_key(name) for name in found]
    assert len(found) == len(images)
    assert len(set(keys)) == len(keys)
    assert not set(keys) & {file_key(name) for name in taken}
    assert all(clean_id(name) == name for name in found)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=12, unique=True), st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order_of_the_images(images: list[tuple[str, str]], order: random.Random) -> None:
    shuffled = order.sample(images, len(images))

    assert dict(zip(shuffled, image_ids(shuffled), strict=True)) == dict(zip(images, image_ids(images), strict=True))


def test_naming_thousands_of_equal_stems_asks_for_each_number_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def counted(name: str) -> str:
        nonlocal asked
        asked += 1
        return file_key(name)

    monkeypatch.setattr("annot_core.naming.file_key", counted)
    images = [("cat", f"cat/{folder}/a.jpg") for folder in range(5000)]

    assert len(set(image_ids(images))) == 5000
    assert asked < 5 * len(images)


def _plainly(images: list[tuple[str, str]], taken: set[str]) -> tuple[str, ...]:
    """Name images by the rule as it is written, one after the other."""
    stems = [clean_id(_stem_of(source)) for _, source in images]
    keys = [file_key(stem) for stem in stems]
    used = {file_key(name) for name in taken}
    crowded = [at for at, key in enumerate(keys) if keys.count(key) > 1 or key in used]
    used.update(key for key in keys if keys.count(key) == 1)
    ids, waiting = dict(enumerate(stems)), []
    for at in sorted(crowded, key=lambda at: images[at][::-1]):
        ids[at] = clean_id(f"{images[at][0]}-{_stem_of(images[at][1])}")
        if file_key(ids[at]) in used:
            waiting.append(at)
        used.add(file_key(ids[at]))
    begun: dict[str, str] = {}
    for at in waiting:
        # Names alike but for their case are numbered together, as the first of them is written.
        name = begun.setdefault(file_key(ids[at]), ids[at])
        free = (clean_id(f"{name}-{number}") for number in range(2, 99))
        ids[at] = next(name for name in free if file_key(name) not in used)
        used.add(file_key(ids[at]))
    return tuple(ids[at] for at in range(len(images)))


def _stem_of(source: str) -> str:
    name = source.rpartition("/")[2]
    return name.rpartition(".")[0] or name


SHORT = st.sampled_from(["a", "A", "b", "a-b", "b-a", "a-2", "b-a-2"])
SHORT_SOURCES = st.builds("{}/{}.{}".format, SHORT, SHORT, st.sampled_from(["jpg", "png"]))


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), SHORT_SOURCES), max_size=12, unique=True),
    st.sets(SHORT, max_size=3),
)
def test_ids_are_what_the_rule_gives_one_after_the_other(images: list[tuple[str, str]], taken: set[str]) -> None:
    assert image_ids(images, taken) == _plainly(images, taken)


@pytest.mark.parametrize(
    ("source", "most_bytes"),
    [pytest.param("{:06}", 160, id="other names"), pytest.param("{:06}/photo", 300, id="equal names")],
)
def test_naming_many_images_takes_little_more_than_their_ids(source: str, most_bytes: int) -> None:
    count = 30_000
    images = [("cat", f"cat/{source.format(number)}.jpg") for number in range(count)]
    tracemalloc.start()
    try:
        ids = image_ids(images)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    held = sum(sys.getsizeof(name) for name in ids) + sys.getsizeof(ids)
    assert most < held + most_bytes * count


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("raccoon", "raccoon", id="plain"),
        pytest.param("traffic light", "traffic light", id="inner space stays"),
        pytest.param("  a\t\u3000 b\u2028", "a b", id="white space"),
        pytest.param("nut: M8", "nut_ M8", id="colon"),
        pytest.param("#1", "_1", id="hash"),
        pytest.param("a\x00b\x1bc", "a_b_c", id="control characters"),
        pytest.param("\udcff\ufffe", "__", id="what XML forbids"),
        pytest.param("a\u200bb\u202ec", "a_b_c", id="format characters"),
        pytest.param("<b>&\"'", "<b>&\"'", id="markup stays"),
        pytest.param("e\u0301", "\u00e9", id="composed"),
        pytest.param(" ", "class", id="nothing left"),
    ],
)
def test_a_label_is_the_class_name_without_what_breaks_readers(name: str, expected: str) -> None:
    assert class_labels([name]) == {name: expected}


def test_the_name_that_needs_no_change_keeps_its_label() -> None:
    assert class_labels(["a:b", "a_b", "a\x00b"]) == {"a:b": "a_b_3", "a_b": "a_b", "a\x00b": "a_b_2"}


@given(st.lists(NAMES, max_size=12))
def test_labels_survive_every_list(names: list[str]) -> None:
    labels = class_labels(names)

    assert set(labels) == set(names)
    assert len(set(labels.values())) == len(labels)
    for label in labels.values():
        assert label
        assert label.strip() == label
        assert label.splitlines() == [label]
        assert ":" not in label
        assert not label.startswith("#")
        assert _through_xml(label) == label
        assert label.encode().decode() == label


def _through_xml(text: str) -> str | None:
    element = etree.Element("name")
    element.text = text
    return etree.fromstring(etree.tostring(element, encoding="utf-8")).text
