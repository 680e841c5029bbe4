"""The review: one picture with its box, and a key for every verdict."""

from __future__ import annotations

from collections.abc import Callable

from textual import on

from annot_core.engine.messages import Broken, Died, Drained, Outcomes, Progressed, Quarantined, Ready, Refused
from annot_core.progress import EpochFinished, Level, Notice
from tui.keys import Context
from tui.messages import EngineSaid, OutcomesTaken
from tui.screens.asking import AskingScreen
from tui.screens.bound import bound
from tui.screens.gallery import GalleryScreen
from tui.screens.summary import SummaryScreen
from tui.screens.turns import TurnScreen
from tui.text import last_line
from tui.widgets.stage import Stage
from tui.widgets.status_line import StatusLine


class ReviewScreen(AskingScreen):
    """Moving, verdicts, and how the picture is looked at."""

    CSS_PATH = "review.tcss"
    BINDINGS = bound(Context.REVIEW)
    _last_words = ""

    # ---- moving

    async def move(self, step: Callable[[], object]) -> None:
        """Move the cursor; nothing is decided."""
        self._is_waiting = False
        if await self.carry_out(lambda: self.reviewer.move(step)):
            self._is_zoomed = False
            self.warn("")
        self.show_easel()

    async def action_next(self) -> None:
        """Go one image on."""
        await self.move(self.reviewer.queue.next)

    async def action_previous(self) -> None:
        """Go one image back."""
        await self.move(self.reviewer.queue.previous)

    async def action_first(self) -> None:
        """Go to the first image."""
        await self.move(self.reviewer.queue.first)

    async def action_last(self) -> None:
        """Go to the last image."""
        await self.move(self.reviewer.queue.last)

    async def action_next_undecided(self) -> None:
        """Go to the next image that waits for a verdict."""
        await self.move(self.reviewer.queue.next_undecided)

    # ---- verdicts

    async def action_keep(self) -> None:
        """Keep the image with the box that is shown."""
        await self.decide(self.reviewer.keep)

    async def action_drop(self) -> None:
        """Drop the image."""
        await self.decide(self.reviewer.drop)

    async def action_later(self) -> None:
        """Leave the image for later."""
        await self.decide(self.reviewer.later)

    async def action_take(self, number: int) -> None:
        """Keep the image with one of its candidates."""
        await self.decide(lambda: self.reviewer.keep_candidate(number))

    async def action_undo(self) -> None:
        """Take the latest step back."""
        await self.decide(self.reviewer.undo)

    async def action_redo(self) -> None:
        """Make again what was undone."""
        await self.decide(self.reviewer.redo)

    # ---- another box, another look

    async def action_next_candidate(self) -> None:
        """Offer the next candidate."""
        await self.carry_out(self.reviewer.next_candidate)
        self.show_easel()

    async def action_threshold(self, by: int) -> None:
        """Offer the box at another threshold."""
        said = await self.carry_out(lambda: self.reviewer.step_threshold(by))
        if said is not None:
            self.tell(said)
        self.show_easel()

    def action_next_view(self) -> None:
        """Show the photo, the heat map over it, or the binary map."""
        self._mode = self._mode.following
        self.show_easel()

    def action_zoom(self) -> None:
        """Zoom to the box, and back."""
        self._is_zoomed = not self._is_zoomed
        self.show_easel()

    def action_toggle_box(self) -> None:
        """Draw the box, or leave it out."""
        self._is_outlined = not self._is_outlined
        self.show_easel()

    # ---- other screens

    async def action_gallery(self) -> None:
        """Show many images at once."""
        gallery = GalleryScreen(self.desk, self.reviewer, self.turn, self.maker, self._display)
        # Waited for, so that keys that were typed ahead find it there.
        await self.app.push_screen(gallery)
        status = self.query_one(StatusLine)
        gallery.tell_engine(status.engine, dead=status.is_engine_dead)

    async def action_export(self) -> None:
        """Show what the review has come to, and write the files."""
        await self.app.push_screen(SummaryScreen(self.desk, exports=True))

    # ---- what the engine says

    @on(EngineSaid)
    async def _take(self, event: EngineSaid) -> None:
        event.stop()
        match event.said:
            case Progressed(EpochFinished(epoch=epoch, epochs=epochs)):
                self._tell_engine(f"training {epoch} of {epochs}")
            case Progressed(Notice(text, Level.WARNING)):
                self.warn(text)
            case Ready():
                self._tell_engine("finding boxes")
            case Outcomes(outcomes):
                await self._take_outcomes([outcome.source for outcome in outcomes])
            case Quarantined(failure):
                self.warn(f"{failure.source}: {failure.reason}")
                await self._take_outcomes([failure.source])
            case Drained():
                self._tell_engine("")
            case Died(how):
                # What it said last is the reason, where it said one.
                self._tell_engine(f"{self.engine_stopped(self._last_words or how)}; decisions are kept", dead=True)
                self._last_words = ""
            case Broken(text):
                self._last_words = last_line(text)
                self._tell_engine(self._last_words, dead=True)
            case Refused(text):
                self._tell_engine(last_line(text), dead=True)

    async def _take_outcomes(self, sources: list[str]) -> None:
        is_shown = await self.carry_out(lambda: self.reviewer.take(sources))
        if self._is_waiting and self.reviewer.queue.counts().undecided:
            self._is_waiting = False
            is_shown = await self.carry_out(lambda: self.reviewer.move(self.reviewer.queue.first_undecided)) or is_shown
        if is_shown:
            self.show_easel()
        else:
            self.show_tally()
        if self.app.screen is not self:
            self.app.screen.post_message(OutcomesTaken())

    def _tell_engine(self, text: str, *, dead: bool = False) -> None:
        """Say it on every screen that has a place for it."""
        for screen in self.app.screen_stack:
            if isinstance(screen, TurnScreen) and screen.is_mounted:
                screen.tell_engine(text, dead=dead)

    @on(Stage.Told)
    def _tell_picture(self, event: Stage.Told) -> None:
        status = self.query_one(StatusLine)
        status.picture = event.picture
        if event.warning:
            status.warning = event.warning
