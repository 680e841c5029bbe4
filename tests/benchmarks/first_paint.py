"""From the command to the first bytes of the first screen, against what importing Textual alone takes.

Findings, on two cores of a virtual machine (load 2): 0.26 to 0.28 s, 1.2 to 1.4 times what `import textual.app`
takes. It was 2.6 times that, 0.6 s of a busy machine's 0.9, as long as numpy, OpenCV, Pillow and SQLite were
imported before it: a plan needed them for two constants and a type, the app for its other screens. Now these are
imported in the thread that opens the data set. Of what is left four fifths are Textual's import, and the rest is
click, the program's own modules, and laying out and painting.
"""

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
        Figure("--help", statistics.median(_help_s() for _ in range(runs)), "s", MOST_S),
    ]


def _paint_s(dataset: Path) -> float:
    with TimedTerminal([*COMMAND, str(dataset)], (80, 24)) as terminal:
        return terminal.read_until(lambda sent: b"looking through" in sent) - terminal.began_s


def _import_s() -> float:
    return _command_s([sys.executable, "-c", "import textual.app"])


def _help_s() -> float:
    return _command_s([*COMMAND, "--help"])


def _command_s(command: list[str]) -> float:
    began_s = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began_s
