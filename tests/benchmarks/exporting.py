"""Images a second of an export, over those of plainly copying the same files with as many threads.

Copy and export take turns, each into an empty folder. `images alone` is the export with the least beside the JPEGs, one
table; what a plain copy does not do is to check every hash, to prepare all files apart and then rename them, and to
read back. `undecoded` is the same export over one that does not know the hashes of what was decoded, and so decodes
every JPEG to prove it whole. Memory is what Python holds at most, an image, as it grows from some images to five times
as many.

Findings, on two cores of a virtual machine that others used as well (load 19), so that processor time says more than
the clock, and neither says much of a copy, which took 35 to 112 ms of processors for the same 242 photos:
- Of these photos `images alone` took 105 to 211 ms of processors, the default formats 132 to 278, and decoding every
  JPEG to prove it, as it was before, 524 to 838; side by side, 5.3 times as many images undecoded.
- Of 2,000 tiny images, by the clock: 0.67 times as many a second as a plain copy, 0.37 with the default formats (an XML
  file is a second file), 0.22 with all, and 1.75 times as many as decoded.
- Before that, building `Path` objects for annotations that are read back from disk took a sixth of the time, and
  opening images with Pillow to learn what the frame header says another tenth.
- Memory in all formats: 1.2 kB an image; alone 0.1 kB in CSV or COCO, and 0.5 in CVAT, whose zip file's directory is
  in memory whole.
"""

from __future__ import annotations

import io
import shutil
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from annot_core.dataset import list_dataset
from annot_core.errors import ImageError
from annot_core.export import DEFAULT_FORMATS, export_all, exporter_names
from annot_core.geometry import Box
from annot_core.imaging import content_hash, peek_size
from annot_core.naming import image_ids
from annot_core.records import Annotation
from tests.benchmarks.figures import Figure
from tests.benchmarks.throughput import DATA

SETS = ("tiny10", "raccoon_kangaroo")
THREADS = 4
COUNTS = (1000, 5000)

Spent = tuple[float, float]
"""Seconds by the clock, and those of processors."""


def measure_export(folder: Path, rounds: int) -> list[Figure]:
    """Measure on the real images where they are, else on drawn ones; and memory with made-up ones."""
    figures = []
    for name in SETS:
        images = DATA / name / "images"
        annotations = annotate_all(images if images.is_dir() else _drawn(folder / f"drawn-{name}"))
        figures += measure_set(folder / name, name, annotations, rounds)
    return [*figures, measure_memory(folder / "memory")]


def measure_set(folder: Path, name: str, annotations: list[Annotation], rounds: int) -> list[Figure]:
    """Measure all kinds of exports of some images, in turns with a plain copy."""
    unknown = [replace(one, content="") for one in annotations]
    works: dict[str, Callable[[Path], object]] = {
        "copy": lambda to: _copy(annotations, to),
        "images alone": lambda to: export_all(annotations, to, ["csv"]),
        "decoded": lambda to: export_all(unknown, to, ["csv"]),
        "default formats": lambda to: export_all(annotations, to, DEFAULT_FORMATS),
        "all formats": lambda to: export_all(annotations, to, exporter_names()),
    }
    spent: dict[str, list[Spent]] = {work: [] for work in (*works, "again")}
    for _ in range(rounds + 1):
        for work, run in works.items():
            spent[work].append(_timed(run, folder / "out"))
            if work == "default formats":
                spent["again"].append(_timed(run, folder / "out"))
            shutil.rmtree(folder / "out")

    def over(base: str, work: str, clock: int) -> float:
        # The first round warms the caches.
        pairs = zip(spent[base][1:], spent[work][1:], strict=True)
        return statistics.median(before[clock] / after[clock] for before, after in pairs)

    compared = (
        ("images alone over a plain copy", "copy", "images alone"),
        ("the default formats over a plain copy", "copy", "default formats"),
        ("all formats over a plain copy", "copy", "all formats"),
        ("images alone, undecoded over decoded", "decoded", "images alone"),
        ("an export that changes nothing over the first", "default formats", "again"),
    )
    return [
        Figure(f"{name}, images {unit} of {what}", over(base, work, clock), "times")
        for what, base, work in compared
        for clock, unit in enumerate(("a second", "a processor second"))
    ]


def _timed(work: Callable[[Path], object], folder: Path) -> Spent:
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    work(folder)
    return time.perf_counter() - began_s, time.process_time() - began_cpu_s


def _copy(annotations: list[Annotation], to: Path) -> None:
    to.mkdir(parents=True)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda one: shutil.copyfile(one.path, to / f"{one.image_id}.jpg"), annotations))


def annotate_all(root: Path) -> list[Annotation]:
    """Annotate every image of a labelled folder that has a header."""
    images = list_dataset(root).images
    ids = image_ids([(image.class_name, image.source) for image in images])
    found = []
    for image_id, image in zip(ids, images, strict=True):
        try:
            width, height = peek_size(image.path)
        except ImageError:
            continue
        box = Box(width // 5, height // 5, width - width // 5, height - height // 5)
        content = content_hash(image.path)
        found.append(
            Annotation(image_id, image.path, image.source, image.class_name, box, (width, height), content, 0.5)
        )
    return found


def _drawn(folder: Path) -> Path:
    from annot_core.demo import draw_demo

    return draw_demo(folder, nuts=100, bolts=100, empty=10).images


def measure_memory(folder: Path, counts: tuple[int, int] = COUNTS) -> Figure:
    """Measure the most that Python held, with some images and with more of them, of which nothing but ids differs."""
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(buffer, "JPEG")
    most = []
    # The first run imports what all need.
    for run, count in enumerate((counts[0], *counts)):
        tracemalloc.start()
        export_all(
            _made_up(count),
            folder / str(run),
            exporter_names(),
            total=count,
            upright_jpeg=lambda _: buffer.getvalue(),
        )
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return Figure(
        f"most memory of an export in all formats, {counts[0]} to {counts[1]} images",
        (most[-1] - most[-2]) / (counts[1] - counts[0]),
        "bytes an image",
    )


def _made_up(count: int) -> Iterator[Annotation]:
    for number in range(count):
        source = f"nut/a folder/image-{number:07}.jpg"
        yield Annotation(f"image-{number:07}", Path(source), source, "nut", Box(1, 2, 30, 20), (40, 30))
