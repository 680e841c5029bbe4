"""A small export of three images, written in one format: what the tests of every format look at."""

from __future__ import annotations

from pathlib import Path

from annot_core.export.contract import Destination, Exporter
from annot_core.export.writing import Staging
from annot_core.geometry import Box
from annot_core.records import Annotation, Decider

ANNOTATIONS = [
    Annotation("a", Path("a.png"), "cat/a.png", "cat", Box(3, 4, 20, 25), (40, 30), score=0.75, decider=Decider.AUTO),
    Annotation("b", Path("b.png"), "dog/b.png", "dog", Box(0, 0, 40, 30), (40, 30)),
    Annotation("c", Path("c.png"), "none/c.png", "none", None, (40, 30), score=0.5, decider=Decider.AUTO),
]


def export_small(exporter: Exporter, folder: Path) -> Destination:
    """Write `ANNOTATIONS`, with pictures that hold their ids, by one exporter; return where they went."""
    labels = {"cat": 'the "cat": \u732b', "dog": "dog"}
    destination = Destination(folder, ("dog", labels["cat"]), labels, {"a": "train", "b": "val", "c": "train"})
    (folder / "JPEGImages").mkdir(exist_ok=True)
    for one in ANNOTATIONS:
        destination.image_path(one.image_id).write_bytes(one.image_id.encode())
    with Staging(folder) as staging:
        exporter.export(ANNOTATIONS, destination, staging.producer(exporter.name))
    return destination
