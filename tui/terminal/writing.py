"""Writing single cells past Textual, which would repaint whole rows for them."""

from __future__ import annotations

from collections.abc import Iterable

from textual.dom import NoScreen
from textual.widget import Widget

CellRun = tuple[int, int, str]
"""x and y of the first cell, and the text of some cells beside it, with its colors and their reset."""


def write_cells(widget: Widget, runs: Iterable[CellRun]) -> int:
    """Write cells of a widget to the terminal at once, if they can be seen.

    The caller makes sure that the widget would paint the same cells from now on.

    Args:
        widget: the widget that the cells belong to.
        runs: the cells, with x and y in the widget.

    Returns:
        How many bytes were written. 0 if nothing was written, because the widget is not wholly on the screen,
        something lies over it, or its place is about to change: then the caller has it painted again.
    """
    if not is_exposed(widget):
        return 0
    app = widget.app
    driver = app._driver
    assert driver is not None
    left, top = widget.screen._compositor.visible_widgets[widget][0].offset
    texts = [f"{_move(left + x, top + y)}{text}" for x, y, text in runs]
    if not texts:
        return 0
    # Where Textual leaves the cursor is where input methods show what is being composed.
    texts.append(_move(*app.screen.outer_size.clamp_offset(app.cursor_position)))
    data = "".join(texts)
    app._begin_update()
    driver.write(data)
    app._end_update()
    driver.flush()
    return len(data.encode())


def is_exposed(widget: Widget) -> bool:
    """Say whether all of a widget is on the screen as it was laid out last, with nothing over it."""
    app = widget.app
    if not app._running or app._closed or app._driver is None or app._batch_count:
        return False
    if app.is_headless or app.is_inline:
        return False
    try:
        screen = widget.screen
    except NoScreen:
        return False
    if screen is not app.screen or screen._layout_required or screen._compositor.size != app.size:
        return False
    return _is_uncovered(widget)


def _is_uncovered(widget: Widget) -> bool:
    visible = widget.screen._compositor.visible_widgets
    place, clip = visible.get(widget, (None, None))
    if place is None or clip is None or not clip.contains_region(place):
        return False
    for other, (region, its_clip) in visible.items():
        # They come front to back.
        if other is widget:
            break
        if region.intersection(its_clip).intersection(place).area:
            return False
    return True


def _move(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"
