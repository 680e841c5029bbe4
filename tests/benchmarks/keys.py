"""From a key to the next picture, with many images in the session, against rich-pixels in a Static.

The photos have 12 million pixels, the terminal 130 x 46 cells, and a key is pressed a second after the line
has fallen silent, as a person does: the neighbors are made by then. Every figure of one table is taken in one
run; a machine that is busy meanwhile makes the milliseconds larger, and the ratios less so.

Findings, on two cores of a virtual machine that was busy with other things (load 2):

- `n` takes 10 ms (median) to the picture's first bytes and 11 ms to its last; rich-pixels takes 25 times as long. With
  a load of 4 it was 11 and 18 ms. What there is to it: 1 ms to the thread that moves the cursor and back, 2 ms to find
  the frame and compare it with the one that is shown, 3 ms of layout since the side panel's text has changed, 1 ms to
  gather the rows.
- A verdict takes 14 to 16 ms: as much and, besides, what the disk takes for five `fdatasync` in a row, SQLite's
  journal, its folder, the journal's header, the file, and the folder again. On the same disk one took 0.2 ms at one
  time and 4 ms half an hour earlier, and a verdict 16 and 40 ms; hence the figure for one sync in the table. Keeping
  the journal's file (`journal_mode = PERSIST`) would save one of the five. Nothing else can be left out: a decision
  is on disk before the screen moves on.
- Neighbors are made once the picture's bytes are with the terminal. When they were begun at once, threads that decode
  took the lock from the one that writes: with a load of 3.5 the last bytes came after 25 ms (median; p90 41) instead
  of 17 (30). Without neighbors made ahead it was 66 ms.
- Beside a network that trains on one of the two cores, with a load of 4.6, `n` took 20 ms to the first bytes and `d`,
  on the slow disk of that moment, 52.
- Shorter turns of Python's lock (`sys.setswitchinterval`) made it slower, not faster.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, spread
from tests.benchmarks.terminal import REVIEW, Press, TimedTerminal, shows_picture

SIZE = (130, 46)
STATIC = [sys.executable, "-m", "tests.benchmarks.programs", "static"]
PAUSE_S = 1.0
MOST_MS = 30.0


def measure_keys(dataset: Path, output: Path, photos: Sequence[Path], presses: int) -> list[Figure]:
    """Measure `n`, which only moves, and `d`, which also decides; and `n` in a plain viewer of the same photos."""
    review = [*REVIEW, str(dataset), str(output)]
    moves, verdicts = _press(review, "n", presses), _press(review, "d", presses)
    plain = _press([*STATIC, *map(str, photos)], "n", max(3, presses // 4))
    figures = [
        *_of(moves, "key n to the next picture", MOST_MS),
        *_of(verdicts, "key d, with its verdict on disk, to the next picture", MOST_MS),
        *_of(plain, "rich-pixels in a Static, to the next picture", None),
        Figure("one sync of the disk, median", _sync_ms(output), "ms"),
    ]
    ratio = statistics.median(press.last_s for press in plain) / statistics.median(press.last_s for press in moves)
    return [
        *figures,
        Figure("rich-pixels in a Static over key n, to the last bytes", ratio, "times"),
        Figure("bytes of a picture, median", statistics.median(press.size_bytes for press in moves) / 1000, "kB"),
    ]


def _press(command: Sequence[str], key: str, presses: int) -> list[Press]:
    with TimedTerminal(command, SIZE) as terminal:
        terminal.read_until(shows_picture)
        terminal.settle(2.0)
        found = []
        for _ in range(presses):
            found.append(terminal.press(key))
            terminal.settle(PAUSE_S)
        terminal.type("q")
        terminal.settle(0.5)
    return found


def _of(presses: Sequence[Press], name: str, at_most: float | None) -> list[Figure]:
    first = spread(f"{name}: first bytes", [1000 * press.first_s for press in presses], "ms", at_most)
    return [*first, *spread(f"{name}: last bytes", [1000 * press.last_s for press in presses], "ms")]


def _sync_ms(folder: Path) -> float:
    """Return how long it takes to have a page of a file on disk."""
    path = folder / "sync"
    times = []
    with path.open("wb") as file:
        for _ in range(15):
            file.write(os.urandom(4096))
            file.flush()
            began_s = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(1000 * (time.monotonic() - began_s))
    path.unlink()
    return statistics.median(times)
