"""Boxes that the real pipeline finds anew on augmented images."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_folders import draw_dataset
from kept_outputs import keep_all

from annot_core.augment.job import augment_output
from annot_core.augment.settings import AugmentSettings, BoxSource, Effect
from annot_core.errors import ModelError
from annot_core.records import Decider
from annot_core.session import Session

STILL = {Effect.SCALE, Effect.CROP, Effect.CUTOUT, Effect.PASTE, Effect.BRIGHTNESS, Effect.CONTRAST, Effect.HUE}
ANEW = AugmentSettings(boxes=BoxSource.ANNOTATE, without=STILL, min_score=0.2)


@pytest.mark.slow
def test_boxes_are_found_where_the_geometry_takes_them(tmp_path: Path, tone_model: Path, uncompiled: None) -> None:
    found = {}
    for name, settings in (("anew", ANEW), ("carried", AugmentSettings(without=STILL))):
        output = keep_all(draw_dataset(tmp_path / name / "photos"))
        model = tone_model if settings is ANEW else None
        result = augment_output(output, 8, settings, model=model, search="exact", cam="gradcam", threshold=0.3)
        assert result.images + result.left_out == 8
        with Session.load(output) as session:
            found[name] = {copy.image_id: copy for copy in session.copies()}
    assert len(found["anew"]) >= 4
    for copy in found["anew"].values():
        assert copy.decider is Decider.AUTO
        assert copy.score is not None
        assert copy.score >= ANEW.min_score
        assert copy.box is not None
    same = [
        found["carried"][one] for one in found["anew"] if found["carried"][one].content == found["anew"][one].content
    ]
    assert same
    for carried in same:
        anew = found["anew"][carried.image_id]
        assert carried.box is not None
        assert anew.box is not None
        assert anew.box.iou(carried.box) > 0.4


def test_without_a_classifier_nothing_is_done(tmp_path: Path) -> None:
    output = keep_all(draw_dataset(tmp_path / "photos"))
    with pytest.raises(ModelError, match="name yours with --model"):
        augment_output(output, 8, ANEW)
    assert not (output / "JPEGImages").exists()
