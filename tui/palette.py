"""The command palette: every key of the screen by what it does."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.keys import BINDINGS, Context, KeyBinding, bindings_of, key_label
from tui.screens.keyed import KeyedScreen
from tui.settings import Settings


class KeyCommands(Provider):
    """Finds what the keys of a screen do, also that which has no key."""

    async def discover(self) -> Hits:
        """Give all of it while nothing is typed."""
        for binding in self._bindings():
            title = _title(binding)
            yield DiscoveryHit(Content(title), partial(self._do, binding), text=title, help=binding.id)

    async def search(self, query: str) -> Hits:
        """Give what matches what is typed."""
        matcher = self.matcher(query)
        for binding in self._bindings():
            title = _title(binding)
            score = max(matcher.match(title), matcher.match(binding.id))
            if score > 0:
                # As content: a text would be markup, and a key may be called `[`.
                yield Hit(score, Content(title), partial(self._do, binding), text=title, help=binding.id)

    def _bindings(self) -> tuple[KeyBinding, ...]:
        if not isinstance(self.screen, KeyedScreen):
            return ()
        settings: Settings | None = getattr(self.app, "settings", None)
        return bindings_of(self.screen.context, BINDINGS if settings is None else settings.bindings)

    async def _do(self, binding: KeyBinding) -> None:
        await self.app.run_action(binding.action, self.app if binding.context is Context.EVERYWHERE else self.screen)


def _title(binding: KeyBinding) -> str:
    """Say what a binding does, with the keys that do it."""
    keys = " ".join(map(key_label, binding.keys))
    return f"{binding.help}  ({keys})" if keys else binding.help
