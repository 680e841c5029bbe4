"""The side panel in one row, for terminals that are too narrow for it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from annot_core.records import Status
from tui.review.easel import Easel
from tui.text import printable
from tui.widgets.side_panel import VERDICT_STYLES, VERDICT_WORDS


class FactsLine(Widget):
    """One row about the image; the screen shows it where the panel is folded away."""

    DEFAULT_CSS = """
    FactsLine { height: 1; display: none; background: $surface; color: $foreground; }
    """

    facts: reactive[Text] = reactive(Text())

    def __init__(self) -> None:
        super().__init__(id="facts-line")

    def render(self) -> Text:
        """Return the row; what does not fit is cut at its end."""
        return self.facts


def facts_row(easel: Easel, notes: Sequence[str] = ()) -> Text:
    """Say in one row what matters most of an image: its name comes last, since it may be long.

    Args:
        easel: the image and the box that is offered.
        notes: what else there is to say.
    """
    result = easel.result
    text = Text(" ", no_wrap=True, overflow="ellipsis")
    text.append_text(_state(easel))
    text.append(f"  {printable(easel.class_name, longest=20)}", style="bold")
    if result.score is not None:
        text.append(f" {result.score:.2f}")
    if easel.origin:
        text.append(f"  {easel.origin}", style="dim")
    for note in notes:
        text.append(f"  {printable(note)}", style="italic")
    text.append(f"  {printable(result.source, longest=60)}", style="dim")
    if result.status is Status.FAILED:
        text.append(f": {printable(result.reason, longest=400)}", style="red")
    return text


def _state(easel: Easel) -> Text:
    result = easel.result
    if result.decision is not None:
        verdict = result.decision.verdict
        return Text(VERDICT_WORDS[verdict], style=VERDICT_STYLES[verdict])
    if result.status is Status.FAILED:
        return Text("failed", style="red")
    return Text("pending" if result.status is None else "undecided", style="dim")
