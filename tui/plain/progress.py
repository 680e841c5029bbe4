"""Showing how far long work is: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from annot_core.progress import (
    EpochFinished,
    Event,
    Level,
    LossFell,
    Notice,
    Stage,
    StageAdvanced,
    StageFinished,
    StageStarted,
)
from tui.text import printable

TITLES = {
    Stage.DRAW: "drawing",
    Stage.LIST: "listing",
    Stage.TRAIN: "training",
    Stage.ANNOTATE: "annotating",
    Stage.AUGMENT: "augmenting",
    Stage.EXPORT: "writing",
    Stage.CHECK: "checking",
}
PLAIN_INTERVAL_S = 10.0


class Reporter(Protocol):
    """Hears events and shows them, between being entered and left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def hear(self, event: Event) -> None:
        """Show an event."""
        ...


def create_reporter(console: Console) -> Reporter:
    """Return bars for a terminal, and lines for a file or a pipe."""
    return BarReporter(console) if console.is_terminal else LineReporter(console)


def epoch_line(event: EpochFinished) -> str:
    """Say in a few words how an epoch went."""
    return (
        f"loss {event.loss:.3f}  accuracy {event.accuracy:.2f}  "
        f"hold-out {event.holdout_loss:.3f} / {event.holdout_accuracy:.2f}"
    )


def short_epoch_line(event: EpochFinished) -> str:
    """Say the same in so few characters that a bar of 80 columns has room for it."""
    return f"loss {event.loss:.2f} acc {event.accuracy:.2f}/{event.holdout_accuracy:.2f}"


def print_notice(console: Console, event: Notice) -> None:
    """Print a notice, a warning in another color and with the word."""
    warns = event.level is Level.WARNING
    text = printable(event.text, longest=2000)
    console.print(Text(f"warning: {text}" if warns else text, style="yellow" if warns else ""), soft_wrap=True)


class RateColumn(ProgressColumn):
    """Steps a second, with the unit of the stage."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing while it is not known."""
        unit = task.fields.get("unit", "")
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {unit}/s", style="progress.data.speed")


class BarReporter:
    """One bar a stage, with rate and time left."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=14),
            MofNCompleteColumn(),
            RateColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[note]}"),
            console=console,
            # What libraries print goes to a log file, and must not be led back to the console.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._tasks: dict[Stage, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def hear(self, event: Event) -> None:
        """Show an event on its stage's bar, or above the bars."""
        match event:
            case StageStarted(stage, total, unit, title):
                self._tasks[stage] = self._progress.add_task(title or TITLES[stage], total=total, unit=unit, note="")
            case StageAdvanced(stage, done) if stage in self._tasks:
                self._progress.update(self._tasks[stage], completed=done)
            case EpochFinished() if Stage.TRAIN in self._tasks:
                self._progress.update(self._tasks[Stage.TRAIN], note=short_epoch_line(event))
            case LossFell() if Stage.TRAIN in self._tasks:
                self._progress.update(self._tasks[Stage.TRAIN], note=f"loss {event.loss:.2f}")
            case StageFinished(stage) if stage in self._tasks:
                # Training may stop early: what ran is all there was to do.
                task = self._tasks[stage]
                self._progress.update(task, total=self._progress.tasks[task].completed)
            case Notice():
                print_notice(self._progress.console, event)
            case _:
                pass


class LineReporter:
    """A line when a stage begins, now and then while it runs, and when it ends."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._totals: dict[Stage, StageStarted] = {}
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def hear(self, event: Event) -> None:
        """Print an event, if it is time for a line."""
        match event:
            case StageStarted(stage, total, unit, title):
                self._totals[stage] = event
                self._told = self._clock()
                on = f" on {title}" if title else ""
                self._print(f"{TITLES[stage]}{on}: {total if total is not None else ''} {unit}")
            case StageAdvanced(stage, done) if stage is not Stage.TRAIN and self._due():
                self._print(f"{TITLES[stage]}: {done} of {self._total(stage)}")
            case EpochFinished() if event.epoch == 1 or self._due():
                self._print(f"training: epoch {event.epoch} of {event.epochs}  {epoch_line(event)}")
            case LossFell() if event.epoch == 1 or self._due():
                self._print(f"training: epoch {event.epoch} of {event.epochs}  loss {event.loss:.3f}")
            case StageFinished(stage, seconds) if stage in self._totals:
                self._print(f"{TITLES[stage]}: done in {seconds:.1f} s")
            case Notice():
                print_notice(self._console, event)
            case _:
                pass

    def _due(self) -> bool:
        now = self._clock()
        if now - self._told < PLAIN_INTERVAL_S:
            return False
        self._told = now
        return True

    def _total(self, stage: Stage) -> str:
        started = self._totals.get(stage)
        return "?" if started is None or started.total is None else str(started.total)

    def _print(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
