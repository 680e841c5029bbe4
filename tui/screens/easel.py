"""What the review screen is made of: its parts, carrying actions out one at a time, and showing what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.desk import Desk
from tui.display import Display
from tui.keys import Context
from tui.pictures import Mode, PictureMaker
from tui.review.reviewer import Reviewer, Said
from tui.screens.turns import TurnScreen
from tui.terminal.link import sent
from tui.widgets.facts_line import FactsLine, facts_row
from tui.widgets.key_hints import KeyHints
from tui.widgets.prompt import Prompt
from tui.widgets.side_panel import SidePanel, facts_text
from tui.widgets.stage import Look, Stage
from tui.widgets.status_line import StatusLine
from tui.widgets.tally import Tally

NARROW_COLUMNS = 90
"""Below this width the side panel folds away."""


class EaselScreen(TurnScreen):
    """Every action goes to the reviewer, in a thread and one at a time; then what is shown follows."""

    AUTO_FOCUS = ""
    stage_class: ClassVar[type[Stage]] = Stage
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_COLUMNS, "-wide")]  # noqa: RUF012 - Textual's own way

    def __init__(self, desk: Desk, reviewer: Reviewer, display: Display) -> None:
        super().__init__(reviewer, asyncio.Lock(), id="review")
        self.desk = desk
        self.maker = PictureMaker(desk.dataset.root, desk.session.heatmap, max_pixels=desk.plan.max_pixels)
        self._display = display
        self._mode = Mode.PHOTO
        self._is_zoomed = False
        self._is_outlined = True
        # As long as there was nothing to decide, and the person went nowhere, the first box is gone to as it comes.
        self._is_waiting = not reviewer.queue.counts().undecided

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield Tally(self.desk.dataset.root.name)
        with Horizontal(id="body"):
            yield self.stage_class(self.maker, self._display)
            yield SidePanel()
        yield FactsLine()
        yield StatusLine()
        yield Prompt()
        yield KeyHints(Context.REVIEW)

    def on_mount(self) -> None:
        """Show the first image."""
        self.show_easel()

    def on_screen_resume(self) -> None:
        """Show what may have changed on another screen."""
        self.show_easel()

    def draw_as(self, display: Display) -> None:
        """Draw pictures in another way from now on."""
        self._display = display
        if self.is_mounted:
            self.query_one(Stage).draw_as(display)

    # ---- carrying actions out

    async def decide(self, action: Callable[[], Said], *, class_name: str = "") -> None:
        """Carry out a verdict, then show the next image: it is on disk by then.

        Args:
            action: the verdict.
            class_name: the class that a box is drawn for where the verdict lacks one; empty for the image's.
        """
        self._is_waiting = False
        said = await self.carry_out(action)
        if said is None:
            return
        self.tell(said)
        if said.saved:
            self._is_zoomed = False
        if said.needs_box:
            await self.needs_box(class_name)
        self.show_easel()

    async def needs_box(self, class_name: str) -> None:
        """Have a box drawn where a keep has none to take."""

    # ---- showing

    def look(self) -> Look | None:
        """What the stage shall show."""
        easel, adjuster = self.reviewer.easel, self.reviewer.adjuster
        if easel is None:
            return None
        return Look(
            easel,
            mode=self._mode,
            zoom=easel.box if self._is_zoomed else None,
            is_outlined=self._is_outlined,
            is_adjusting=adjuster is not None,
            edge=adjuster.edge.value if adjuster is not None and adjuster.edge is not None else None,
        )

    def show_easel(self) -> None:
        """Bring everything on the screen in line with the reviewer, and make what comes next."""
        if not self.is_mounted:
            return
        self.query_one(Stage).look_at(self.look())
        self._show_facts()
        self.show_tally()
        # Only then: pictures that are made meanwhile would take the processor from the one that is waited for.
        self.call_after_refresh(self._make_ahead)

    @work(group="ahead-of-keys", exclusive=True, exit_on_error=False)
    async def _make_ahead(self) -> None:
        await sent(self.app)
        easels = await self.carry_out(self.reviewer.neighbours)
        if easels:
            self.query_one(Stage).make_ahead([Look(easel, self._mode, None, self._is_outlined) for easel in easels])

    def _show_facts(self) -> None:
        easel = self.reviewer.easel
        if self.query_one(Prompt).is_asking:
            return
        notes = [] if self._mode is Mode.PHOTO else [f"shown: {self._mode}"]
        adjuster = self.reviewer.adjuster
        if adjuster is not None:
            notes.append(f"adjusting {adjuster.edge or 'the whole box'}, steps of {adjuster.step_px} px")
        if easel is None:
            nothing = self._nothing()
            self.query_one(SidePanel).show(nothing)
            self.query_one(FactsLine).facts = nothing
        else:
            self.query_one(SidePanel).show(facts_text(easel, notes))
            self.query_one(FactsLine).facts = facts_row(easel, notes)

    def _nothing(self) -> Text:
        """Say why there is no image."""
        counts = self.reviewer.queue.counts()
        if not counts.all:
            return Text("there are no images")
        return Text(f"no image passes the filter {str(self.reviewer.queue.filter)!r}")
