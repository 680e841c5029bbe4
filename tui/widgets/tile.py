"""One image in the gallery: a small picture with its box, and a line about it."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from annot_core.records import Status, Verdict
from annot_core.session import ImageResult
from tui.frame.halfblocks import Frame
from tui.terminal.surface import PictureSurface
from tui.text import printable

_WORDS = {Verdict.KEEP: "kept", Verdict.DROP: "dropped", Verdict.LATER: "later"}


class Tile(Vertical):
    """A picture over a caption; the caption alone tells of mark and cursor, so that moving costs few bytes."""

    DEFAULT_CSS = """
    Tile { height: 100%; width: 100%; }
    Tile Static { height: 1; width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._surface = PictureSurface()
        self._caption = Static(markup=False)
        self._shown: ImageResult | None = None

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield self._surface
        yield self._caption

    @property
    def area(self) -> tuple[int, int]:
        """The room for the picture, (columns, rows)."""
        return self._surface.size.width, self._surface.size.height

    def show_image(self, result: ImageResult | None) -> None:
        """Take another image, or another state of one; its picture stays if it is the same image."""
        before, self._shown = self._shown, result
        if before is None or result is None or before.source != result.source:
            self._surface.show(None)

    def show_picture(self, frame: Frame) -> None:
        """Show a picture."""
        self._surface.show(frame)

    def show_caption(self, result: ImageResult | None, *, is_marked: bool, is_current: bool) -> None:
        """Say what the image is, whether it will be dropped, and whether the cursor is on it."""
        self._caption.update(Text("") if result is None else caption(result, self.size.width, is_marked, is_current))


def caption(result: ImageResult, width: int, is_marked: bool, is_current: bool) -> Text:
    """Return a caption of at most `width` cells."""
    word = "DROP" if is_marked else _state(result)
    name = printable(result.source.rpartition("/")[2], longest=max(6, width - len(word) - 2))
    text = Text(f"{'>' if is_current else ' '}{name} {word}", no_wrap=True, overflow="ellipsis")
    text.truncate(width, overflow="ellipsis", pad=True)
    if is_marked:
        text.stylize("bold red")
    if is_current:
        text.stylize("reverse")
    return text


def _state(result: ImageResult) -> str:
    if result.decision is not None:
        return _WORDS[result.decision.verdict]
    if result.status is Status.PROPOSED and result.score is not None:
        return f"{result.score:.2f}"
    return "pending" if result.status is None else str(result.status)
