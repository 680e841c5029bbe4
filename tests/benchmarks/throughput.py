"""Images a second of the whole headless run, over those of a bare loop that only classifies the same files.

Both read the same files and show the network the same number of pixels. The bare loop is `model(x, training=False)`
fed by tf.data, once as Keras runs it and once compiled by `tf.function`, which is the harder measure: nothing that
classifies on this backend is quicker. The run is all that stands between a listed data set and proposals on disk: read
and hash, decode, heat map, binary maps, five candidates, score, session. They take turns.

Findings, on two cores of a virtual machine. Of the run's processor time with `small` at 96 px, before anything was
done: 78 % box search, one map at a time (7 ms an image in `exact` alone, 23 boxes an image), 13 % the network, 3 %
reading, 1 % session. Three things brought it down:
- Boxes of a whole batch are searched together, by coordinate ascent (`annot_core.search.ascent`), and each threshold's
  components once, not three times: 12 ms an image became 0.55.
- The network works in a thread of its own, while the boxes of the batch before are searched.
- The heat map costs little over the forward pass: 1.18 times as long with `small`, 1.1 times with MobileNetV3, since
  only the head is differentiated.
XLA on a CPU: 1.07 times as long with `small`, 9 times with MobileNetV3 (its convolutions by channel), so it is off.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure

DATA = Path(__file__).parents[3] / "shared" / "data"
SETS = {
    # data set, backbone, side of the pictures in pixels, share of the bare loop's images a second that is asked for
    "tiny10": ("small", 96, 0.8),
    "raccoon_kangaroo": ("mobilenetv3", 224, 0.9),
}
BATCH_SIZE = 32


def measure_throughput(folder: Path, rounds: int) -> list[Figure]:
    """Measure on the real images where they are, else on drawn ones, each set in a process of its own."""
    figures = []
    for name, (backbone, side, asked) in SETS.items():
        images = DATA / name / "images"
        root = images if images.is_dir() else _drawn(folder / "drawn")
        command = [sys.executable, "-m", "tests.benchmarks.throughput", str(root), backbone, str(side), str(rounds)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        what = f"{backbone} at {side} px on {root.parent.name}, {told['device']}: "
        figures += [
            Figure(f"{what}images with a box", told["boxes"], "share"),
            Figure(f"{what}images/s over model(x)", _ratio(told, "eager", 0), "times", at_least=asked),
            Figure(f"{what}images/s over compiled model(x)", _ratio(told, "compiled", 0), "times"),
            Figure(f"{what}images per processor second over model(x)", _ratio(told, "eager", 1), "times"),
            Figure(f"{what}images per processor second over compiled", _ratio(told, "compiled", 1), "times"),
        ]
    return figures


def _ratio(told: dict[str, Any], loop: str, clock: int) -> float:
    """Return how many times as many images the run does in a second as a bare loop: the median over rounds."""
    return statistics.median(bare[clock] / whole[clock] for bare, whole in zip(told[loop], told["run"], strict=True))


def _drawn(folder: Path) -> Path:
    from annot_core.demo import draw_demo

    return draw_demo(folder, nuts=150, bolts=150, empty=20).images


def main(root: str, backbone: str, side: str, rounds: str) -> None:
    """Print, as JSON, the seconds that every loop took in every round."""
    from annot_core.classifier.runtime import start_keras

    start_keras()
    import keras
    import tensorflow as tf

    from annot_core.classifier.backbones import build_backbone
    from annot_core.classifier.classifier import Classifier, PixelRange
    from annot_core.dataset import list_dataset

    dataset = list_dataset(Path(root))
    model = build_backbone(backbone, len(dataset.classes), seed=0, weights=None)
    classifier = Classifier(model, dataset.classes, (int(side), int(side)), 3, PixelRange.BYTES, "random")
    paths = [str(image.path) for image in dataset.images]
    loops: dict[str, Callable[[Any], Any]] = {
        "eager": lambda x: model(x, training=False),
        "compiled": tf.function(lambda x: model(x, training=False)),
    }
    told: dict[str, Any] = {"eager": [], "compiled": [], "run": []}
    run = _run(dataset, classifier)
    for loop in loops.values():
        _classify(loop, paths[: 2 * BATCH_SIZE], int(side))
    next(run)
    for _ in range(int(rounds)):
        for name, loop in loops.items():
            with _timed(told[name]):
                _classify(loop, paths, int(side))
        with _timed(told["run"]):
            told["boxes"] = next(run)
    gpus = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    told["device"] = details.get("device_name", keras.backend.backend() + " on CPU")
    print(json.dumps(told))


@contextlib.contextmanager
def _timed(rounds: list[tuple[float, float]]) -> Iterator[None]:
    """Note the seconds that the block takes, and those of processors, all threads together."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    yield
    rounds.append((time.perf_counter() - began_s, time.process_time() - began_cpu_s))


def _classify(loop: Callable[[Any], Any], paths: list[str], side: int) -> None:
    """Show all files to a network, as fast as tf.data can read them."""
    import tensorflow as tf

    def read(path: Any) -> Any:
        picture = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
        return tf.image.resize(picture, (side, side))

    pictures = tf.data.Dataset.from_tensor_slices(paths).map(read, num_parallel_calls=tf.data.AUTOTUNE)
    for batch in pictures.ignore_errors().batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE):
        scores = loop(batch)
    scores.numpy()


def _run(dataset: Any, classifier: Any) -> Iterator[float]:
    """Propose for all images into a new session at every step; give the share that got a box."""
    from annot_core.engine.in_process import InProcessEngine
    from annot_core.imaging import content_hash
    from annot_core.naming import image_ids
    from annot_core.pipeline import Pipeline
    from annot_core.recipes import find_recipe
    from annot_core.session import Session

    engine = InProcessEngine(Pipeline(classifier, find_recipe("balanced")), batch_size=BATCH_SIZE)
    list(engine.run(dataset.images[:BATCH_SIZE]))
    yield 0.0
    while True:
        with tempfile.TemporaryDirectory() as output, Session.open(Path(output), dataset.root) as session:
            session.sync(dataset.images, content_hash, image_ids)
            session.register_producer("benchmark", {})
            boxes = 0
            for outcomes in engine.run(session.waiting("benchmark")):
                session.record(outcomes, "benchmark")
                boxes += sum(bool(getattr(outcome, "candidates", ())) for outcome in outcomes)
            yield boxes / len(dataset.images)


if __name__ == "__main__":
    main(*sys.argv[1:])
