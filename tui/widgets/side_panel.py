"""The panel beside the picture: what is known of the image, and what would be kept."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from annot_core.records import Status, Verdict
from annot_core.session import ImageResult
from tui.review.easel import Easel
from tui.text import printable

VERDICT_STYLES = {Verdict.KEEP: "bold green", Verdict.DROP: "bold red", Verdict.LATER: "bold yellow"}
VERDICT_WORDS = {Verdict.KEEP: "kept", Verdict.DROP: "dropped", Verdict.LATER: "later"}


class SidePanel(VerticalScroll):
    """Facts in rows of `name value`; also the place where a prompt shows its choices."""

    DEFAULT_CSS = """
    SidePanel { width: 28; height: 1fr; padding: 0 1; background: $surface; scrollbar-size-vertical: 1; }
    SidePanel Static { width: 1fr; height: auto; }
    """
    can_focus = False

    def __init__(self) -> None:
        super().__init__(Static(id="facts", markup=False), id="panel")

    def show(self, text: Text) -> None:
        """Show a text in place of what was there."""
        self.query_one("#facts", Static).update(text)
        self.scroll_home(animate=False)


def facts_text(easel: Easel, notes: Sequence[str] = ()) -> Text:
    """Say what is known of an image, and what would be kept.

    Args:
        easel: the image and the box that is offered.
        notes: sentences to put below, such as what the mode of the picture is.
    """
    result = easel.result
    folder, _, name = result.source.rpartition("/")
    text = Text()
    text.append(f"{printable(name)}\n", style="bold")
    text.append(f"{printable(folder)}\n", style="dim")
    rows = [
        ("size", "" if result.image_size is None else "{} x {}".format(*result.image_size)),
        ("class", printable(easel.class_name)),
        ("score", _share(result.score)),
        ("prob.", _share(result.probability)),
        ("box", "" if easel.box is None else "{} {} {} {}".format(*easel.box)),
        ("", "" if easel.box is None else f"{easel.box.width} x {easel.box.height} px"),
        ("", easel.origin),
    ]
    for title, value in rows:
        if value:
            text.append(f"{title:<7}", style="dim")
            text.append(f"{value}\n")
    text.append_text(_verdict(result))
    text.append_text(_candidates(easel))
    for note in notes:
        text.append(f"\n{printable(note, longest=400)}\n", style="italic")
    return text


def _verdict(result: ImageResult) -> Text:
    text = Text("\n")
    if result.status is Status.FAILED:
        text.append(f"failed: {printable(result.reason, longest=400)}\n", style="red")
    if result.decision is not None:
        verdict = result.decision.verdict
        who = "" if result.decision.decider == "person" else " automatically"
        text.append(f"{VERDICT_WORDS[verdict]}{who}\n", style=VERDICT_STYLES[verdict])
    elif result.status is not Status.FAILED:
        text.append("pending\n" if result.status is None else "undecided\n", style="dim")
    return text


def _candidates(easel: Easel) -> Text:
    text = Text()
    for number, candidate in enumerate(easel.result.candidates):
        chosen = number == easel.candidate
        threshold = candidate.threshold if isinstance(candidate.threshold, str) else f"{candidate.threshold:.2f}"
        line = f"{'>' if chosen else ' '}{number + 1} {candidate.search} {threshold}\n"
        text.append(line, style="bold" if chosen else "dim")
    return text


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
