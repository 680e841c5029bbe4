"""What datumaro, and CVAT, which reads by it, find in our files must be what we hold.

datumaro wants older versions of OpenCV and Pillow than what we are tested with, so it lives in an environment of
its own; AUTOANNOT_DATUMARO names the Python of that one, as `.ci/run` makes it.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from hostile_names import Hostile

from annot_core.geometry import Box

PYTHON = os.environ.get("AUTOANNOT_DATUMARO", "")

pytestmark = pytest.mark.skipif(
    not PYTHON, reason="datumaro needs an environment of its own; name its Python in AUTOANNOT_DATUMARO"
)

Read = dict[str, dict[str, tuple[str, Box] | None]]


def read(name: str, folder: Path, counts_from: int) -> Read:
    """Label and box by image, by set; datumaro takes VOC's numbers as they stand, also the last pixel's."""
    script = Path(__file__).with_name("read_by_datumaro.py")
    command = [PYTHON, "-W", "ignore", script, name, folder]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env={"LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr.decode()
    found: Read = {}
    for image_set, image, label, corner in json.loads(done.stdout):
        images = found.setdefault(image_set, {})
        assert f"{image}.jpg" not in images
        images[f"{image}.jpg"] = None
        if corner is not None:
            x, y, width, height = map(round, corner)
            box = Box(x - counts_from, y - counts_from, x + width, y + height)
            images[f"{image}.jpg"] = (label, box)
    return found


def test_pascal_voc_has_every_image_box_and_class(hostile: Hostile) -> None:
    sets = read("voc", hostile.output, counts_from=1)
    assert sets["train"] | sets["val"] | sets["test"] == hostile.held
    assert sets["trainval"] == sets["train"] | sets["val"]


def test_the_zip_file_for_cvat_has_each_image_once(hostile: Hostile, tmp_path: Path) -> None:
    with zipfile.ZipFile(hostile.output / "cvat.zip") as file:
        file.extractall(tmp_path)
    assert read("voc", tmp_path, counts_from=1) == {"default": hostile.held}


def test_yolo_has_every_image_box_and_class(hostile: Hostile) -> None:
    sets = read("yolo", hostile.output / "yolo", counts_from=0)
    assert {name: len(images) for name, images in sets.items()} == dict(hostile.summary.sets)
    assert sets["train"] | sets["val"] | sets["test"] == hostile.held


def test_coco_has_every_image_box_and_class(hostile: Hostile) -> None:
    sets = read("coco", hostile.output / "coco", counts_from=0)
    assert {name: len(images) for name, images in sets.items()} == dict(hostile.summary.sets)
    assert sets["train"] | sets["val"] | sets["test"] == hostile.held
