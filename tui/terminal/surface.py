"""The widget that a picture is shown in, cell by cell, past Textual's cache of styled lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.strips import CellSource, Framed, PictureStrip
from tui.terminal.writing import CellRun, write_cells


class PictureSurface(Widget):
    """Shows a picture that is encoded already, centered; borders belong on the container around it."""

    ALLOW_SELECT = False
    DEFAULT_CSS: ClassVar[str] = """
    PictureSurface { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name=name, id=id, classes=classes)
        self._source: CellSource | None = None
        self._strips: dict[int, Strip] = {}

    @property
    def source(self) -> CellSource | None:
        """The picture that is shown."""
        return self._source

    @property
    def picture_region(self) -> Region:
        """Where the picture lies in the widget, in cells; a picture that is too large begins at (0, 0)."""
        if self._source is None:
            return Region(0, 0, 0, 0)
        width, height = self.size
        left = max(0, (width - self._source.columns) // 2)
        top = max(0, (height - self._source.rows) // 2)
        return Region(left, top, min(width, self._source.columns), min(height, self._source.rows))

    def show(self, source: CellSource | None) -> None:
        """Show a picture, or none."""
        self._set(source)
        self.refresh()

    def show_changed(self, source: CellSource, runs: Iterable[CellRun]) -> int:
        """Show a picture of the same size that differs from the shown one in a few cells.

        Args:
            source: the picture.
            runs: all cells that differ, with x and y in the picture.

        Returns:
            How many bytes were written; 0 if the whole widget is painted again soon instead, because
            another size was shown, or something lies over it.
        """
        known = self._source
        self._set(source)
        place = self.picture_region
        if known is not None and (known.columns, known.rows) == (source.columns, source.rows) == place.size:
            written = write_cells(self, [(x + place.x, y + place.y, text) for x, y, text in runs])
            if written:
                return written
        self.refresh()
        return 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of a region of the widget."""
        rows = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return rows
        return [row.crop(*crop.column_span) for row in rows]

    def render_line(self, y: int) -> Strip:
        """Return row `y` of the widget."""
        strip = self._strips.get(y)
        if strip is None or strip.cell_length != self.size.width:
            strip = self._strips[y] = self._strip(y)
        return strip

    def notify_style_update(self) -> None:
        """Forget the margins, whose color may be another one now."""
        super().notify_style_update()
        self._strips.clear()

    def _on_resize(self, event: Resize) -> None:
        # Rows lie elsewhere now.
        self._strips.clear()

    def _set(self, source: CellSource | None) -> None:
        self._source = source
        self._strips.clear()

    def _strip(self, y: int) -> Strip:
        place = self.picture_region
        width = self.size.width
        if self._source is None or not place.y <= y < place.bottom:
            return Strip.blank(width, self.visual_style.rich_style)
        if place.width < width:
            back = self.background_colors[1].rgb
            return PictureStrip(Framed(self._source, place.x, width, back, self._blank), y - place.y)
        return PictureStrip(self._source, y - place.y).crop(0, width)

    def _blank(self, cells: int) -> str:
        return Strip.blank(cells, self.visual_style.rich_style).render(self.app.console)
