"""What training costs: an epoch over a bare loop of steps, and how the demo's time divides.

The bare loop is `train_on_batch`, the same network and augmentation on one batch that is in memory already: what an
epoch takes beyond that is our input and Keras' loop. They take turns. The demo is all of `autoannot-tui demo
--auto-accept` but for the start of Python, from nothing to files; the tool that this one is after took 15 minutes for
its own.

Findings, on two cores of a virtual machine, `small`, batches of 16. An epoch takes as much processor time as the bare
loop, within 3 % either way, at 128 px on the demo's pictures and at 96 px on the photos of raccoons: what is left to
gain is in the step alone, and of that the network has five sixths and the augmentation one. tf.data with bytes, instead
of a `PyDataset` with floats, saved 3 to 6 % of it. The demo took 138 s with one other program at work; training was
0.85 of it, drawing 0.11, heat maps and boxes 0.03. With 60 epochs instead of 100, and stopping early from the 45th on
alone, three seeds took four fifths of the processor time and gave 0.721 and 0.788 in the mean (first box, best
candidate) where they gave 0.723 and 0.786: no loss, but the figures for photos would have to be found anew.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.figures import Figure

DATA = Path(__file__).parents[3] / "shared" / "data"
PHOTOS = "raccoon_kangaroo"
PHOTO_SIDE_PX = 96
BATCH_SIZE = 16
MOST_DEMO_S = 180.0
MOST_EPOCH = 1.25


def measure_training(rounds: int) -> list[Figure]:
    """Measure epochs of the demo's pictures and, where they are, of real photos; then run the demo once."""
    told = json.loads(_program("demo"))
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        from annot_core.demo import draw_demo
        from tui.commands.annotating import DEMO_IMAGE_SIZE_PX

        sets = {"the demo": (draw_demo(Path(folder) / "demo").images, DEMO_IMAGE_SIZE_PX)}
        if (DATA / PHOTOS).is_dir():
            sets[PHOTOS] = (DATA / PHOTOS / "images", PHOTO_SIDE_PX)
        for name, (images, side) in sets.items():
            steps = json.loads(_program("epochs", str(images), str(side), str(rounds)))
            for clock, unit in enumerate(("time", "processor time")):
                ratio = statistics.median(
                    epoch[clock] / bare[clock] for epoch, bare in zip(steps["epoch"], steps["bare"], strict=True)
                )
                what = f"small at {side} px on {name}: {unit} of an epoch over train_on_batch"
                figures.append(Figure(what, ratio, "times", MOST_EPOCH if clock else None))
    whole = sum(told["stages"].values())
    figures.append(Figure("the demo from nothing to files", whole, "s", MOST_DEMO_S))
    figures += [Figure(f"the demo: {stage}", seconds / whole, "share") for stage, seconds in told["stages"].items()]
    return [*figures, Figure("the demo: mean IoU of the first box", told["iou"], "IoU")]


def _program(*arguments: str) -> str:
    command = [sys.executable, "-m", "tests.benchmarks.training", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that something takes, and those of processors, all threads together."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began_s, time.process_time() - began_cpu_s


def epochs(root: str, side: str, rounds: str) -> dict[str, Any]:
    """Time epochs and as many bare steps, in turns."""
    from annot_core.classifier.runtime import start_keras

    start_keras()
    from annot_core.classifier.backbones import build_backbone
    from annot_core.classifier.batches import Batches, streamed
    from annot_core.classifier.fitting import compiled_for_fitting
    from annot_core.classifier.pictures import PictureStore
    from annot_core.dataset import list_dataset

    dataset = list_dataset(Path(root))
    labels = np.array([dataset.classes.index(image.class_name) for image in dataset.images])
    weights = np.ones(len(dataset.classes), np.float32)
    with PictureStore([image.path for image in dataset.images], (int(side), int(side))) as store:
        generator = np.random.default_rng(0)
        batches = Batches(store, store.readable, labels, weights, batch_size=BATCH_SIZE, generator=generator)
        network = build_backbone("small", len(dataset.classes), seed=0)
        fitted = compiled_for_fitting(network, int(side), seed=0, steps=10_000)
        stream, batch = streamed(batches), batches[0]
        works: dict[str, Callable[[], object]] = {
            "epoch": lambda: fitted.fit(stream, shuffle=False, verbose=0),
            "bare": lambda: [fitted.train_on_batch(*batch) for _ in range(len(batches))],
        }
        for work in works.values():
            work()
        told: dict[str, Any] = {name: [] for name in works}
        for _ in range(int(rounds)):
            for name, work in works.items():
                told[name].append(_timed(work))
    return told


def demo() -> dict[str, Any]:
    """Draw, train, annotate and write, and say how many seconds each took."""
    from annot_core.annotating import annotate
    from annot_core.classifier.request import TrainingSettings
    from annot_core.demo import draw_demo
    from annot_core.evaluation import evaluate
    from annot_core.session_results import session_results
    from annot_core.truth import read_truth
    from tui.commands.annotating import DEMO_IMAGE_SIZE_PX

    training = TrainingSettings(backbone="small", image_size=DEMO_IMAGE_SIZE_PX)
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.perf_counter()
        drawn = draw_demo(Path(folder) / "demo")
        drawing_s = time.perf_counter() - began_s
        done = annotate(drawn.images, Path(folder) / "out", training=training)
        whole_s = time.perf_counter() - began_s
        stages = {"draw": drawing_s, **done.timings_s}
        stages["the rest"] = whole_s - sum(stages.values())
        found = evaluate(session_results(done.output), read_truth(drawn.truth))
    return {"stages": stages, "iou": found.overall.first.mean_iou}


if __name__ == "__main__":
    print(json.dumps({"epochs": epochs, "demo": demo}[sys.argv[1]](*sys.argv[2:])))
