"""The line under the picture: what the picture costs, and what was saved last."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from tui.text import printable


class StatusLine(Widget):
    """One row: what the engine does, then a warning or what the picture costs; on the right what was saved."""

    DEFAULT_CSS = """
    StatusLine { height: 1; background: $surface; color: $foreground-muted; }
    """

    picture: reactive[str] = reactive("")
    saved: reactive[str] = reactive("")
    warning: reactive[str] = reactive("")
    engine: reactive[str] = reactive("")
    is_engine_dead: reactive[bool] = reactive(False)

    def __init__(self) -> None:
        super().__init__(id="status")

    def render(self) -> Text:
        """Return the row; what was saved is always in full view."""
        right = printable(self.saved, longest=max(10, self.size.width // 3))
        room = max(0, self.size.width - cell_len(right) - 2)
        left = Text(" ", no_wrap=True)
        if self.engine:
            left.append(f"{printable(self.engine, longest=400)}  ", style="bold red" if self.is_engine_dead else "")
        if self.warning:
            left.append(printable(self.warning, longest=400), style="bold yellow")
        else:
            left.append(printable(self.picture), style="dim")
        left.truncate(room, overflow="ellipsis", pad=True)
        return Text.assemble(left, " ", (right, "bold"), " ", no_wrap=True)
