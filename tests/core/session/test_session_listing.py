"""Bringing a session in line with what lies in the data set's folder."""

import tracemalloc
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_fakes import (
    PRODUCER,
    assign_ids,
    auto,
    current,
    decision,
    failure,
    in_haste,
    listed,
    proposal,
    proposed_session,
    sync,
    unhashable,
)

from annot_core.errors import ImageError
from annot_core.records import Status, Verdict
from annot_core.session import Session, Sync

ONE = "a/1.jpg"


def pending(session: Session) -> list[str]:
    return [image.source for image in session.pending(PRODUCER)]


def test_new_images_are_pending_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        sources = ["b/1.jpg", "a/\udcff.jpg", "a/é.jpg", "a/Z.jpg", "a/a.jpg"]
        images = [listed(session.root, source, size=3, mtime=5) for source in sources]
        assert sync(session, images) == Sync(new=5, changed=0, unchanged=0, missing=0)
        assert list(session.pending(PRODUCER)) == [images[i] for i in (3, 4, 2, 1, 0)]


def test_a_second_listing_changes_nothing(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "b/2.jpg") as session:
        session.decide([decision(ONE)])
        before = list(session.results())
        images = iter([listed(session.root, "b/2.jpg"), listed(session.root, ONE)])
        assert sync(session, images) == Sync(new=0, changed=0, unchanged=2, missing=0)
        assert list(session.results()) == before


def test_ids_are_asked_for_new_images_only_and_stay(tmp_path: Path) -> None:
    asked: list[tuple[list[tuple[str, str]], set[str]]] = []

    def assign(named: Sequence[tuple[str, str]], taken: Collection[str]) -> tuple[str, ...]:
        asked.append((list(named), set(taken)))
        return tuple(f"id{len(asked)}-{number}" for number in range(len(named)))

    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        first = [listed(session.root, source) for source in ("b/1.jpg", "a/1.jpg")]
        session.sync(first, unhashable, assign)
        session.sync([*first, listed(session.root, "a/0.jpg")], unhashable, assign)
        session.sync(first, unhashable, assign)
        assert asked == [
            ([("a", "a/1.jpg"), ("b", "b/1.jpg")], set()),
            ([("a", "a/0.jpg")], {"id1-0", "id1-1"}),
        ]
        assert [result.image_id for result in session.results()] == ["id1-0", "id1-1"]


@pytest.mark.parametrize(("size", "mtime"), [(2, 1), (1, 2), (1, 0)], ids=["size", "newer", "older"])
def test_a_changed_image_is_pending_and_undecided(tmp_path: Path, size: int, mtime: int) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        assert sync(session, [listed(session.root, ONE, size=size, mtime=mtime)], lambda path: "v2").changed == 1
        assert pending(session) == [ONE]
        assert current(session, ONE) is None
        assert session.proposal(ONE) is None
        assert session.heatmap(ONE).shape == (0, 0)
        assert list(session.annotations()) == []


def test_a_touched_image_with_the_same_bytes_stays_as_it_is(tmp_path: Path) -> None:
    hashed = []

    def hash_file(path: Path) -> str:
        hashed.append(path)
        return "v1"

    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        touched = [listed(session.root, ONE, mtime=2)]
        for _ in range(2):
            assert sync(session, touched, hash_file) == Sync(new=0, changed=0, unchanged=1, missing=0)
        assert hashed == [session.root / ONE]
        assert pending(session) == []
        assert current(session, ONE) == decision(ONE)


def test_an_image_that_was_never_read_counts_as_changed_when_touched(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        sync(session, [listed(session.root, ONE)])
        touched = listed(session.root, ONE, size=7, mtime=8)
        assert sync(session, [touched]) == Sync(new=0, changed=1, unchanged=0, missing=0)
        assert list(session.pending(PRODUCER)) == [touched]


def test_a_decision_counts_again_once_its_content_is_back(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        sync(session, [listed(session.root, ONE, mtime=2)], lambda path: "v2")
        session.record([proposal(ONE, "v2")], PRODUCER)
        session.decide([decision(ONE, Verdict.DROP, content="v2")])
        sync(session, [listed(session.root, ONE, mtime=3)], lambda path: "v1")
        assert current(session, ONE) == decision(ONE)
        # It is exported even before it is proposed anew: the size was kept with the decision.
        assert [annotation.image_size for annotation in session.annotations()] == [(64, 48)]


@pytest.mark.parametrize("error", [OSError("gone"), ImageError("odd")], ids=["OSError", "ImageError"])
def test_an_image_that_cannot_be_hashed_is_pending(tmp_path: Path, error: Exception) -> None:
    def hash_file(path: Path) -> str:
        raise error

    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        assert sync(session, [listed(session.root, ONE, mtime=2)], hash_file).changed == 1
        assert pending(session) == [ONE]
        session.record([proposal(ONE)], PRODUCER)
        assert current(session, ONE) == decision(ONE)


def test_a_failed_image_is_tried_again_only_once_it_was_touched(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        image = listed(session.root, ONE)
        sync(session, [image])
        session.register_producer(PRODUCER, {})
        session.record([failure(ONE)], PRODUCER)
        assert sync(session, [image]).unchanged == 1
        assert pending(session) == []
        assert sync(session, [listed(session.root, ONE, mtime=2)]).changed == 1
        assert pending(session) == [ONE]


def test_a_failed_image_that_was_read_once_keeps_its_decision_when_touched(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        session.record([failure(ONE)], PRODUCER)
        assert current(session, ONE) == decision(ONE)
        assert sync(session, [listed(session.root, ONE, mtime=2)], lambda path: "v1").changed == 1
        assert pending(session) == [ONE]
        assert current(session, ONE) == decision(ONE)


def test_missing_images_are_passed_over_until_they_are_back(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "a/2.jpg") as session:
        session.decide([decision(ONE)])
        assert sync(session, [listed(session.root, "a/2.jpg")]) == Sync(0, 0, 1, missing=1)
        assert [result.source for result in session.results()] == ["a/2.jpg"]
        assert list(session.annotations()) == []
        assert list(session.pending("another producer")) == [listed(session.root, "a/2.jpg")]
        assert current(session, ONE) == decision(ONE)
        both = [listed(session.root, ONE), listed(session.root, "a/2.jpg")]
        assert sync(session, both) == Sync(0, 0, 2, missing=0)
        assert [annotation.source for annotation in session.annotations()] == [ONE]


def test_an_image_that_comes_back_changed_is_pending(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        sync(session, [])
        assert sync(session, [listed(session.root, ONE, size=9)], lambda path: "v2").changed == 1
        assert pending(session) == [ONE]


def test_an_image_in_another_class_folder_is_new(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        assert sync(session, [listed(session.root, "b/1.jpg")]) == Sync(1, 0, 0, missing=1)
        assert current(session, "b/1.jpg") is None


def test_a_class_that_becomes_background_is_proposed_anew(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "a/2.jpg") as session:
        session.decide([auto(ONE), decision("a/2.jpg")])
        flipped = [listed(session.root, source, background=True) for source in (ONE, "a/2.jpg")]
        assert sync(session, flipped).changed == 2
        assert pending(session) == [ONE, "a/2.jpg"]
        # A box that nobody looked at is not right for a background; a person's word stands.
        assert current(session, ONE) is None
        assert current(session, "a/2.jpg") == decision("a/2.jpg")
        sync(session, [listed(session.root, source) for source in (ONE, "a/2.jpg")])
        assert current(session, ONE) == auto(ONE)


def test_a_listing_that_breaks_off_leaves_no_trace(tmp_path: Path) -> None:
    def hash_file(path: Path) -> str:
        raise KeyboardInterrupt

    with proposed_session(tmp_path, ONE) as session:
        before = list(session.results())
        images = [listed(session.root, ONE, mtime=2), listed(session.root, "a/2.jpg")]
        with pytest.raises(KeyboardInterrupt):
            sync(session, images, hash_file)
        assert list(session.results()) == before
        assert sync(session, images, lambda path: "v1") == Sync(new=1, changed=0, unchanged=1, missing=0)


def test_more_images_than_fit_a_page_are_all_looked_at(tmp_path: Path) -> None:
    sources = [f"a/{number:05}.jpg" for number in range(2500)]
    with proposed_session(tmp_path, *sources) as session:
        touched = [listed(session.root, source, mtime=2) for source in sources]
        found = sync(session, touched, lambda path: "v2" if path.stem.endswith("7") else "v1")
        assert found == Sync(new=0, changed=250, unchanged=2250, missing=0)
        assert pending(session) == [source for source in sources if source.endswith("7.jpg")]
        assert [result.source for result in session.results()] == sources


names = st.binary(min_size=1, max_size=250).map(
    lambda name: name.replace(b"\0", b"0").replace(b"/", b"_").decode("utf-8", "surrogateescape")
)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with proposed_session(tmp_path_factory.mktemp("hasty")) as session:
        yield in_haste(session)


@given(pairs=st.sets(st.tuples(names, names), min_size=1, max_size=5))
@settings(deadline=None)
def test_names_come_back_whatever_their_bytes(hasty: Session, pairs: set[tuple[str, str]]) -> None:
    sources = sorted((f"{a}/{b}" for a, b in pairs), key=lambda text: text.encode("utf-8", "surrogateescape"))
    sync(hasty, [listed(hasty.root, source) for source in sources])
    hasty.record([proposal(source) for source in sources], PRODUCER)
    hasty.decide([decision(source) for source in sources])
    results = list(hasty.results())
    assert [result.source for result in results] == sources
    assert [result.class_name for result in results] == [source.split("/")[0] for source in sources]
    assert [result.decision for result in results] == [decision(source) for source in sources]
    annotations = list(hasty.annotations())
    assert {annotation.source for annotation in annotations} == set(sources)
    assert [one.image_id for one in annotations] == sorted(one.image_id for one in annotations)


@pytest.mark.parametrize(
    "source",
    [
        "a\nb/c\rd.jpg",
        "[bold]/\x1b[31m.jpg",
        "a/" + "x" * 246 + ".jpg",
        "\udcff/\udc80.jpg",
        "a/' OR 1=1 --.jpg",
    ],
    ids=["newlines", "markup", "250 characters", "no text", "quotes"],
)
def test_odd_names_are_names(tmp_path: Path, source: str) -> None:
    with proposed_session(tmp_path, source) as session:
        result = session.result(source)
        assert result is not None
        assert (result.source, result.status) == (source, Status.PROPOSED)
        assert result.image_id == assign_ids([(source.split("/")[0], source)], ())[0]


def test_what_is_decided_and_was_read_is_settled_and_waits_for_nobody(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE, "a/2.jpg") as session:
        session.decide([decision(ONE)])
        assert [image.source for image in session.waiting("another producer")] == ["a/2.jpg"]
        assert list(session.waiting(PRODUCER)) == []
        assert session.settled_count() == 1


def test_a_decided_image_waits_while_its_bytes_were_not_looked_at_again(tmp_path: Path) -> None:
    with proposed_session(tmp_path, ONE) as session:
        session.decide([decision(ONE)])
        sync(session, [listed(session.root, ONE, mtime=2)], lambda path: "v2")
        session.record([proposal(ONE, "v2")], PRODUCER)
        sync(session, [listed(session.root, ONE, mtime=3)], lambda path: "v1")
        assert current(session, ONE) == decision(ONE)
        assert [image.source for image in session.waiting(PRODUCER)] == [ONE]
        assert session.settled_count() == 0


def test_adding_images_holds_none_of_them_in_memory(tmp_path: Path) -> None:
    count = 10_000
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        images = (listed(session.root, f"a/{number:06}.jpg") for number in range(count))
        ids = tuple(f"{number:06}" for number in range(count))
        tracemalloc.start()
        try:
            session.sync(images, unhashable, lambda named, taken: ids[: len(named) + len(taken)])
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert session.counts().pending == count
        assert most < 50 * count
