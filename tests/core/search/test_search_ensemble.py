"""The mean of ascent and contour boxes, over one map and over several."""

import numpy as np
import pytest

from annot_core.geometry import mean_box
from annot_core.search import create_search
from annot_core.search.ensemble import EnsembleSearch
from annot_core.search.masses import map_iou


def limb_of(length):
    """A square that the best box keeps, with a limb that only the contour box follows."""
    mask = np.zeros((50, 80), dtype=bool)
    mask[10:40, 10:40] = True
    mask[25, 40 : 40 + length] = True
    return mask


EMPTY = np.zeros((50, 80), dtype=bool)


def member_boxes(*masks):
    return [create_search(name).find(mask).box for mask in masks for name in ("ascent", "contour")]


def test_one_map_gives_the_mean_of_both_boxes():
    mask = limb_of(20)
    assert member_boxes(mask) == [(10, 10, 40, 40), (10, 10, 60, 40)]
    found = EnsembleSearch().find(mask)
    assert found.box == (10, 10, 50, 40)
    assert found.score == map_iou(found.box, mask)


def test_several_maps_give_the_mean_of_all_boxes_and_the_middle_maps_score():
    masks = (limb_of(30), limb_of(20), limb_of(4))
    found = EnsembleSearch().find_over(masks)
    assert found.box == mean_box(member_boxes(*masks))
    assert found.score == map_iou(found.box, masks[1])
    assert found.score != map_iou(found.box, masks[0])


def test_empty_maps_do_not_count():
    found = EnsembleSearch().find_over((limb_of(20), EMPTY, EMPTY))
    assert found == EnsembleSearch().find(limb_of(20))


@pytest.mark.parametrize("masks", [(), (EMPTY,), (EMPTY, EMPTY, EMPTY)], ids=["none", "one", "three"])
def test_no_foreground_no_box(masks):
    assert EnsembleSearch().find_over(masks) is None


def test_maps_of_different_shape_are_refused():
    with pytest.raises(ValueError, match=r"one shape, found \(3, 4\), \(50, 80\)"):
        EnsembleSearch().find_over((EMPTY, np.ones((3, 4), dtype=bool)))


def test_thresholds_for_the_pipeline():
    assert EnsembleSearch.thresholds == (0.2, 0.3, 0.4)
