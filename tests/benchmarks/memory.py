"""Memory and work of opening a session of ever more images: neither may grow faster than they do."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from annot_core.session import Session
from tests.benchmarks.big_session import PRODUCER, assign_ids, many_images, no_hash, proposal
from tests.benchmarks.figures import Figure

COUNTS = (10_000, 100_000)


def measure_memory(folder: Path) -> list[Figure]:
    """Measure what the app needs before its first picture, for some images and for ten times as many."""
    figures, times = [], []
    for count in COUNTS:
        root, output = folder / f"set-{count}", folder / f"out-{count}"
        root.mkdir(parents=True)
        _make(root, output, count)
        began_s = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.programs", "memory", str(root), str(output)],
            capture_output=True,
            text=True,
            check=True,
        )
        times.append(time.monotonic() - began_s)
        before, after = (int(word) for word in done.stdout.split())
        figures.append(Figure(f"memory of the review of {count} images", after / 1e6, "MB"))
        figures.append(Figure("  of which for the session", (after - before) / 1e6, "MB"))
    return [*figures, Figure("opening ten times as many images", times[1] / times[0], "times", 10.0)]


def _make(root: Path, output: Path, count: int) -> None:
    with Session.open(output, root) as session:
        session._connection.execute("PRAGMA synchronous = OFF")
        session.sync(many_images(root, count), no_hash, assign_ids)
        session.register_producer(PRODUCER, {})
        batch = []
        for image in many_images(root, count):
            batch.append(proposal(image.source, "v1", (4000, 3000)))
            if len(batch) == 5000:
                session.record(batch, PRODUCER)
                batch = []
        session.record(batch, PRODUCER)
