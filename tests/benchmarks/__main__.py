"""Prints what was measured: `python -m tests.benchmarks [--json] [--images N] [--photos N] [--presses N] [PART...]`."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.big_session import draw_photos, link_dataset, propose_all
from tests.benchmarks.figures import Figure
from tests.benchmarks.first_paint import measure_first_paint
from tests.benchmarks.frames import measure_frames
from tests.benchmarks.keys import measure_keys
from tests.benchmarks.memory import measure_memory

PARTS = ("paint", "keys", "frames", "memory")
PHOTO_SIZE = (4000, 3000)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument("--images", type=int, default=10_000, help="images in the session (10000)")
    parser.add_argument("--photos", type=int, default=8, help="photos that are the images in turn (8)")
    parser.add_argument("--presses", type=int, default=20, help="keys of each kind (20)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"expected parts of {', '.join(PARTS)}, found {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        measured = _measure(Path(folder), options)
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], "figures": [asdict(one) for one in measured]}, indent=1))
        return
    for one in measured:
        print(one.row)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _measure(folder: Path, options: argparse.Namespace) -> list[Figure]:
    photos = draw_photos(folder / "photos", PHOTO_SIZE, options.photos)
    few = link_dataset(folder / "few", photos, 20)

    def keys() -> list[Figure]:
        dataset, output = link_dataset(folder / "many", photos, options.images), folder / "out"
        propose_all(dataset, output, photos, PHOTO_SIZE)
        return measure_keys(dataset, output, photos, options.presses)

    measures: dict[str, Callable[[], list[Figure]]] = {
        "paint": lambda: measure_first_paint(few, max(3, options.presses // 2)),
        "keys": keys,
        "frames": lambda: measure_frames(photos),
        "memory": lambda: measure_memory(folder / "memory", photos, PHOTO_SIZE),
    }
    return [figure for name in PARTS if name in (options.parts or PARTS) for figure in measures[name]()]


if __name__ == "__main__":
    main()
