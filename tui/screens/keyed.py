"""A screen that has keys of its own."""

from __future__ import annotations

from textual.screen import Screen

from tui.keys import Context


class KeyedScreen(Screen[None]):
    """A screen whose keys are those of a context."""

    context = Context.EVERYWHERE
    """Where the person is, as the table of keys names it."""
