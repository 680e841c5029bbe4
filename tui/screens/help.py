"""Every key, with what it does, as the keys are bound now."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.keys import Context, KeyBinding, help_rows
from tui.screens.bound import bound
from tui.screens.keyed import KeyedScreen
from tui.widgets.key_hints import KeyHints


class HelpScreen(KeyedScreen):
    """A screen of its own: laid over a picture it would cost the picture twice over a slow line."""

    CSS_PATH = "help.tcss"
    BINDINGS = bound(Context.HELP)
    context = Context.HELP

    def __init__(self, bindings: tuple[KeyBinding, ...]) -> None:
        super().__init__(id="help")
        self._shown = bindings

    def compose(self) -> ComposeResult:
        """Make the table."""
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", justify="right", no_wrap=True)
        table.add_column()
        title = ""
        for row in help_rows(self._shown):
            if row.context != title:
                title = row.context
                table.add_row("", Text(f"\n{title}", style="bold underline"))
            table.add_row(row.keys, row.help)
        with VerticalScroll():
            yield Static(table, markup=False)
        yield KeyHints(Context.HELP)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()
