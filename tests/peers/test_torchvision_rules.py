"""What torchvision's `VOCDetection` reads must be what we hold.

Its rules (https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.VOCDetection.html) are written anew,
since PyTorch is several gigabytes: a list in `ImageSets/Main`, a line an id; image and XML file by that id; and
the XML file as nested dicts, in which `object` is a list.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hostile_names import SIZE, Hostile
from PIL import Image

from annot_core.export.coordinates import from_one_based
from annot_core.geometry import Box


def parsed(node: ElementTree.Element) -> dict[str, Any]:
    """Return an XML element as nested dicts: several children of a name are a list, and objects always are."""
    children: dict[str, list[Any]] = {}
    for child in node:
        for name, value in parsed(child).items():
            children.setdefault(name, []).append(value)
    if not children:
        return {node.tag: (node.text or "").strip()}
    found = {name: values[0] if len(values) == 1 else values for name, values in children.items()}
    if node.tag == "annotation":
        found["object"] = children.get("object", [])
    return {node.tag: found}


def read(folder: Path, image_set: str) -> dict[str, tuple[str, Box] | None]:
    """Label and box by image of a set."""
    lines = (folder / "ImageSets" / "Main" / f"{image_set}.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, tuple[str, Box] | None] = {}
    for image_id in (line.strip() for line in lines):
        with Image.open(folder / "JPEGImages" / f"{image_id}.jpg") as picture:
            assert picture.convert("RGB").size == SIZE
        target = parsed(ElementTree.parse(folder / "Annotations" / f"{image_id}.xml").getroot())["annotation"]
        assert (int(target["size"]["width"]), int(target["size"]["height"])) == SIZE
        found[target["filename"]] = None
        for one in target["object"]:
            corners = (int(one["bndbox"][side]) for side in ("xmin", "ymin", "xmax", "ymax"))
            found[target["filename"]] = (one["name"], from_one_based(*corners))
    return found


def test_all_sets_together_have_every_image_box_and_class(hostile: Hostile) -> None:
    sets = [read(hostile.output, name) for name in ("train", "val", "test")]
    assert sum(map(len, sets)) == len(hostile.held)
    assert sets[0] | sets[1] | sets[2] == hostile.held


def test_trainval_is_train_and_val(hostile: Hostile) -> None:
    assert read(hostile.output, "trainval") == read(hostile.output, "train") | read(hostile.output, "val")
