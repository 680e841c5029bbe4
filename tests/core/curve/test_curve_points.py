"""Points on disk: what makes two of them the same, and that they come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annot_core.curve.points import Point, key_for, read_points, write_points
from annot_core.detector.request import DetectorSettings
from annot_core.geometry import Box
from annot_core.records import Annotation

IMAGE = Annotation("a", Path("a.jpg"), "nut/a.jpg", "nut", Box(1, 2, 3, 4), (9, 9), content="c0ffee")
OTHER = replace(IMAGE, image_id="b")
SAME: dict[str, Any] = {
    "training": [IMAGE],
    "held_out": [OTHER],
    "classes": ["nut"],
    "settings": DetectorSettings(epochs=3),
}
POINT = Point(100, "key", 0.5, 0.75, 0.6, {"nut": 0.75})


@pytest.mark.parametrize(
    "change",
    [
        {"training": [replace(IMAGE, box=Box(1, 2, 3, 5))]},
        {"training": [replace(IMAGE, box=None)]},
        {"training": [replace(IMAGE, content="other")]},
        {"training": [replace(IMAGE, class_name="bolt")]},
        {"training": [IMAGE, OTHER], "held_out": []},
        {"held_out": [replace(OTHER, box=None)]},
        {"classes": ["bolt", "nut"]},
        {"settings": DetectorSettings(epochs=4)},
    ],
    ids=["box", "no box", "content", "class", "trains instead", "held out", "classes", "settings"],
)
def test_whatever_decides_a_point_changes_its_key(change: dict[str, Any]) -> None:
    assert key_for(**SAME) != key_for(**{**SAME, **change})
    assert key_for(**SAME) == key_for(**SAME)


def test_where_images_lie_changes_nothing() -> None:
    assert key_for(**SAME) == key_for(**{**SAME, "training": [replace(IMAGE, path=Path("/elsewhere/a.jpg"))]})


def test_points_come_back_as_long_as_their_detector_is_there(tmp_path: Path) -> None:
    small = replace(POINT, images=50)
    for point in (POINT, small):
        (tmp_path / point.model_file).write_bytes(b"model")
    write_points(tmp_path, [POINT, small])
    assert read_points(tmp_path) == [small, POINT]
    (tmp_path / small.model_file).unlink()
    assert read_points(tmp_path) == [POINT]
    assert read_points(tmp_path / "nowhere") == []
