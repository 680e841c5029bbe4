from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annot_core.evaluation import Result, Score, centered_box, evaluate, whole_image
from annot_core.geometry import Box
from annot_core.truth import Truth

SIZE = (100, 50)
TRUE = Box(0, 0, 50, 50)
BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    *(st.integers(0, 60), st.integers(0, 20), st.integers(1, 40), st.integers(1, 30)),
)


def _result(name: str, box: Box | None, candidates: tuple[Box, ...] = (), class_name: str = "cat") -> Result:
    return Result(f"{class_name}/{name}.jpg", name, class_name, SIZE, box, candidates)


def test_baselines_are_the_whole_image_and_the_middle_of_it() -> None:
    assert whole_image(SIZE) == Box(0, 0, 100, 50)
    assert centered_box(SIZE) == Box(10, 5, 90, 45)


def test_one_image_is_scored_in_all_four_ways() -> None:
    truth = Truth({"cat/a.jpg": (TRUE,)})

    scores = evaluate([_result("a", Box(0, 0, 25, 50), (Box(0, 0, 25, 50), TRUE))], truth).overall

    assert scores.n == 1
    assert scores.first == Score(0.5, (1.0, 1.0, 0.0))
    assert scores.best == Score(1.0, (1.0, 1.0, 1.0))
    assert scores.whole == Score(0.5, (1.0, 1.0, 0.0))
    assert scores.centered.mean_iou == pytest.approx(40 * 40 / (50 * 50 + 80 * 40 - 40 * 40))


def test_scores_are_given_for_each_class_and_over_all_images() -> None:
    truth = Truth({"cat/a.jpg": (TRUE,), "cat/b.jpg": (TRUE,), "dog/c.jpg": (TRUE,)})
    results = [
        _result("c", Box(0, 0, 25, 50), class_name="dog"),
        _result("a", TRUE),
        _result("b", Box(60, 0, 70, 10)),
    ]

    evaluation = evaluate(results, truth)

    assert list(evaluation.classes) == ["cat", "dog"]
    assert evaluation.classes["cat"].first == Score(0.5, (0.5, 0.5, 0.5))
    assert evaluation.classes["dog"].first == Score(0.5, (1.0, 1.0, 0.0))
    assert evaluation.overall.first == Score(0.5, (2 / 3, 2 / 3, 1 / 3))
    assert evaluation.overall.n == 3


def test_of_several_true_boxes_the_one_that_fits_best_counts() -> None:
    truth = Truth({"cat/a.jpg": (Box(60, 0, 70, 10), TRUE, Box(80, 0, 90, 10))})

    assert evaluate([_result("a", TRUE)], truth).overall.first.mean_iou == 1.0


def test_an_image_with_truth_and_no_box_counts_as_0() -> None:
    truth = Truth({"cat/a.jpg": (TRUE,), "cat/b.jpg": (TRUE,)})

    scores = evaluate([_result("a", TRUE), _result("b", None)], truth).overall

    assert (scores.n, scores.first.mean_iou, scores.best.mean_iou) == (2, 0.5, 0.5)


def test_an_image_that_could_not_be_read_counts_as_0_everywhere() -> None:
    result = Result("cat/a.jpg", "a", "cat", (0, 0), None)

    scores = evaluate([result], Truth({"cat/a.jpg": (TRUE,)})).overall

    assert (scores.n, scores.first, scores.whole) == (1, scores.centered, Score(0.0, (0.0, 0.0, 0.0)))


def test_images_without_truth_are_counted_apart() -> None:
    truth = Truth({"cat/a.jpg": (TRUE,), "none/b.jpg": ()})

    evaluation = evaluate(
        [_result("a", TRUE), _result("b", None, class_name="none"), _result("c", TRUE, class_name="dog")],
        truth,
    )

    assert evaluation.without_truth == 2
    assert evaluation.overall.n == 1
    assert list(evaluation.classes) == ["cat"]


def test_nothing_to_compare_gives_zeros() -> None:
    evaluation = evaluate([], Truth({}))

    assert (evaluation.overall.n, evaluation.overall.first) == (0, Score(0.0, (0.0, 0.0, 0.0)))
    assert (evaluation.classes, evaluation.without_truth) == ({}, 0)


def test_two_images_with_one_stem_are_told_apart_by_their_ids() -> None:
    truth = Truth({"a": (Box(60, 0, 70, 10),), "cat-a": (TRUE,), "dog-a": (TRUE,)})
    results = [
        Result("cat/a.jpg", "cat-a", "cat", SIZE, TRUE),
        Result("dog/a.jpg", "dog-a", "dog", SIZE, TRUE),
    ]

    assert evaluate(results, truth).overall.first.mean_iou == 1.0


@given(st.lists(st.tuples(BOXES, BOXES, st.lists(BOXES, max_size=4)), min_size=1, max_size=8))
def test_the_best_candidate_is_never_worse_than_the_first_box(
    images: list[tuple[Box, Box, list[Box]]],
) -> None:
    truth = Truth({f"cat/{index}.jpg": (true,) for index, (true, _, _) in enumerate(images)})
    results = [_result(str(index), box, tuple(more)) for index, (_, box, more) in enumerate(images)]

    scores = evaluate(results, truth).overall

    assert 0 <= scores.first.mean_iou <= scores.best.mean_iou <= 1
    assert all(first <= best for first, best in zip(scores.first.shares, scores.best.shares, strict=True))
    for score in (scores.first, scores.best, scores.whole, scores.centered):
        assert list(score.shares) == sorted(score.shares, reverse=True)
