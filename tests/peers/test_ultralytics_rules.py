"""What Ultralytics reads must be what we hold.

Its rules (https://docs.ultralytics.com/datasets/detect/) are written anew, since it needs PyTorch: sets and classes in
`data.yaml`, whose own folder is the root where it names no other; the labels of an image where `images` is `labels`
in its path; rows of five numbers in 32 bits, none over 1 and none twice.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from hostile_names import SIZE, Hostile
from PIL import Image

from annot_core.geometry import Box


def from_shares(x: float, y: float, width: float, height: float, size: tuple[int, int]) -> Box:
    """Read a box as readers of YOLO do: centers and sizes, as shares of the sides, on the nearest pixels."""
    edges = (
        (x - width / 2) * size[0],
        (y - height / 2) * size[1],
        (x + width / 2) * size[0],
        (y + height / 2) * size[1],
    )
    return Box(*map(round, edges))


def read(data: Path) -> dict[str, tuple[str, Box] | None]:
    """Label and box by image of all sets that a `data.yaml` names."""
    told = yaml.safe_load(data.read_text(encoding="utf-8"))
    root = Path(told.get("path") or data.parent)
    assert sorted(told["names"]) == list(range(told["nc"]))
    found: dict[str, tuple[str, Box] | None] = {}
    for name in ("train", "val", "test"):
        for image in sorted((root / told[name]).iterdir()):
            with Image.open(image) as picture:
                assert (picture.format, picture.size) == ("JPEG", SIZE)
            labels = Path("/labels/".join(str(image).rsplit("/images/", 1))).with_suffix(".txt")
            rows = [line.split() for line in labels.read_text(encoding="utf-8").strip().splitlines() if line]
            boxes = np.array(rows, dtype=np.float32).reshape(-1, 5)
            assert (boxes >= 0).all()
            assert (boxes[:, 1:] <= 1).all()
            assert len(np.unique(boxes, axis=0)) == len(boxes)
            assert image.name not in found
            found[image.name] = None
            for number, *shares in boxes.tolist():
                found[image.name] = (told["names"][int(number)], from_shares(*shares, SIZE))
    return found


def test_every_image_box_and_class_is_there(hostile: Hostile) -> None:
    assert read(hostile.output / "yolo" / "data.yaml") == hostile.held


def test_classes_are_numbered_in_the_order_of_classes_txt(hostile: Hostile) -> None:
    names = yaml.safe_load((hostile.output / "yolo" / "data.yaml").read_text(encoding="utf-8"))["names"]
    order = (hostile.output / "classes.txt").read_text(encoding="utf-8").splitlines()
    assert list(names.items()) == list(enumerate(order))
