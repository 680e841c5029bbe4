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
        """Return the row. Where it is too long the bar goes first, then the name, then its end."""
        name = Text.assemble((" autoannot ", "bold"), f"{self._name_shown} ")
        numbers = self._numbers()
        room = self.size.width - numbers.cell_len
        text = Text(no_wrap=True, overflow="ellipsis")
        if name.cell_len <= room:
            text.append_text(name)
        if name.cell_len + BAR_CELLS + 1 <= room:
            text.append_text(self._bar())
        return text.append_text(numbers)

    def _bar(self) -> Text:
        counts = self.counts
        filled = round((counts.decided / counts.all if counts.all else 0.0) * BAR_CELLS)
        return Text.assemble(" ", ("━" * filled, "green"), ("━" * (BAR_CELLS - filled), "dim"))

    def _numbers(self) -> Text:
        counts = self.counts
        text = Text.assemble((f" {counts.decided}/{counts.all} decided", "bold"), f"  {counts.ready} ready")
        if counts.pending:
            text.append(f"  {counts.pending} pending", style="dim")
        if counts.failed:
            text.append(f"  {counts.failed} failed", style="red")
        text.append(f"  {self.filter_text}")
        if self.position:
            text.append(f"  {self.position}", style="dim")
        return text
