"""What an image costs, and how much memory a run takes, from a thousand images to a hundred thousand.

Each size is a process of its own, `tests.benchmarks.scaled_run`, which takes tiny images through everything but a
network. Memory counts from what was resident when all modules were imported and nothing was listed.

Findings, on two cores of a virtual machine:

- All stages together cost 1.77 ms an image at 1,000 images, 1.75 at 10,000 and 1.73 at 100,000. Nearly all of that is
  finding boxes and writing files. On a busy machine (load 20) it was four times that, and as flat.
- A million images, listed, synced and accepted without a pipeline, had 223 MB at most, while they were named; it was
  1,047 MB. Of these the listing held 676, an object an image with a path and two numbers, and naming most of the rest:
  names, their keys, a counter of them. Now a listing holds 50 bytes an image (`annot_core.listed`), the system's answer
  for a file is let go before the next one is asked about, and new images are named out of a table in the file.
- The most memory at 100,000 images was the export's, 92 MB, about 0.7 kB an image: ids and sets, for each format. It
  was 237 MB while all annotations were in a list. Before the export it is 70 MB, of which SQLite's cache is 32.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.figures import Figure

SIZES = (1_000, 10_000, 100_000)
MOST_MEMORY_MB = 300.0
MOST_TIMES = 2.0
"""What an image may cost at most, over what it costs among the fewest; disks and caches are not alike at all sizes."""
UNASKED = frozenset({"export"})
AFTER_EXPORT = frozenset({"export", "count"})
"""Stages whose memory is the export's, or what that has left; all others are asked to stay below `MOST_MEMORY_MB`."""
BAR_CELLS = 30


@dataclass(frozen=True, slots=True)
class Scaled:
    """What one size came to, by stage: seconds, and the most memory above the beginning in kilobytes."""

    images: int
    seconds: dict[str, float]
    peak_kb: dict[str, int]

    def cost_ms(self, stage: str) -> float:
        """Milliseconds an image."""
        return 1000 * self.seconds[stage] / self.images


def run_sizes(folder: Path, sizes: Sequence[int]) -> list[Scaled]:
    """Run each size, the smallest one first."""
    return [_run(folder / f"{size}", size) for size in sorted(sizes)]


def scale_figures(runs: Sequence[Scaled]) -> list[Figure]:
    """Return costs and memory of each size and stage; costs are over those at the first size."""
    first = runs[0]
    figures = [
        Figure(f"{stage}, {first.images:,} images: an image", first.cost_ms(stage), "ms") for stage in first.seconds
    ]
    for run in runs[1:]:
        figures += [
            Figure(
                f"{stage}, {run.images:,} images: an image over that at {first.images:,}",
                run.cost_ms(stage) / first.cost_ms(stage),
                "times",
                None if stage in UNASKED else MOST_TIMES,
            )
            for stage in run.seconds
        ]
    for run in runs:
        figures += [
            Figure(f"most memory above nothing, {run.images:,} images, {name}", peak_kb / 1000, "MB", at_most)
            for name, peak_kb, at_most in (
                ("before the export", max(_peaks(run)), MOST_MEMORY_MB),
                ("export", run.peak_kb["export"], None),
            )
        ]
    return figures


def curve(runs: Sequence[Scaled]) -> list[str]:
    """Draw, in text, what an image costs in all stages together at each size."""
    costs = {run.images: sum(map(run.cost_ms, run.seconds)) for run in runs}
    most = max(costs.values())
    return [
        f"{images:>11,} images {'#' * max(1, round(BAR_CELLS * cost / most)):<{BAR_CELLS}} {cost:.2f} ms an image"
        for images, cost in costs.items()
    ]


def plot(runs: Sequence[Scaled], path: Path) -> None:
    """Draw what an image costs in each stage, and the memory, over the number of images, as a PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sizes = [run.images for run in runs]
    figure, (costs, memory) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for stage in runs[0].seconds:
        costs.plot(sizes, [run.cost_ms(stage) for run in runs], marker="o", label=stage)
    costs.set(xscale="log", yscale="log", xlabel="images", ylabel="milliseconds an image")
    costs.legend(fontsize="small")
    memory.plot(sizes, [max(_peaks(run)) / 1000 for run in runs], marker="o", label="before the export")
    memory.plot(sizes, [run.peak_kb["export"] / 1000 for run in runs], marker="o", label="export")
    memory.axhline(MOST_MEMORY_MB, linestyle=":", color="gray")
    memory.set(xscale="log", xlabel="images", ylabel="most memory above nothing listed, MB", ylim=(0, None))
    memory.legend(fontsize="small")
    figure.savefig(path, format="png", dpi=120)
    plt.close(figure)


def _peaks(run: Scaled) -> list[int]:
    return [peak_kb for stage, peak_kb in run.peak_kb.items() if stage not in AFTER_EXPORT]


def _run(folder: Path, images: int) -> Scaled:
    command = [sys.executable, "-m", "tests.benchmarks.scaled_run", str(folder), str(images)]
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    finally:
        # A hundred thousand files are in the way of whatever is measured next.
        shutil.rmtree(folder, ignore_errors=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return Scaled(images, said["seconds"], said["peak_kb"])
