"""The gallery: many small pictures, of which everything is kept that is not marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid

from annot_core.session import ImageResult
from tui.desk import Desk
from tui.display import Display
from tui.frame.composing import compose
from tui.frame.quality import Level, pinned_to
from tui.keys import BINDINGS, Context
from tui.messages import OutcomesTaken
from tui.pictures import PictureKey, PictureMaker
from tui.review.easel import Easel
from tui.review.page import GalleryPage, next_page, page_at_cursor, previous_page, refitted, verdicts_of
from tui.review.queue import ReviewQueue
from tui.review.reviewer import Reviewer, Said
from tui.screens.asking import FILTER_WORDS
from tui.screens.bound import bound
from tui.screens.summary import SummaryScreen
from tui.screens.turns import TurnScreen
from tui.widgets.key_hints import KeyHints
from tui.widgets.prompt import Prompt, Question
from tui.widgets.stage import Look, outlines
from tui.widgets.status_line import StatusLine
from tui.widgets.tally import Tally
from tui.widgets.tile import Tile

NARROWEST_TILE = 18
MOST_COLUMNS = 8
TILE_ASPECT = 2.4
"""Columns of a tile over its rows: small photos are wider than high, cells higher than wide."""

GALLERY_QUALITY = "fine"
_DOES = frozenset(one.action.partition("(")[0] for one in BINDINGS if one.context is Context.GALLERY)
Turn = Callable[[ReviewQueue, GalleryPage, int], GalleryPage | None]


@dataclass(frozen=True, slots=True)
class _Read:
    """A page with what is on it, by row id; `is_other` tells that it was turned to."""

    page: GalleryPage
    results: dict[int, ImageResult]
    is_other: bool


class GalleryScreen(TurnScreen):
    """A page of tiles with a cursor. The marks and the cursor are the page's; only pages move the queue's cursor."""

    CSS_PATH = "gallery.tcss"
    BINDINGS = bound(Context.GALLERY)
    AUTO_FOCUS = ""
    context = Context.GALLERY

    def __init__(
        self, desk: Desk, reviewer: Reviewer, turn: asyncio.Lock, maker: PictureMaker, display: Display
    ) -> None:
        super().__init__(reviewer, turn, id="gallery")
        self._desk = desk
        self._maker = maker
        self._display = display
        self._page = GalleryPage(())
        self._results: dict[int, ImageResult] = {}
        self._shape = (1, 1)
        self._is_drawn = False

    def compose(self) -> ComposeResult:
        """Make the parts; the tiles come once the room is known."""
        yield Tally(self._desk.dataset.root.name)
        yield Grid(id="tiles")
        yield StatusLine()
        yield Prompt()
        yield KeyHints(Context.GALLERY)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave everything alone while a question stands: its keys are those of the answer."""
        if action in _DOES and self.is_mounted and self.query_one(Prompt).is_asking:
            return False
        return super().check_action(action, parameters)

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
        self.call_after_refresh(self._refit)

    async def _refit(self) -> None:
        """Show the page with as many images as fit, as they are now."""
        is_latest = False
        while self.is_open and not is_latest:
            # A key may move or mark meanwhile: then once more, with what came of that.
            page = self._page
            shown = await self.carry_out(lambda page=page: self._read(lambda: self._fitted(page)))  # type: ignore[misc]
            is_latest = self._page is page
            if shown is not None and is_latest:
                self._take_over(shown)

    async def _show(self, choose: Callable[[], GalleryPage | None], end: str = "") -> None:
        """Show a page: captions at once, pictures as they are made.

        Args:
            choose: finds the page; None where there is none, so that this one stays.
            end: what to say then.
        """
        shown = await self.carry_out(lambda: self._read(choose))
        if shown is None:
            return
        if not shown.is_other:
            self.warn(end)
        self._take_over(shown)

    def _take_over(self, shown: _Read) -> None:
        self._is_drawn = False
        self._page, self._results = shown.page, shown.results
        for tile, row_id in zip(self._tiles(), [*self._page.ids, *[None] * self._page_size], strict=False):
            tile.show_image(None if row_id is None else self._results.get(row_id))
        self._show_captions()
        self.show_tally()
        self._make(self._page)

    def _read(self, choose: Callable[[], GalleryPage | None]) -> _Read:
        """Find a page, and what is on it; in a thread."""
        chosen = choose()
        # What was just decided shows in the captions.
        page = self._fitted(self._page) if chosen is None else chosen
        results = self.reviewer.session.results_of(page.ids)
        return _Read(page, dict(zip(page.ids, results, strict=True)), is_other=chosen is not None)

    def _fitted(self, page: GalleryPage) -> GalleryPage:
        queue = self.reviewer.queue
        return refitted(queue, page, self._page_size) if page.ids else page_at_cursor(queue, self._page_size)

    @work(group="page", exclusive=True, exit_on_error=False)
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
            except Exception:  # the caption stays, and the review says what is wrong with the picture
                continue
            drawn = outlines(Look(Easel.of(result)))
            tile.show_picture(compose(base.grid, base.placement, drawn, self._display.depth))
        self._is_drawn = True

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
        if not self._is_drawn:
            # A key that was typed ahead, or held down, speaks of nothing that anybody saw.
            self.warn("the page is not drawn yet")
            return
        page, reviewer = self._page, self.reviewer
        results = [self._results[row_id] for row_id in page.ids]
        verdicts = verdicts_of(page, results, reviewer.background)
        said = await self.carry_out(lambda: reviewer.decide_page(verdicts.decisions))
        if said is None:
            return
        self.tell(said)
        if verdicts.left:
            self.warn(f"{len(verdicts.left)} without a box stay undecided")
        await self._leaf(next_page, "this was the last page")

    async def action_next_page(self) -> None:
        """Turn the page without a verdict."""
        self.warn("")
        await self._leaf(next_page, "this is the last page")

    async def action_previous_page(self) -> None:
        """Turn the page back."""
        self.warn("")
        await self._leaf(previous_page, "this is the first page")

    async def action_first(self) -> None:
        """Go to the first page."""
        await self._show(self._first_page)

    async def action_last(self) -> None:
        """Go to the last page."""
        await self._show(self._last_page)

    async def action_undo(self) -> None:
        """Take the latest step back."""
        await self._turned(self.reviewer.undo)

    async def action_redo(self) -> None:
        """Make again what was undone."""
        await self._turned(self.reviewer.redo)

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.warn(f"any of {' '.join(FILTER_WORDS)}")
        answer = str(self.reviewer.queue.filter)
        self.query_one(Prompt).ask(Question("filter:", self._filter, lambda: self.warn(""), answer=answer))

    async def _filter(self, text: str) -> None:
        self.warn("")
        if await self.carry_out(lambda: self._listed_anew(lambda: self.reviewer.list_only(text))):
            await self._show(self._page_at_cursor)

    async def action_sort(self) -> None:
        """List in the next order: path, score, class."""
        if await self.carry_out(lambda: self._listed_anew(self.reviewer.sort_on)):
            await self._show(self._page_at_cursor)

    def _listed_anew(self, choose: Callable[[], None]) -> bool:
        # The list is searched from the image under the person's eyes.
        self.reviewer.queue.show(self._page.current)
        choose()
        return True

    async def action_export(self) -> None:
        """Show what the review has come to, and write the files."""
        await self.app.push_screen(SummaryScreen(self._desk, exports=True))

    async def action_leave(self) -> None:
        """Go back to the review, at the image under the cursor."""
        current = self._page.current
        await self.carry_out(lambda: self.reviewer.move(lambda: self.reviewer.queue.show(current)))
        self.dismiss()

    # ---- pages

    async def _turned(self, turn: Callable[[], Said]) -> None:
        said = await self.carry_out(turn)
        if said is not None:
            self.tell(said)
            await self._show(self._page_at_cursor)

    async def _leaf(self, turn: Turn, end: str) -> None:
        await self._show(lambda: turn(self.reviewer.queue, self._page, self._page_size), end)

    def _page_at_cursor(self) -> GalleryPage:
        return page_at_cursor(self.reviewer.queue, self._page_size)

    def _first_page(self) -> GalleryPage:
        self.reviewer.queue.first()
        return self._page_at_cursor()

    def _last_page(self) -> GalleryPage:
        queue = self.reviewer.queue
        queue.go_to_number(max(1, len(queue) - self._page_size + 1))
        return self._page_at_cursor()

    @on(OutcomesTaken)
    async def _take(self, event: OutcomesTaken) -> None:
        event.stop()
        await self._refit()


def tiles_in(width: int, height: int) -> tuple[int, int]:
    """Return how many (columns, rows) of tiles go into an area of cells."""
    columns = max(1, min(MOST_COLUMNS, width // NARROWEST_TILE))
    tile_width = width // columns
    rows = max(1, height // max(4, round(tile_width / TILE_ASPECT) + 1))
    return columns, rows
