"""Small, faultless data sets in the layouts that other programs write, for tests to break."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from annot_core.geometry import Box

SIZE = (40, 30)
BOXES: Mapping[str, tuple[str, Box] | None] = {
    "a": ("cat", Box(3, 4, 20, 25)),
    "b": ("dog", Box(0, 0, 40, 30)),
    "c": None,
}
"""Class and box by id; `c` is an image without an object."""

SETS = {"train": ("a", "c"), "val": ("b",)}
CLASSES = ("cat", "dog")


def jpeg(size: tuple[int, int] = SIZE, turn: int | None = None) -> bytes:
    """A gray JPEG, with an EXIF orientation if one is named."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    if turn is not None:
        exif[0x0112] = turn
    Image.new("RGB", size, (90, 90, 90)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def put(root: Path, path: str, content: str | bytes) -> Path:
    """Write a file, and the folders it lies in."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def voc_object(name: str, *corners: object) -> str:
    """An object with xmin, ymin, xmax and ymax."""
    edges = "".join(
        f"<{tag}>{edge}</{tag}>\n" for tag, edge in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    )
    fields = f"<name>{name}</name>\n<pose>Unspecified</pose>\n<truncated>0</truncated>\n<difficult>0</difficult>\n"
    return f"<object>\n{fields}<bndbox>\n{edges}</bndbox>\n</object>\n"


def voc_xml(file_name: str, *objects: str, size: tuple[int, int] = SIZE) -> str:
    """An XML file of VOC."""
    width, height = size
    return (
        f"<annotation>\n<folder>JPEGImages</folder>\n<filename>{file_name}</filename>\n<size>\n<width>{width}</width>\n"
        f"<height>{height}</height>\n<depth>3</depth>\n</size>\n<segmented>0</segmented>\n{''.join(objects)}</annotation>\n"
    )


def write_voc(root: Path) -> Path:
    """Write `Annotations/`, `JPEGImages/`, `ImageSets/Main/` and `classes.txt`."""
    for image_id, said in BOXES.items():
        objects = [] if said is None else [voc_object(said[0], said[1].left + 1, said[1].top + 1, *said[1][2:])]
        put(root, f"Annotations/{image_id}.xml", voc_xml(f"{image_id}.jpg", *objects))
        put(root, f"JPEGImages/{image_id}.jpg", jpeg())
    for name, ids in {**SETS, "trainval": tuple(BOXES)}.items():
        put(root, f"ImageSets/Main/{name}.txt", "".join(f"{image_id}\n" for image_id in ids))
    put(root, "classes.txt", "cat\ndog\n")
    return root


def yolo_row(number: int, box: Box, size: tuple[int, int] = SIZE) -> str:
    """A row of a label file, with the six decimals that most programs write."""
    width, height = size
    shares = (
        (box.left + box.right) / 2 / width,
        (box.top + box.bottom) / 2 / height,
        box.width / width,
        box.height / height,
    )
    return f"{number} " + " ".join(f"{share:.6f}" for share in shares) + "\n"


def write_yolo(root: Path) -> Path:
    """Write `images/<set>/`, `labels/<set>/` and `data.yaml`, as Ultralytics has them."""
    for name, ids in SETS.items():
        for image_id in ids:
            said = BOXES[image_id]
            row = "" if said is None else yolo_row(CLASSES.index(said[0]), said[1])
            put(root, f"labels/{name}/{image_id}.txt", row)
            put(root, f"images/{name}/{image_id}.jpg", jpeg())
    put(root, "data.yaml", "path: .\ntrain: images/train\nval: images/val\nnc: 2\nnames:\n  0: cat\n  1: dog\n")
    return root


def coco_of(*ids: str) -> dict[str, Any]:
    """What a COCO file says of some images."""
    images, annotations = [], []
    for number, image_id in enumerate(ids, start=1):
        width, height = SIZE
        images.append({"id": number, "file_name": f"{image_id}.jpg", "width": width, "height": height})
        said = BOXES[image_id]
        if said is not None:
            box = said[1]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": CLASSES.index(said[0]) + 1,
                    "bbox": [box.left, box.top, box.width, box.height],
                    "area": box.area,
                    "iscrowd": 0,
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}


def write_coco(root: Path) -> Path:
    """Write `annotations/instances_<set>.json` and `<set>/` with the images."""
    for name, ids in SETS.items():
        put(root, f"annotations/instances_{name}.json", json.dumps(coco_of(*ids), indent=1))
        for image_id in ids:
            put(root, f"{name}/{image_id}.jpg", jpeg())
    return root


WRITERS: Mapping[str, Callable[[Path], Path]] = {"voc": write_voc, "yolo": write_yolo, "coco": write_coco}
"""What writes a data set of each format that is read."""
