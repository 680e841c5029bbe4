from __future__ import annotations

import io
import itertools

import pytest
from rich.cells import cell_len
from rich.console import Console

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
from tui.plain.progress import PLAIN_INTERVAL_S, BarReporter, LineReporter, create_reporter

EPOCH = EpochFinished(3, 120, 0.1234, 0.987, 0.5, 0.75)
RUN: list[Event] = [
    StageStarted(Stage.TRAIN, 120, "epochs"),
    EPOCH,
    StageAdvanced(Stage.TRAIN, 3),
    StageFinished(Stage.TRAIN, 1.25),
    Notice("hold-out [b]accuracy[/b]\x1b[31m 0.75"),
    Notice("boxes will be poor", Level.WARNING),
    StageStarted(Stage.ANNOTATE, 64),
    StageAdvanced(Stage.ANNOTATE, 32),
    StageAdvanced(Stage.ANNOTATE, 64),
    StageFinished(Stage.ANNOTATE, 2.0),
]


def lines_of(events: list[Event], step_s: float = 0.0) -> list[str]:
    file, clock = io.StringIO(), itertools.count(step=step_s)
    reporter = LineReporter(Console(file=file, width=40), clock=lambda: next(clock))
    with reporter:
        for event in events:
            reporter.hear(event)
    return file.getvalue().splitlines()


def bars_of(events: list[Event]) -> str:
    file = io.StringIO()
    with BarReporter(Console(file=file, width=80, force_terminal=True, color_system=None)) as reporter:
        for event in events:
            reporter.hear(event)
    return file.getvalue()


def test_lines_tell_the_run_whole_and_unbroken() -> None:
    assert lines_of(RUN) == [
        "training: 120 epochs",
        "training: done in 1.2 s",
        "hold-out [b]accuracy[/b]\ufffd[31m 0.75",
        "warning: boxes will be poor",
        "annotating: 64 images",
        "annotating: done in 2.0 s",
    ]


def test_lines_come_now_and_then() -> None:
    steps = [StageAdvanced(Stage.ANNOTATE, done) for done in range(1, 9)]
    lines = lines_of([StageStarted(Stage.ANNOTATE, 8), *steps], step_s=PLAIN_INTERVAL_S / 3)
    assert lines == ["annotating: 8 images", "annotating: 3 of 8", "annotating: 6 of 8"]


def test_first_epoch_is_told_at_once() -> None:
    first = EpochFinished(1, 120, 0.9, 0.5, 0.8, 0.25)
    assert lines_of([StageStarted(Stage.TRAIN, 120, "epochs"), first])[1] == (
        "training: epoch 1 of 120  loss 0.900  accuracy 0.50  hold-out 0.800 / 0.25"
    )


def test_detectors_on_more_and_more_images_are_told_apart() -> None:
    events: list[Event] = [
        StageStarted(Stage.TRAIN, 9, "epochs", "100 images"),
        LossFell(1, 9, 7.8471),
        LossFell(2, 9, 7.1),
        StageStarted(Stage.TRAIN, 9, "epochs", "500 images"),
        LossFell(1, 9, 6.6),
    ]
    assert lines_of(events) == [
        "training on 100 images: 9 epochs",
        "training: epoch 1 of 9  loss 7.847",
        "training on 500 images: 9 epochs",
        "training: epoch 1 of 9  loss 6.600",
    ]
    bars = bars_of(events)
    for words in ("100 images", "500 images", "loss 7.10", "loss 6.60"):
        assert words in bars


def test_unknown_number_of_steps_is_no_error() -> None:
    events = [StageStarted(Stage.EXPORT, None), StageAdvanced(Stage.EXPORT, 5)]
    assert lines_of(events, step_s=PLAIN_INTERVAL_S)[-1] == "writing: 5 of ?"
    assert "5/?" in bars_of(events)


@pytest.mark.parametrize("event", [StageAdvanced(Stage.DRAW, 1), StageFinished(Stage.LIST, 0.1), EPOCH], ids=repr)
def test_stage_that_was_not_announced_is_passed_over(event: Event) -> None:
    assert bars_of([event]) == bars_of([])


def test_bars_show_steps_rate_and_time() -> None:
    text = bars_of(RUN)
    assert "64/64" in text
    assert "images/s" in text
    assert "0:00:0" in text


def test_bar_of_training_shows_loss_and_accuracy_in_80_columns() -> None:
    text = bars_of(RUN[:3])
    assert "loss 0.12 acc 0.99/0.75" in text
    assert max(cell_len(line) for line in text.replace("\x1b", "\n").splitlines()) <= 80


def test_notices_stand_above_the_bars_as_text() -> None:
    text = bars_of(RUN)
    assert "hold-out [b]accuracy[/b]\ufffd[31m 0.75" in text
    assert "warning: boxes will be poor" in text


def test_training_that_stops_early_is_complete() -> None:
    assert "3/3" in bars_of(RUN[:4])


def test_bars_are_for_terminals() -> None:
    assert isinstance(create_reporter(Console(file=io.StringIO(), force_terminal=True)), BarReporter)
    assert isinstance(create_reporter(Console(file=io.StringIO(), force_terminal=False)), LineReporter)
