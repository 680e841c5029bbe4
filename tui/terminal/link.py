"""A picture widget whose pictures go through a gate, as fast as the line takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from textual.app import App

from tui.terminal.driver import ReviewDriver
from tui.terminal.gate import Drained, FrameGate
from tui.terminal.strips import CellSource
from tui.terminal.surface import PictureSurface

SENT_PATIENCE_S: Final = 0.1
_LOOK_S = 0.005


async def sent(app: App[Any]) -> None:
    """Wait until the terminal has taken what was written, but not for a slow line: there is time for work then."""
    driver = app._driver
    if isinstance(driver, ReviewDriver):
        for _ in range(round(SENT_PATIENCE_S / _LOOK_S)):
            if not driver.is_writing:
                break
            await asyncio.sleep(_LOOK_S)


def gate_for(
    surface: PictureSurface,
    drained: Callable[[Drained], None],
    *,
    show: Callable[[CellSource], None] | None = None,
    measures: bool = True,
) -> FrameGate[CellSource]:
    """Return a gate that shows pictures on a mounted surface; the app hands it what `FrameDrained` says.

    Args:
        surface: where pictures are shown.
        drained: hears how long each one took to arrive. Never called where the app has no real terminal.
        show: shows a picture on the surface; None: as `surface.show` does.
        measures: whether an answer of the terminal says that a picture has arrived; else none is waited for.
    """
    shown = show or surface.show

    def driver() -> ReviewDriver | None:
        found = surface.app._driver
        return found if isinstance(found, ReviewDriver) else None

    def written() -> int:
        found = driver()
        return 0 if found is None else found.bytes_written

    def show_measured(source: CellSource) -> None:
        before = written()
        shown(source)
        surface.call_after_refresh(lambda: gate.painted(written() - before))

    def ask(tag: int) -> bool:
        found = driver() if measures else None
        if found is not None:
            found.ask(tag)
        return found is not None

    def is_writing() -> bool:
        found = driver()
        return found is not None and found.is_writing

    gate = FrameGate(show_measured, ask, surface.set_timer, is_writing=is_writing, drained=drained)
    return gate
