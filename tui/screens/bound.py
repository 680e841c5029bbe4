"""Our keys as Textual's bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.keys import BINDINGS, Context, KeyBinding

UNBOUND = "unbound"
"""The name of a key that no keyboard has: with an empty text a keymap changes nothing."""


def bound(context: Context, namespace: str = "") -> list[BindingType]:
    """Return the bindings of one context with their usual keys; a keymap gives them others by their ids.

    Args:
        context: where the keys work.
        namespace: what the actions are called on, such as `screen`; empty for the one that has the bindings.

    They are Textual's priority bindings: their actions are done before the next key is looked at. On a slow line
    keys come in heaps, and `:` has to mean that the digits behind it are a number.
    """
    prefix = f"{namespace}." if namespace else ""
    return [
        Binding(
            ",".join(one.keys),
            f"{prefix}{one.action}",
            one.help,
            show=False,
            id=one.id,
            priority=True,
        )
        for one in BINDINGS
        if one.context is context
    ]


def keymap(bindings: tuple[KeyBinding, ...]) -> dict[str, str]:
    """Return the keys by binding id, as `App.set_keymap` takes them."""
    return {one.id: ",".join(one.keys) or UNBOUND for one in bindings}
