"""The first screen: what was found, which classifier and settings are used, and how training goes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from annot_core.engine.messages import Broken, Died, Message, Progressed, Ready
from annot_core.progress import EpochFinished, Event, Level, Notice, Stage, StageStarted
from tui.keys import Context
from tui.messages import StartAsked
from tui.screens.bound import bound
from tui.screens.keyed import KeyedScreen
from tui.text import last_line, printable
from tui.widgets.key_hints import KeyHints
from tui.widgets.training_progress import TrainingProgress

if TYPE_CHECKING:
    from annot_core.plan import Plan
    from tui.desk import Desk

MOST_SKIPPED = 50
MOST_CLASSES = 50


class StartScreen(KeyedScreen):
    """Shown at once, before anything is read; `enter` starts the work."""

    CSS_PATH = "start.tcss"
    BINDINGS = bound(Context.START)
    context = Context.START
    _last_words = ""

    def __init__(self, plan: Plan) -> None:
        super().__init__(id="start")
        self._plan = plan

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield Static("autoannot", id="title")
        with VerticalScroll(id="found-area"):
            yield Static(Text(f"looking through {printable(str(self._plan.root))} ..."), id="found", markup=False)
            yield Static(settings_text(self._plan, None), id="settings", markup=False)
            yield TrainingProgress()
            yield Static(id="news", markup=False)
        yield KeyHints(Context.START)

    def show_desk(self, desk: Desk) -> None:
        """Show what was found."""
        self.query_one("#found", Static).update(found_text(desk))
        self.query_one("#settings", Static).update(settings_text(self._plan, desk))

    def invite(self) -> None:
        """Say that all is ready."""
        self.say("enter starts; boxes are found in the background, and you review them as they come")

    def action_start(self) -> None:
        """Start the work."""
        self.app.post_message(StartAsked())

    def take(self, said: Message | None) -> None:
        """Take in what the engine's process said, as long as there is nothing to review."""
        match said:
            case Progressed(event):
                self._hear(event)
            case Ready():
                self.say("making the first boxes ...")
            case Died(how):
                # What it said last is the reason, where it said one.
                self.say(self.engine_stopped(self._last_words or how), warns=True)
                self._last_words = ""
            case Broken(text):
                self._last_words = last_line(text)
                self.say(self._last_words, warns=True)

    def say(self, text: str, *, warns: bool = False) -> None:
        """Show one sentence of news."""
        self.query_one("#news", Static).update(
            Text(printable(text, longest=2000), style="bold yellow" if warns else "")
        )

    def _hear(self, event: Event) -> None:
        """Show how far the engine is."""
        training = self.query_one(TrainingProgress)
        match event:
            case StageStarted(stage=Stage.TRAIN):
                training.begin()
                self.say("")
            case EpochFinished():
                training.hear(event)
            case Notice(text, level):
                self.say(text, warns=level is Level.WARNING)
            case _:
                pass


def found_text(desk: Desk) -> Text:
    """Say what a data set holds: classes and counts, and what was skipped and why."""
    counts = Counter(image.class_name for image in desk.dataset.images)
    text = Text()
    text.append(f"{len(desk.dataset.images)} images", style="bold")
    text.append(f" in {printable(str(desk.plan.root))}\n")
    for name, count in list(counts.items())[:MOST_CLASSES]:
        kind = "  no object" if name in desk.dataset.background else ""
        text.append(f"  {count:>7}  {printable(name, longest=60)}")
        text.append(f"{kind}\n", style="dim")
    if len(counts) > MOST_CLASSES:
        text.append(f"           and {len(counts) - MOST_CLASSES} more classes\n", style="dim")
    skipped = desk.dataset.skipped
    if skipped:
        text.append(f"{len(skipped)} files skipped\n", style="bold")
        for one in skipped[:MOST_SKIPPED]:
            text.append(f"  {printable(one.source, longest=60)}: {printable(one.reason)}\n", style="dim")
        if len(skipped) > MOST_SKIPPED:
            text.append(f"  and {len(skipped) - MOST_SKIPPED} more\n", style="dim")
    return text


def settings_text(plan: Plan, desk: Desk | None) -> Text:
    """Say which classifier and which settings are used."""
    text = Text()
    for name, value in (
        ("classifier", _classifier(plan, desk)),
        ("recipe", f"heat map {plan.recipe.cam}, threshold {plan.recipe.threshold}, search {plan.recipe.search}"),
        ("output", printable(str(plan.output))),
    ):
        text.append(f"{name:<12}", style="bold")
        text.append(f"{value}\n")
    return text


def _classifier(plan: Plan, desk: Desk | None) -> str:
    if plan.request.model is not None:
        return printable(str(plan.request.model))
    if desk is None:
        return f"one is trained from these images (backbone {plan.request.training.backbone})"
    # The first paint has no desk yet, and does not wait for what reads one's card.
    from annot_core.classifier.kept import read_card

    card = read_card(desk.session.folder)
    if card is not None and card.classes == desk.dataset.classes:
        return f"trained before, hold-out accuracy {card.holdout_accuracy:.2f}"
    return f"one is trained from these images (backbone {plan.request.training.backbone})"
