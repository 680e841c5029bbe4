"""A whole headless run over many tiny images with a stand-in for the network: FOLDER COUNT; prints JSON.

All but the network is what every run has: listing, session, engine, pipeline, accepting, export. No TensorFlow is
loaded, so that the memory is ours alone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import annot_core.annotating
import annot_core.pipeline
import annot_core.search.contour
from annot_core.cam.heatmapper import Heat
from annot_core.classifier.classifier import Classifier, PixelRange
from annot_core.dataset import list_dataset
from annot_core.engine.in_process import InProcessEngine
from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Ready
from annot_core.imaging import content_hash
from annot_core.naming import image_ids
from annot_core.progress import Event, Stage, StageFinished, StageStarted
from annot_core.session import Session

CLASSES = ("bolt", "nut")
SIZE_PX = 32
ORIGINALS = 64
"""Files that the others are links to; most file systems allow some ten thousand links to one."""


@dataclass(frozen=True, slots=True)
class StubUnderWay:
    """Heat maps that nobody has to wait for."""

    heat: Heat

    def wait(self) -> Heat:
        """Return them."""
        return self.heat


class StubHeatmapper:
    """Gives every picture the same warm spot, and knows no network."""

    def __init__(self, *arguments: object, **options: object) -> None:
        side = np.linspace(-1, 1, 7, dtype=np.float32)
        spot = np.exp(-4 * (side[:, None] ** 2 + side[None, :] ** 2))
        self._map = spot / spot.max()

    def heat(self, images: NDArray[np.generic], class_indices: NDArray[np.integer]) -> Heat:
        """Return as many maps, and probabilities of 0.9."""
        return self.begin(images, class_indices).wait()

    def begin(self, images: NDArray[np.generic], class_indices: NDArray[np.integer]) -> StubUnderWay:
        """Do the same for whoever waits later."""
        heat = Heat(np.repeat(self._map[None], len(images), axis=0), np.full(len(images), 0.9, np.float32))
        return StubUnderWay(heat)


class Stages:
    """Seconds of each stage, and the most memory that was resident meanwhile, in kilobytes above the beginning."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peak_kb: dict[str, int] = {}
        self._base_kb = memory_kb("VmRSS")
        self._began_s = 0.0

    def begin(self) -> None:
        """Begin a stage."""
        # The peak starts anew, at what is resident now; where that is not allowed it is the largest so far.
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        self._began_s = time.monotonic()

    def end(self, stage: str) -> None:
        """End the stage that was begun."""
        self.seconds[stage] = time.monotonic() - self._began_s
        self.peak_kb[stage] = memory_kb("VmHWM") - self._base_kb

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """Take a block for a stage."""
        self.begin()
        yield
        self.end(stage)

    def hear(self, event: Event) -> None:
        """Follow a run; accepting comes between annotating and exporting."""
        match event:
            case StageStarted(stage=Stage.ANNOTATE):
                self.begin()
            case StageFinished(stage=Stage.ANNOTATE):
                self.end("annotate")
                self.begin()
            case StageFinished(stage=Stage.EXPORT):
                self.end("export")


def memory_kb(row: str) -> int:
    """Return a row of what the system knows of this process' memory."""
    rows = dict(row.split(":", 1) for row in Path("/proc/self/status").read_text().splitlines())
    return int(rows[row].split()[0])


def link_images(folder: Path, count: int) -> Path:
    """Make a labelled folder of `count` tiny images, which are links to a few; return it."""
    originals = folder / "originals"
    originals.mkdir(parents=True)
    for number in range(ORIGINALS):
        pixels = np.random.default_rng(number).integers(0, 256, (SIZE_PX, SIZE_PX, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(originals / f"{number}.jpg")
    for name in CLASSES:
        (folder / "images" / name).mkdir(parents=True)
    for number in range(count):
        name = CLASSES[number * len(CLASSES) // count]
        os.link(originals / f"{number % ORIGINALS}.jpg", folder / "images" / name / f"{name}-{number:07}.jpg")
    return folder / "images"


@contextmanager
def stub_engine(job: EngineJob, **options: object) -> Iterator[tuple[Ready, InProcessEngine]]:
    """Give the engine of a classifier without a model, for a heatmapper that looks at none."""
    model: Any = None
    classifier = Classifier(model, CLASSES, (SIZE_PX, SIZE_PX), 3, PixelRange.UNIT, "stub")
    pipeline = annot_core.pipeline.Pipeline(classifier, job.recipe, max_pixels=job.max_pixels)
    yield Ready("stub", {}), InProcessEngine(pipeline, batch_size=job.batch_size)


def run(folder: Path, count: int) -> Stages:
    """Link the images, and take them through all stages."""
    annot_core.pipeline.Heatmapper = StubHeatmapper  # type: ignore[assignment,misc]
    annot_core.annotating.prepared_engine = stub_engine  # type: ignore[assignment]
    root, output = link_images(folder, count), folder / "out"
    stages, export_session = Stages(), annot_core.annotating.export_session

    def export(*arguments: Any, **options: Any) -> Any:
        stages.end("accept")
        stages.begin()
        return export_session(*arguments, **options)

    annot_core.annotating.export_session = export
    with stages.stage("list"):
        listed = list_dataset(root)
    with stages.stage("open and sync"), Session.open(output, root) as session:
        session.sync(listed.images, content_hash, image_ids)
    with stages.stage("open and sync again"), Session.open(output, root) as session:
        session.sync(listed.images, content_hash, image_ids)
    del listed
    done = annot_core.annotating.annotate(root, output, search="contour", listener=stages.hear)
    with stages.stage("count"), Session.load(output) as session:
        counts, by_class, index = session.counts(), session.class_counts(), session.index()
    assert done.counts == counts
    assert counts.kept == sum(one.kept for one in by_class) == index.counts().kept == count
    return stages


if __name__ == "__main__":
    measured = run(Path(sys.argv[1]), int(sys.argv[2]))
    assert "tensorflow" not in sys.modules
    print(json.dumps({"seconds": measured.seconds, "peak_kb": measured.peak_kb}))
