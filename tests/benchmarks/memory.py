"""Memory of the review, and what it waits for, with ever more images: neither may grow faster than they do.

Findings, on two cores of a virtual machine: 99 MB with 10,000 images and 132 MB with 100,000. It was 101 and 189 MB as
long as the listing of the data set held an object an image (see `tests.benchmarks.scale`). Nothing is quadratic: the
first picture comes after 1.9 times as long with ten times as many images.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.big_session import link_dataset, propose_all
from tests.benchmarks.figures import Figure
from tests.benchmarks.terminal import REVIEW, TimedTerminal, shows_picture

COUNTS = (10_000, 100_000)
SIZE = (130, 46)


def measure_memory(folder: Path, photos: Sequence[Path], photo_size: tuple[int, int]) -> list[Figure]:
    """Measure the app with some images and with ten times as many."""
    figures, times = [], []
    for count in COUNTS:
        dataset, output = link_dataset(folder / f"set-{count}", photos, count), folder / f"out-{count}"
        propose_all(dataset, output, photos, photo_size)
        with TimedTerminal([*REVIEW, str(dataset), str(output)], SIZE) as terminal:
            shown_s = terminal.read_until(shows_picture) - terminal.began_s
            terminal.settle(3.0)
            now, most = _memory_kb(terminal.process.pid)
        times.append(shown_s)
        figures += [
            Figure(f"memory with {count} images", now / 1000, "MB"),
            Figure(f"most memory at any time with {count} images", most / 1000, "MB"),
            Figure(f"command to the first picture with {count} images", shown_s, "s"),
        ]
    return [*figures, Figure("the first picture with ten times as many images", times[1] / times[0], "times", 10.0)]


def _memory_kb(pid: int) -> tuple[int, int]:
    """Return what a process has in memory now, and the most that it had, in kilobytes."""
    rows = dict(row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(rows["VmRSS"].split()[0]), int(rows["VmHWM"].split()[0])
