"""From the command to the first bytes of the first screen, against what importing Textual alone takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.figures import Figure
from tests.benchmarks.terminal import TimedTerminal

COMMAND = [sys.executable, "-c", "from tui.cli import main; main()"]
MOST_S = 0.5


def measure_first_paint(dataset: Path, runs: int) -> list[Figure]:
    """Measure both in turns, so that both see the same machine."""
    painted, imported = [], []
    for _ in range(runs):
        painted.append(_paint_s(dataset))
        imported.append(_import_s())
    ratios = [one / other for one, other in zip(painted, imported, strict=True)]
    return [
        Figure("first paint", statistics.median(painted), "s", MOST_S),
        Figure("import textual.app", statistics.median(imported), "s"),
        Figure("first paint over import textual.app", statistics.median(ratios), "times"),
    ]


def _paint_s(dataset: Path) -> float:
    with TimedTerminal([*COMMAND, str(dataset)], (80, 24)) as terminal:
        return terminal.read_until(lambda sent: b"looking through" in sent) - terminal.began_s


def _import_s() -> float:
    began_s = time.monotonic()
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
    return time.monotonic() - began_s
