"""What is offered of an image: what was decided, else the first candidate, and what a person makes of it."""

from dataclasses import replace

import pytest

from annot_core.geometry import Box
from annot_core.records import Candidate, Decider, Decision, Status, Verdict
from annot_core.session import ImageResult
from tui.review.easel import Easel

FIRST, SECOND, OTHER = Box(1, 2, 30, 40), Box(0, 0, 64, 48), Box(5, 6, 20, 21)


def result(**changes: object) -> ImageResult:
    fields: dict[str, object] = {
        "image_id": "one",
        "source": "raccoon/one.jpg",
        "class_name": "raccoon",
        "is_background": False,
        "content": "v1",
        "status": Status.PROPOSED,
        "stage": "",
        "reason": "",
        "image_size": (64, 48),
        "score": 0.5,
        "probability": 0.5,
        "stability": 0.5,
        "candidates": (Candidate(FIRST, "ensemble", 0.3), Candidate(SECOND, "contour", "otsu")),
        "producer": "p",
        "decision": None,
    }
    return ImageResult(**(fields | changes))  # type: ignore[arg-type]


def kept(box: Box | None, class_name: str = "raccoon", verdict: Verdict = Verdict.KEEP) -> Decision:
    return Decision("raccoon/one.jpg", "v1", verdict, class_name, box, Decider.PERSON)


def test_an_undecided_image_offers_its_first_candidate() -> None:
    easel = Easel.of(result())
    assert (easel.box, easel.candidate, easel.threshold, easel.class_name) == (FIRST, 0, 0.3, "raccoon")
    assert easel.origin == "candidate 1 of 2"


@pytest.mark.parametrize(("box", "candidate"), [(SECOND, 1), (OTHER, None)], ids=["candidate", "mended"])
def test_a_kept_image_shows_what_was_kept(box: Box, candidate: int | None) -> None:
    easel = Easel.of(result(decision=kept(box, "fox")))
    assert (easel.box, easel.candidate, easel.class_name, easel.origin) == (box, candidate, "fox", "kept")


def test_a_dropped_image_still_shows_what_was_proposed() -> None:
    assert Easel.of(result(decision=kept(None, verdict=Verdict.DROP))).box == FIRST


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.BACKGROUND, "no object"),
        (Status.NO_EVIDENCE, "no evidence, no box"),
        (Status.FAILED, "failed"),
        (None, "waiting for its box"),
    ],
    ids=str,
)
def test_without_candidates_it_says_why(status: Status | None, why: str) -> None:
    easel = Easel.of(result(status=status, candidates=()))
    assert (easel.box, easel.origin) == (None, why)
    assert easel.with_next_candidate() is easel


def test_candidates_go_round() -> None:
    second = Easel.of(result()).with_next_candidate()
    assert (second.box, second.candidate, second.threshold) == (SECOND, 1, "otsu")
    assert second.with_next_candidate().candidate == 0


def test_a_box_of_ones_own_is_no_candidate_and_leads_back_to_the_first() -> None:
    drawn = Easel.of(result()).with_box(OTHER)
    assert (drawn.box, drawn.candidate, drawn.origin) == (OTHER, None, "adjusted")
    assert drawn.with_next_candidate().candidate == 0


def test_a_threshold_moves_from_where_it_is_and_from_the_usual_one_where_that_has_no_number() -> None:
    first = Easel.of(result())
    moved = first.with_threshold(0.35, OTHER)
    assert (moved.start_threshold, moved.origin) == (0.35, "threshold 0.35")
    assert first.with_next_candidate().start_threshold == 0.3


def test_what_it_is_made_of_stays_as_it_is() -> None:
    first = Easel.of(result())
    before = replace(first)
    first.with_box(OTHER)
    first.with_class("fox")
    assert first == before
