"""What the screens of a review share: their keys, having the reviewer do one thing at a time, and saying what came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from annot_core.errors import AnnotError
from tui.review.order import Order
from tui.review.reviewer import Reviewer, Said
from tui.screens.keyed import KeyedScreen
from tui.text import printable
from tui.widgets.status_line import StatusLine
from tui.widgets.tally import Tally

Result = TypeVar("Result")


class TurnScreen(KeyedScreen):
    """A screen that has the reviewer do things in threads, one at a time over all screens of the review."""

    def __init__(self, reviewer: Reviewer, turn: asyncio.Lock, *, id: str) -> None:  # noqa: A002 - Textual's word
        """Prepare.

        Args:
            reviewer: does what the keys mean.
            turn: held while it does something; the same for all screens that have this reviewer.
            id: the screen's name.
        """
        super().__init__(id=id)
        self.reviewer = reviewer
        self.turn = turn

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do nothing before there is anything on the screen: keys may have been typed ahead."""
        return super().check_action(action, parameters) if self.is_mounted else False

    async def carry_out(self, action: Callable[[], Result]) -> Result | None:
        """Have something done in a thread, one thing at a time; what goes wrong is told, and None returned."""
        async with self.turn:
            try:
                done = await asyncio.to_thread(action)
            except AnnotError as error:
                # A full disk, say: nothing was decided, and nothing moves.
                if self.is_open:
                    self.warn(str(error))
                return None
        # A screen may have been left meanwhile, and then nothing of it is there any more.
        return done if self.is_open else None

    def tell(self, said: Said) -> None:
        """Show what came of an action."""
        status = self.query_one(StatusLine)
        status.warning = said.refused
        if said.saved:
            status.saved = f"saved: {printable(said.saved, longest=60)}"

    def warn(self, text: str) -> None:
        """Show what went wrong, until the next action."""
        self.query_one(StatusLine).warning = text

    def tell_engine(self, text: str, *, dead: bool = False) -> None:
        """Show what the engine does, and whether it has to be started again."""
        status = self.query_one(StatusLine)
        status.engine, status.is_engine_dead = text, dead

    def show_tally(self) -> None:
        """Show how far the review is."""
        queue, tally = self.reviewer.queue, self.query_one(Tally)
        tally.counts = queue.counts()
        place = queue.place
        order = "" if queue.order is Order.PATH else f" by {queue.order}"
        tally.filter_text = f"filter: {queue.filter}{order}"
        tally.position = "" if place is None else f"{place + 1} of {len(queue)}"
