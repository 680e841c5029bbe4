"""The header: how far the review is."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from annot_core.session import IndexCounts
from tui.text import printable

BAR_CELLS = 12
NO_COUNTS = IndexCounts(all=0, ready=0, failed=0, pending=0, decided=0, kept=0, dropped=0, later=0, undecided=0)


class Tally(Widget):
    """One row: the data set, a bar of what is decided, counts, the filter and the order."""

    DEFAULT_CSS = """
    Tally { height: 1; background: $panel; color: $foreground; }
    """

    counts: reactive[IndexCounts] = reactive(NO_COUNTS)
    filter_text: reactive[str] = reactive("")
    position: reactive[str] = reactive("")

    def __init__(self, name: str) -> None:
        super().__init__(id="tally")
        self._name_shown = printable(name, longest=24)

    def render(self) -> Text:
        """Return the row; what does not fit is cut at its end."""
        counts = self.counts
        share = counts.decided / counts.all if counts.all else 0.0
        filled = round(share * BAR_CELLS)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(" autoannot ", style="bold")
        text.append(f"{self._name_shown}  ")
        text.append("━" * filled, style="green")
        text.append("━" * (BAR_CELLS - filled), style="dim")
        text.append(f" {counts.decided}/{counts.all} decided", style="bold")
        text.append(f"  {counts.ready} ready")
        if counts.pending:
            text.append(f"  {counts.pending} pending", style="dim")
        if counts.failed:
            text.append(f"  {counts.failed} failed", style="red")
        text.append(f"  {self.filter_text}")
        if self.position:
            text.append(f"  {self.position}", style="dim")
        return text
