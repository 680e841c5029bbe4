"""Prints what was measured: `python -m tests.benchmarks [--json] [--images N] [--photos N] [--presses N] [PART...]`.

`scale` also takes `--sizes N,N,...` and `--plot FILE`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.big_session import draw_photos, link_dataset, propose_all
from tests.benchmarks.exporting import measure_export
from tests.benchmarks.figures import Figure
from tests.benchmarks.first_paint import measure_first_paint
from tests.benchmarks.frames import measure_frames
from tests.benchmarks.keys import measure_keys
from tests.benchmarks.memory import measure_memory
from tests.benchmarks.scale import SIZES, curve, plot, run_sizes, scale_figures
from tests.benchmarks.search import measure_search
from tests.benchmarks.throughput import measure_throughput
from tests.benchmarks.training import measure_training

PARTS = ("throughput", "search", "training", "scale", "export", "paint", "keys", "frames", "memory")
WITH_PHOTOS = frozenset({"paint", "keys", "frames", "memory"})
PHOTO_SIZE = (4000, 3000)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument("--images", type=int, default=10_000, help="images in the session (10000)")
    parser.add_argument("--photos", type=int, default=8, help="photos that are the images in turn (8)")
    parser.add_argument("--presses", type=int, default=20, help="keys of each kind, and more rounds of the rest (20)")
    sizes = ",".join(map(str, SIZES))
    parser.add_argument("--sizes", type=_sizes, default=SIZES, metavar="N,N", help=f"images for scale ({sizes})")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the curve of scale as a PNG")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"expected parts of {', '.join(PARTS)}, found {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        measured, drawn = _measure(Path(folder), options)
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], "figures": [asdict(one) for one in measured]}, indent=1))
        return
    for line in (*(one.row for one in measured), *drawn):
        print(line)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def _measure(folder: Path, options: argparse.Namespace) -> tuple[list[Figure], list[str]]:
    """Measure the parts that were asked for; return the figures, and the lines of what is drawn below them."""
    parts, images, presses = options.parts or PARTS, options.images, options.presses
    drawn: list[str] = []
    photos = draw_photos(folder / "photos", PHOTO_SIZE, options.photos) if WITH_PHOTOS.intersection(parts) else []

    def paint() -> list[Figure]:
        return measure_first_paint(link_dataset(folder / "few", photos, 20), max(3, presses // 2))

    def keys() -> list[Figure]:
        dataset, output = link_dataset(folder / "many", photos, images), folder / "out"
        propose_all(dataset, output, photos, PHOTO_SIZE)
        return measure_keys(dataset, output, photos, presses)

    def scale() -> list[Figure]:
        runs = run_sizes(folder / "scale", options.sizes)
        drawn.extend(curve(runs))
        if options.plot is not None:
            plot(runs, options.plot)
        return scale_figures(runs)

    measures: dict[str, Callable[[], list[Figure]]] = {
        "throughput": lambda: measure_throughput(folder, max(1, presses // 4)),
        "search": lambda: measure_search(max(2, presses // 2)),
        "training": lambda: measure_training(max(1, presses // 4)),
        "paint": paint,
        "keys": keys,
        "frames": lambda: measure_frames(photos),
        "memory": lambda: measure_memory(folder / "memory", photos, PHOTO_SIZE),
        "scale": scale,
        "export": lambda: measure_export(folder / "export", max(1, presses // 4)),
    }
    return [figure for name in PARTS if name in parts for figure in measures[name]()], drawn


if __name__ == "__main__":
    main()
