"""The gallery: many small pictures, of which everything is kept that is not marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Grid
from textual.screen import Screen

from annot_core.errors import AnnotError, ImageError
from annot_core.session import ImageResult
from tui.display import Display
from tui.frame.composing import compose
from tui.frame.quality import Level, pinned_to
from tui.keys import Context
from tui.pictures import PictureKey, PictureMaker
from tui.review.easel import Easel
from tui.review.page import GalleryPage, next_page, page_at_cursor, previous_page, refitted, verdicts_of
from tui.review.queue import ReviewQueue
from tui.review.reviewer import Reviewer
from tui.screens.bound import bound
from tui.widgets.key_hints import KeyHints
from tui.widgets.stage import Look, outlines
from tui.widgets.status_line import StatusLine
from tui.widgets.tally import Tally
from tui.widgets.tile import Tile

NARROWEST_TILE = 18
MOST_COLUMNS = 8
TILE_ASPECT = 2.4
"""Columns of a tile over its rows: small photos are wider than high, cells higher than wide."""

GALLERY_QUALITY = "fine"
Result = TypeVar("Result")
Turn = Callable[[ReviewQueue, GalleryPage, int], GalleryPage | None]


class GalleryScreen(Screen[None]):
    """A page of tiles with a cursor."""

    CSS_PATH = "gallery.tcss"
    BINDINGS = bound(Context.GALLERY)
    AUTO_FOCUS = ""

    def __init__(self, name: str, reviewer: Reviewer, maker: PictureMaker, display: Display) -> None:
        super().__init__(id="gallery")
        self._data_set = name
        self._reviewer = reviewer
        self._maker = maker
        self._display = display
        self._page = GalleryPage(())
        self._results: dict[int, ImageResult] = {}
        self._shape = (1, 1)
        self._turn = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Make the parts; the tiles come once the room is known."""
        yield Tally(self._data_set)
        yield Grid(id="tiles")
        yield StatusLine()
        yield KeyHints(Context.GALLERY)

    async def on_resize(self) -> None:
        """Lay out as many tiles as fit."""
        self.call_after_refresh(self._fit)

    # ---- laying out

    async def _fit(self) -> None:
        grid = self.query_one("#tiles", Grid)
        if not grid.size.area:
            return
        columns, rows = tiles_in(grid.size.width, grid.size.height)
        if (columns, rows) != self._shape or not grid.children:
            self._shape = columns, rows
            await grid.remove_children()
            grid.styles.grid_size_columns = columns
            grid.styles.grid_size_rows = rows
            await grid.mount_all(Tile() for _ in range(columns * rows))
        queue = self._reviewer.queue
        page = self._page
        fresh = refitted(queue, page, columns * rows) if page.ids else page_at_cursor(queue, columns * rows)
        self.call_after_refresh(self._turn_to, fresh)

    async def _turn_to(self, page: GalleryPage) -> None:
        """Show a page: captions at once, pictures as they are made."""
        self._page = page
        found = await self._carry_out(lambda: self._reviewer.session.results_of(page.ids)) or ()
        self._results = dict(zip(page.ids, found, strict=True))
        for tile in self._tiles():
            tile.show_picture(None)
        self._show_captions()
        self._show_tally()
        self.run_worker(self._make(page), group="page", exclusive=True, exit_on_error=False)

    async def _make(self, page: GalleryPage) -> None:
        for tile, row_id in zip(self._tiles(), page.ids, strict=False):
            result = self._results[row_id]
            if result.image_size is None or not all(tile.area):
                continue
            key = PictureKey(
                source=result.source,
                content=result.content,
                image_size=result.image_size,
                area=tile.area,
                level=self._level,
                pixel_aspect=self._display.pixel_aspect,
            )
            try:
                base = await asyncio.to_thread(self._maker.make, key)
            except ImageError:
                # The caption stays, and the review says what is wrong with it.
                continue
            drawn = outlines(Look(Easel.of(result)))
            tile.show_picture(compose(base.grid, base.placement, drawn, self._display.depth))

    @property
    def _level(self) -> Level:
        return pinned_to(self._display.quality or GALLERY_QUALITY).level

    @property
    def _page_size(self) -> int:
        """How many images fit."""
        return self._shape[0] * self._shape[1]

    def _tiles(self) -> list[Tile]:
        return list(self.query(Tile))

    def _show_captions(self) -> None:
        ids = self._page.ids
        for number, tile in enumerate(self._tiles()):
            row_id = ids[number] if number < len(ids) else None
            tile.show_caption(
                None if row_id is None else self._results.get(row_id),
                is_marked=row_id in self._page.marked,
                is_current=number == self._page.at and row_id is not None,
            )

    def _show_tally(self) -> None:
        queue, tally = self._reviewer.queue, self.query_one(Tally)
        tally.counts = queue.counts()
        tally.filter_text = f"filter: {queue.filter}"
        place = queue.place
        tally.position = "" if place is None else f"{place + 1} of {len(queue)}"

    async def _carry_out(self, action: Callable[[], Result]) -> Result | None:
        async with self._turn:
            try:
                return await asyncio.to_thread(action)
            except AnnotError as error:
                self.query_one(StatusLine).warning = str(error)
                return None

    # ---- actions

    def action_move(self, dx: int, dy: int) -> None:
        """Move the cursor."""
        self._page = self._page.moved(dx, dy, self._shape[0])
        self._show_captions()

    def action_mark(self) -> None:
        """Mark the image to be dropped, or take the mark away."""
        self._page = self._page.toggled()
        self._show_captions()

    async def action_accept(self) -> None:
        """Keep the rest of the page, drop what is marked, and go on."""
        page, reviewer = self._page, self._reviewer
        results = [self._results[row_id] for row_id in page.ids]
        verdicts = verdicts_of(page, results, reviewer.background)
        said = await self._carry_out(lambda: reviewer.decide_page(verdicts.decisions))
        if said is None:
            return
        status = self.query_one(StatusLine)
        status.saved = f"saved: {said.saved}"
        status.warning = f"{len(verdicts.left)} without a box stay undecided" if verdicts.left else ""
        await self._leaf(next_page, "this was the last page")

    async def action_next_page(self) -> None:
        """Turn the page without a verdict."""
        await self._leaf(next_page, "this is the last page")

    async def action_previous_page(self) -> None:
        """Turn the page back."""
        await self._leaf(previous_page, "this is the first page")

    async def action_first(self) -> None:
        """Go to the first page."""
        self._reviewer.queue.first()
        await self._turn_to(page_at_cursor(self._reviewer.queue, self._page_size))

    async def action_last(self) -> None:
        """Go to the last page."""
        queue = self._reviewer.queue
        queue.go_to_number(max(1, len(queue) - self._page_size + 1))
        await self._turn_to(page_at_cursor(queue, self._page_size))

    async def action_undo(self) -> None:
        """Take the latest step back."""
        await self._turned(self._reviewer.undo)

    async def action_redo(self) -> None:
        """Make again what was undone."""
        await self._turned(self._reviewer.redo)

    async def action_leave(self) -> None:
        """Go back to the review, at the image under the cursor."""
        current = self._page.current
        await self._carry_out(lambda: self._reviewer.move(lambda: self._reviewer.queue.show(current)))
        self.dismiss()

    async def _turned(self, turn: Callable[[], object]) -> None:
        said = await self._carry_out(turn)
        status = self.query_one(StatusLine)
        status.saved, status.warning = getattr(said, "saved", ""), getattr(said, "refused", "")
        await self._turn_to(page_at_cursor(self._reviewer.queue, self._page_size))

    async def _leaf(self, turn: Turn, end: str) -> None:
        size = self._page_size
        page = turn(self._reviewer.queue, self._page, size)
        if page is None:
            self.query_one(StatusLine).warning = end
            # What was just decided shows in the captions.
            page = refitted(self._reviewer.queue, self._page, size)
        await self._turn_to(page)


def tiles_in(width: int, height: int) -> tuple[int, int]:
    """Return how many (columns, rows) of tiles go into an area of cells."""
    columns = max(1, min(MOST_COLUMNS, width // NARROWEST_TILE))
    tile_width = width // columns
    rows = max(1, height // max(4, round(tile_width / TILE_ASPECT) + 1))
    return columns, rows
