"""A screen that has keys of its own."""

from __future__ import annotations

from textual.screen import Screen

from tui.keys import BINDINGS, Context, key_label
from tui.settings import Settings


class KeyedScreen(Screen[None]):
    """A screen whose keys are those of a context."""

    context = Context.EVERYWHERE
    """Where the person is, as the table of keys names it."""

    def engine_stopped(self, why: str) -> str:
        """Say that the engine stopped, why, and which key starts it again."""
        settings: Settings | None = getattr(self.app, "settings", None)
        bindings = BINDINGS if settings is None else settings.bindings
        (restart,) = (one for one in bindings if one.id == "restart")
        key = key_label(restart.keys[0]) if restart.keys else "ctrl+p"
        return f"the engine stopped, {key} starts it again ({why})"
