"""Live progress of training: epoch, loss, accuracy, a sparkline of the loss, time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.text import Text
from textual.widget import Widget

from annot_core.progress import EpochFinished

SPARKS = "▁▂▃▄▅▆▇█"
SPARKLINE_CELLS = 40


class TrainingProgress(Widget):
    """Four rows about the training that runs; empty before the first epoch is over."""

    DEFAULT_CSS = """
    TrainingProgress { height: auto; min-height: 1; padding: 0 2; }
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id="training")
        self._clock = clock
        self._started: float | None = None
        self._epochs: list[EpochFinished] = []

    def begin(self) -> None:
        """Forget an earlier training, and start the clock."""
        self._started = self._clock()
        self._epochs = []
        self.refresh(layout=True)

    def hear(self, event: EpochFinished) -> None:
        """Take in one more epoch."""
        if self._started is None:
            self.begin()
        self._epochs.append(event)
        self.refresh(layout=True)

    def render(self) -> Text:
        """Return the rows."""
        if not self._epochs:
            return Text("" if self._started is None else "training: first epoch", style="dim")
        last = self._epochs[-1]
        losses = [event.loss for event in self._epochs]
        return Text.assemble(
            ("training  ", "bold"),
            f"epoch {last.epoch} of {last.epochs}   {self._time_left(last)}\n",
            f"loss      {last.loss:.3f}   hold-out {last.holdout_loss:.3f}\n",
            f"accuracy  {last.accuracy:.2f}    hold-out {last.holdout_accuracy:.2f}\n",
            "loss      ",
            (sparkline(losses, SPARKLINE_CELLS), "green"),
        )

    def _time_left(self, last: EpochFinished) -> str:
        if self._started is None:
            return ""
        elapsed = self._clock() - self._started
        left = elapsed / last.epoch * (last.epochs - last.epoch)
        return f"about {duration(left)} left" if last.epoch < last.epochs else "done"


def sparkline(values: list[float], width: int) -> str:
    """Draw values as `width` bars or fewer, the largest full; several values share a bar as their mean."""
    if not values:
        return ""
    groups = min(width, len(values))
    means = []
    for group in range(groups):
        part = values[group * len(values) // groups : (group + 1) * len(values) // groups]
        means.append(sum(part) / len(part))
    low, high = min(means), max(means)
    spread = high - low or 1.0
    return "".join(SPARKS[round((mean - low) / spread * (len(SPARKS) - 1))] for mean in means)


def duration(seconds: float) -> str:
    """Say how long something takes, in the largest fitting unit."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
