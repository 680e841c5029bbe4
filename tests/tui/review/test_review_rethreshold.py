"""Boxes at other thresholds: the pipeline's own, remembered, and without GPyOpt."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from review_fakes import failure, no_evidence, open_session, proposal

from annot_core.candidates import BoxRule, find_candidates
from annot_core.records import Candidate
from annot_core.session import ImageResult, Session
from tui.review import rethreshold
from tui.review.rethreshold import THRESHOLDS, Rethresholder, stepped

SOURCE, SIZE = "a/1.jpg", (200, 120)
GRID = np.random.default_rng(3).uniform(0, 1, (6, 10)).astype(np.float16)


def described(search: str) -> dict[str, object]:
    return {"recipe": {"search": search, "threshold": 0.3}}


def proposed(rule: BoxRule, **changes: Any) -> Any:
    (offer,) = find_candidates([GRID.astype(np.float32)], [SIZE], rule)
    return proposal(SOURCE, image_size=SIZE, candidates=offer.candidates, heatmap=GRID, **changes)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    outcomes = [proposed(BoxRule("ensemble")), no_evidence("a/2.jpg"), failure("a/3.jpg")]
    with open_session(tmp_path, outcomes, description=described("ensemble")) as opened:
        yield opened


def result_of(session: Session, source: str = SOURCE) -> ImageResult:
    result = session.result(source)
    assert result is not None
    return result


def without_proposal(session: Session) -> ImageResult:
    return replace(result_of(session), candidates=())


def test_thresholds_go_from_a_twentieth_to_nineteen() -> None:
    assert (len(THRESHOLDS), THRESHOLDS[0], THRESHOLDS[5], THRESHOLDS[-1]) == (19, 0.05, 0.3, 0.95)


@pytest.mark.parametrize(
    ("threshold", "by", "expected"),
    [(0.3, 1, 0.35), (0.3, -1, 0.25), (0.33, 1, 0.35), (0.33, -1, 0.3), (0.95, 1, 0.95), (0.05, -1, 0.05)],
)
def test_a_step_goes_to_the_next_threshold_as_far_as_there_is_one(threshold: float, by: int, expected: float) -> None:
    assert stepped(threshold, by) == expected


def test_every_threshold_is_reached_and_left_again() -> None:
    up, down = [THRESHOLDS[0]], [THRESHOLDS[-1]]
    for _ in THRESHOLDS[1:]:
        up.append(stepped(up[-1], +1))
        down.append(stepped(down[-1], -1))
    assert up == down[::-1] == list(THRESHOLDS)


@pytest.mark.parametrize("search", ["ensemble", "exact", "contour"])
@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.95])
def test_the_box_is_the_one_that_the_recipe_would_propose(tmp_path: Path, search: str, threshold: float) -> None:
    with open_session(tmp_path, [proposed(BoxRule(search, threshold))], description=described(search)) as session:
        again = Rethresholder(session).candidate(without_proposal(session), threshold)
        assert again == result_of(session).candidates[0]


def test_the_box_is_searched_exactly_where_bayes_proposed_it(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposed(BoxRule("exact", 0.4))], description=described("bayes")) as session:
        assert Rethresholder(session).candidate(without_proposal(session), 0.4) == result_of(session).candidates[0]


def test_at_the_proposed_threshold_the_proposed_box_comes_back(tmp_path: Path) -> None:
    mine = Candidate(proposal(SOURCE).candidates[0].box, "bayes", 0.3)
    outcome = proposal(SOURCE, image_size=SIZE, candidates=(mine,), heatmap=GRID)
    with open_session(tmp_path, [outcome], description=described("bayes")) as session:
        assert Rethresholder(session).candidate(result_of(session), 0.3) == mine


def test_boxes_shrink_as_the_threshold_rises(session: Session) -> None:
    finder = Rethresholder(session)
    boxes = [finder.candidate(result_of(session), threshold) for threshold in (0.05, 0.95)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0].box.area > boxes[1].box.area


@pytest.mark.parametrize("source", ["a/2.jpg", "a/3.jpg"], ids=["no heat map", "failed"])
def test_without_a_heat_map_there_is_no_box(session: Session, source: str) -> None:
    finder, result = Rethresholder(session), result_of(session, source)
    assert finder.candidate(result, 0.4) is None
    assert finder.heat(result).shape == (0, 0)


def test_what_was_found_is_not_searched_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    monkeypatch.setattr(rethreshold, "find_own", lambda heat, size, rule: searched.append(rule.threshold))
    monkeypatch.setattr(rethreshold, "MOST_BOXES", 2)
    finder, result = Rethresholder(session), result_of(session)
    for threshold in (0.4, 0.5, 0.4, 0.6, 0.4, 0.5):
        finder.candidate(result, threshold)
    assert searched == [0.4, 0.5, 0.6, 0.5]
    finder.candidate(replace(result, content="v2"), 0.5)
    assert searched == [0.4, 0.5, 0.6, 0.5, 0.5]


def test_the_heat_is_read_once_and_has_the_images_shape(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    finder, result = Rethresholder(session), result_of(session)
    heat = finder.heat(result)
    monkeypatch.setattr(session, "heatmap", None)
    assert finder.heat(result) is heat
    assert (heat.shape, heat.dtype) == ((58, 96), np.float32)
    with pytest.raises(ValueError, match="read-only"):
        heat[0, 0] = 1


def test_an_unknown_producer_is_taken_for_the_usual_recipe(session: Session) -> None:
    result = without_proposal(session)
    finder = Rethresholder(session)
    assert finder.candidate(replace(result, producer="other"), 0.5) == finder.candidate(result, 0.5)


def test_nothing_slow_is_loaded(tmp_path: Path) -> None:
    with open_session(tmp_path, [proposed(BoxRule("exact"))], description=described("bayes")):
        pass
    code = (
        "import sys, pathlib\n"
        "from annot_core.session import Session\n"
        "from tui.review.rethreshold import Rethresholder\n"
        "session = Session.load(pathlib.Path(sys.argv[1]))\n"
        "found = Rethresholder(session).candidate(session.result('a/1.jpg'), 0.5)\n"
        "print(found.search, *(name for name in sys.modules if '.' not in name))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    search, *loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert search == "exact"
    assert set(loaded).isdisjoint({"GPyOpt", "GPy", "matplotlib", "tensorflow", "keras", "textual"})
