"""The last row: the keys that matter most on a screen."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tui.keys import BINDINGS, Context, KeyBinding, key_label

_HINTS: dict[Context, tuple[tuple[str, str, str], ...]] = {
    # The binding, another one where the keys are a range, and a word.
    Context.REVIEW: (
        ("keep", "", "keep"),
        ("drop", "", "drop"),
        ("take-1", "take-5", "candidate"),
        ("adjust", "", "adjust"),
        ("later", "", "later"),
        ("next", "previous", "move"),
        ("undo", "", "undo"),
        ("gallery", "", "gallery"),
    ),
    Context.ADJUST: (
        ("adjust-left", "adjust-right", "move"),
        ("adjust-narrower", "adjust-wider", "size"),
        ("adjust-next-edge", "", "edge"),
        ("adjust-finer", "adjust-coarser", "step"),
        ("adjust-reset", "", "reset"),
        ("adjust-keep", "", "keep"),
        ("adjust-leave", "", "leave"),
    ),
    Context.GALLERY: (
        ("gallery-mark", "", "mark a drop"),
        ("gallery-accept", "", "keep the rest"),
        ("gallery-next", "gallery-previous", "page"),
        ("gallery-undo", "", "undo"),
        ("gallery-leave", "", "one at a time"),
    ),
    Context.START: (("start", "", "start"),),
    Context.SUMMARY: (("summary-export", "", "export"), ("summary-leave", "", "back")),
    Context.HELP: (("help-leave", "", "back"),),
    Context.EVERYWHERE: (("help", "", "help"), ("quit", "", "quit")),
}


class KeyHints(Widget):
    """One row of `key word` pairs for a context, as the keys are bound now."""

    DEFAULT_CSS = """
    KeyHints { height: 1; background: $panel; }
    """

    def __init__(self, context: Context) -> None:
        super().__init__(id="hints")
        self._shown_context = context

    def show(self, context: Context) -> None:
        """Show the keys of another context."""
        if context is not self._shown_context:
            self._shown_context = context
            self.refresh()

    def render(self) -> Text:
        """Return the row; what does not fit is left out, but not the way to the help."""
        settings = getattr(self.app, "settings", None)
        bindings = BINDINGS if settings is None else settings.bindings
        return hints_text(self._shown_context, bindings, self.size.width)


def hints_text(context: Context, bindings: tuple[KeyBinding, ...], width: int) -> Text:
    """Return the keys that matter most in a context, as many as fit, then those for help and the way out."""
    own, always = (_hints(place, bindings) for place in (context, Context.EVERYWHERE))
    while own and 1 + sum(hint.cell_len for hint in (*own, *always)) > width:
        own.pop()
    return Text(" ", no_wrap=True, overflow="ellipsis").append_text(Text().join([*own, *always]))


def _hints(context: Context, bindings: tuple[KeyBinding, ...]) -> list[Text]:
    labels = {one.id: key_label(one.keys[0]) for one in bindings if one.keys}
    return [
        Text.assemble(
            (f"{labels[first]}-{labels[last]}" if last in labels else labels[first], "bold"), (f" {word}  ", "dim")
        )
        for first, last, word in _HINTS[context]
        if first in labels
    ]
