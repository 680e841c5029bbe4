"""Coordinate ascent over many maps at once."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annot_core.search import find_box
from annot_core.search.ascent import ascend
from annot_core.search.contour import largest_components
from annot_core.search.masses import map_iou

STACKS = arrays(np.bool_, st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)))


def blobs(count, seed=0, shape=(40, 56)):
    """Maps as smooth as those of heat."""
    rng = np.random.default_rng(seed)
    smooth = [cv2.GaussianBlur(rng.random(shape), (0, 0), 6) for _ in range(count)]
    shares = np.linspace(0.4, 0.95, count)
    return np.stack([heat > np.quantile(heat, share) for heat, share in zip(smooth, shares, strict=True)])


def boxes_of(masks):
    return ascend(masks, largest_components(masks))


@given(STACKS)
def test_no_single_edge_leads_to_a_better_box(masks):
    found = boxes_of(masks)
    for mask, edges, inside, union in zip(masks, found.edges, found.inside, found.union, strict=True):
        if not mask.any():
            assert inside == 0
            continue
        for side in range(4):
            for place in range(max(mask.shape) + 1):
                left, top, right, bottom = (*edges[:side].tolist(), place, *edges[side + 1 :].tolist())
                if not (left < right <= mask.shape[1] and top < bottom <= mask.shape[0]):
                    continue
                held = int(mask[top:bottom, left:right].sum())
                other = (right - left) * (bottom - top) + int(mask.sum()) - held
                assert held * union <= inside * other


@given(STACKS)
def test_boxes_are_rated_by_what_they_hold(masks):
    found = boxes_of(masks)
    for mask, (left, top, right, bottom), inside, union in zip(
        masks, found.edges, found.inside, found.union, strict=True
    ):
        if mask.any():
            held = int(mask[top:bottom, left:right].sum())
            assert (inside, union) == (held, (right - left) * (bottom - top) + int(mask.sum()) - held)


@given(STACKS, st.integers(0, 3), st.integers(0, 3))
def test_neither_maps_beside_nor_empty_lines_around_change_a_box(masks, rows, columns):
    padded = np.pad(masks, ((0, 0), (0, rows), (0, columns)))
    together = boxes_of(padded).edges
    for mask, edges in zip(masks, together, strict=True):
        if mask.any():
            assert boxes_of(mask[None]).edges[0].tolist() == edges.tolist()


def test_smooth_maps_get_the_best_box_of_all_in_nearly_every_case():
    masks = blobs(150)
    found = boxes_of(masks)
    shares = [
        inside / union / find_box(mask).score
        for mask, inside, union in zip(masks, found.inside, found.union, strict=True)
    ]
    assert max(shares) <= 1
    assert np.mean(np.array(shares) == 1) > 0.9
    assert np.mean(shares) > 0.998


def test_maps_stay_as_they_are():
    masks = blobs(3)
    masks.flags.writeable = False
    before = masks.tobytes()
    boxes_of(masks)
    assert masks.tobytes() == before


def test_the_score_of_one_map_is_its_iou():
    mask = blobs(1)[0]
    found = find_box(mask, "ascent")
    assert found.score == map_iou(found.box, mask)
