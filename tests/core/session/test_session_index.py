"""The index: the same as the results, in few bytes, refreshed row by row."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_fakes import (
    BOX,
    PRODUCER,
    auto,
    decision,
    failure,
    in_haste,
    listed,
    proposal,
    proposed_session,
    sync,
)

from annot_core.errors import SessionError
from annot_core.geometry import Box
from annot_core.records import Decision, Status, Verdict
from annot_core.session import ClassCounts, ImageResult, IndexRow, Session, SessionIndex

A1, A2, B1, N1 = "a/1.jpg", "a/2.jpg", "b/1.jpg", "none/1.jpg"
ODD = "b\udcff/\n1.jpg"


def fill(session: Session) -> None:
    """List seven images in no order, of which one is gone again, and give them outcomes of all kinds."""
    in_haste(session)
    images = [listed(session.root, source, background=source == N1) for source in (B1, ODD, A2, N1, A1, "b/2.jpg")]
    sync(session, [*images, listed(session.root, "a/gone.jpg")])
    sync(session, images)
    session.register_producer(PRODUCER, {})
    background = proposal(N1, status=Status.BACKGROUND, score=1.0, candidates=())
    no_evidence = proposal(A2, status=Status.NO_EVIDENCE, score=0.0, candidates=())
    session.record([proposal(A1), no_evidence, failure(B1), background, proposal(ODD, score=0.125)], PRODUCER)
    session.decide([decision(A1, box=Box(0, 0, 5, 5)), decision(ODD, class_name="new")])
    session.decide([auto(N1, verdict=Verdict.LATER)])


@pytest.fixture
def session(tmp_path: Path):
    with Session.open(tmp_path / "out", tmp_path / "data") as opened:
        fill(opened)
        yield opened


def is_mended(result: ImageResult) -> bool:
    given = result.decision
    if given is None or given.verdict is not Verdict.KEEP:
        return False
    return given.box != result.box or given.class_name != result.class_name


def expected_row(session: Session, result: ImageResult) -> IndexRow:
    given = result.decision
    row_id = session.id_of(result.source)
    assert row_id is not None
    return IndexRow(
        row_id,
        result.class_name,
        result.is_background,
        result.status,
        None if result.score is None else pytest.approx(result.score),
        None if given is None else given.verdict,
        None if given is None else given.class_name,
        is_mended(result),
    )


def rows_of(index: SessionIndex) -> list[IndexRow]:
    return [index.row(position) for position in range(len(index))]


def test_the_index_says_what_the_results_say(session: Session) -> None:
    index = session.index()
    assert rows_of(index) == [expected_row(session, result) for result in session.results()]
    assert set(index.classes) == {"a", "b", "b\udcff", "none", "new"}
    assert index.background == {"none"}
    assert [index.classes[code] for code in index.shown_class()] == ["a", "a", "b", "b", "new", "none"]


def test_the_index_of_nothing_is_empty(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        index = session.index()
        assert len(index) == index.counts().all == 0
        assert index.position_of(1) is None


def test_row_ids_lead_to_positions_and_to_sources_and_back(session: Session) -> None:
    index = session.index()
    for position, result in enumerate(session.results()):
        row_id = int(index.ids[position])
        assert session.source_of(row_id) == result.source
        assert session.id_of(result.source) == row_id
        assert index.position_of(row_id) == position
    gone = session.id_of("a/gone.jpg")
    assert gone is not None
    assert index.positions_of([gone, int(index.ids[2]), 10**12, -5]).tolist() == [-1, 2, -1, -1]
    assert session.id_of("a/9.jpg") is session.source_of(10**9) is None


def keep_all(session: Session) -> None:
    session.decide([decision(source) for source in (A1, A2)])


def record_more(session: Session) -> None:
    session.record([proposal("b/2.jpg", score=0.5), proposal(B1), failure(A1)], PRODUCER)


def relabel(session: Session) -> None:
    session._connection.execute("UPDATE image SET class_name = ? WHERE source = ?", (b"moved", A1.encode()))


CHANGES: list[Callable[[Session], object]] = [
    keep_all,
    record_more,
    relabel,
    Session.undo,
    Session.forget_automatic,
    Session.forget_proposals,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_refreshing_every_row_gives_the_new_index(session: Session, change: Callable[[Session], object]) -> None:
    index = session.index()
    change(session)
    rows = session.index_rows([int(row_id) for row_id in index.ids])
    index.update(rows)
    fresh = session.index()
    assert rows_of(index) == rows_of(fresh) == list(rows)
    assert index.counts() == fresh.counts()


def test_an_update_says_where_and_whether_the_outcome_is_another_one(session: Session) -> None:
    index = session.index()
    session.decide([decision(A2, Verdict.DROP)])
    session.record([proposal("b/2.jpg")], PRODUCER)
    changed = index.update([*session.index_rows([A2]), *session.index_rows(["b/2.jpg", A2])])
    assert dict(zip(changed.positions.tolist(), changed.is_other_outcome.tolist(), strict=True)) == {1: False, 3: True}


def test_rows_that_are_not_in_the_index_change_nothing(session: Session) -> None:
    index = session.index()
    before = rows_of(index)
    assert session.index_rows(["a/gone.jpg", "unknown"]) == ()
    stranger = IndexRow(10**6, "a", False, None, None, None, None, False)
    assert index.update([stranger]).positions.size == 0
    assert rows_of(index) == before


def test_the_columns_cannot_be_written_to(session: Session) -> None:
    with pytest.raises(ValueError, match="read-only"):
        session.index().verdict[0] = 1


def test_counts_agree_with_the_sessions(session: Session) -> None:
    mine, theirs = session.index().counts(), session.counts()
    assert (mine.all, mine.failed, mine.pending, mine.undecided) == (
        theirs.images,
        theirs.failed,
        theirs.pending,
        theirs.undecided,
    )
    assert (mine.kept, mine.dropped, mine.later) == (theirs.kept, theirs.dropped, theirs.later)
    assert mine.decided == theirs.kept + theirs.dropped + theirs.later
    assert mine.ready == theirs.proposed + theirs.no_evidence + theirs.background


def test_a_hundred_thousand_images_take_few_bytes_each(tmp_path: Path) -> None:
    images = 100_000
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        in_haste(session)
        session._connection.execute("BEGIN")
        session._connection.executemany(
            """INSERT INTO image (source, class_name, is_background, image_id, size_bytes, mtime_ns, score)
            VALUES (?, ?, 0, ?, 1, 1, ?)""",
            (
                (f"class {number % 7}/a photo with a long name {number}.jpg".encode(), b"class", number, 0.5)
                for number in range(images)
            ),
        )
        session._connection.execute("COMMIT")
        tracemalloc.start()
        index = session.index()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(index) == images
        assert index.nbytes == 27 * images
        assert held < 30 * images
        last = session.source_of(int(index.ids[-1]))
        assert last == "class 6/a photo with a long name 99994.jpg"
        assert index.position_of(session.id_of(last)) == images - 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a/1.jpg", [A1]),
        ("1.jpg", [A1, B1, N1]),
        ("2.JPG", [A2, "b/2.jpg"]),
        ("B/", [B1, "b/2.jpg"]),
        ("\n1", [ODD]),
        ("\udcff/", [ODD]),
        ("gone", []),
        ("a_1", []),
        ("", []),
    ],
    ids=["source", "file name", "other case", "part", "line break", "no text", "not present", "no pattern", "nothing"],
)
def test_images_are_found_by_what_a_person_types(session: Session, text: str, found: list[str]) -> None:
    assert [session.source_of(row_id) for row_id in session.ids_named(text)] == found


def test_results_come_in_the_order_asked_for(session: Session) -> None:
    ids = session.index().ids
    results = session.results_of([ids[2], 10**9, ids[0]])
    assert [result.source for result in results] == [B1, A1]
    assert results[1] == session.result(A1)


def test_class_counts_go_by_the_decided_class(session: Session) -> None:
    session.decide([decision(A2, Verdict.DROP)])
    assert {each.class_name: each for each in session.class_counts()} == {
        "a": ClassCounts("a", images=2, kept=1, mended=1, dropped=1, later=0, undecided=0, failed=0, pending=0),
        "b": ClassCounts("b", images=2, kept=0, mended=0, dropped=0, later=0, undecided=0, failed=1, pending=1),
        "new": ClassCounts("new", images=1, kept=1, mended=1, dropped=0, later=0, undecided=0, failed=0, pending=0),
        "none": ClassCounts("none", images=1, kept=0, mended=0, dropped=0, later=1, undecided=0, failed=0, pending=0),
    }


@pytest.mark.parametrize(
    ("given", "mended"),
    [
        (decision(A1, box=BOX), False),
        (decision(A1, box=Box(0, 0, 64, 48)), True),
        (decision(A1, class_name="b"), True),
        (decision(A1, Verdict.DROP), False),
        (decision(A1, Verdict.LATER, class_name="b"), False),
        (auto(A1), False),
    ],
    ids=["first candidate", "other box", "other class", "drop", "later", "automatic"],
)
def test_mended_is_kept_otherwise_than_proposed(tmp_path: Path, given: Decision, mended: bool) -> None:
    with proposed_session(tmp_path, A1) as session:
        session.decide([given])
        assert session.index().is_mended.tolist() == [mended]
        assert [each.mended for each in session.class_counts()] == [mended]


def test_mended_stays_true_when_boxes_are_proposed_anew(tmp_path: Path) -> None:
    with proposed_session(tmp_path, A1) as session:
        session.decide([decision(A1, box=Box(0, 0, 9, 9)), decision(A1)])
        session.record([proposal(A1, candidates=())], PRODUCER)
        assert not session.index().is_mended[0]


def test_a_persons_no_to_an_unreadable_image_holds_until_it_is_read(tmp_path: Path) -> None:
    with Session.open(tmp_path / "out", tmp_path / "data") as session:
        in_haste(session)
        sync(session, [listed(session.root, A1), listed(session.root, A2)])
        session.register_producer(PRODUCER, {})
        no = decision(A1, Verdict.DROP, content="")
        with pytest.raises(SessionError, match="only images that were read can be kept"):
            session.decide([no])
        session.record([failure(A1)], PRODUCER)
        with pytest.raises(SessionError, match="only images that were read can be kept"):
            session.decide([decision(A1, content="")])
        session.decide([no])
        session.record([failure(A1)], PRODUCER)
        assert (session.counts().dropped, session.result(A1).decision) == (1, no)
        session.record([proposal(A1)], PRODUCER)
        assert session.result(A1).decision is None


def test_one_step_can_be_larger_than_what_an_undo_tells(tmp_path: Path) -> None:
    sources = [f"a/{number:04}.jpg" for number in range(1500)]
    with proposed_session(tmp_path, *sources) as session:
        session.decide([decision(sources[0], Verdict.LATER)])
        # The decisions are made while they are taken, from what is read meanwhile.
        assert session.decide(decision(result.source) for result in session.results()) == len(sources)
        assert session.counts().kept == len(sources)
        step = session.undo()
        assert (step.source, len(step.decisions), step.more) == (sources[0], 1000, 500)
        assert (session.counts().kept, session.counts().later) == (0, 1)
        assert session.redo() == step
        assert session.counts().kept == len(sources)


def test_a_step_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def breaking():
        yield decision(A1)
        raise RuntimeError("the power is out")

    with proposed_session(tmp_path, A1) as session:
        with pytest.raises(RuntimeError, match="power"):
            session.decide(breaking())
        assert session.undo() is None
        assert session.counts().kept == 0


@given(st.lists(st.integers(-(2**62), 2**62), unique=True), st.lists(st.integers(-(2**62), 2**62)))
def test_every_id_is_found_at_its_place_and_no_other(ids: list[int], asked: list[int]) -> None:
    columns = [np.array(ids, np.int64), *(np.zeros(len(ids), dtype) for dtype in "ibfbi?")]
    index = SessionIndex(columns, ["a"], ())
    expected = [ids.index(one) if one in ids else -1 for one in [*asked, *ids]]
    assert index.positions_of([*asked, *ids]).tolist() == expected
