"""Mending a box: while it is in hand, the stage has the keys."""

from __future__ import annotations

from collections.abc import Callable

from tui.keys import BINDINGS, Context
from tui.review.adjusting import Adjuster
from tui.screens.bound import bound
from tui.screens.easel import EaselScreen
from tui.widgets.key_hints import KeyHints
from tui.widgets.stage import Stage

WHILE_ADJUSTING = frozenset({"next_view", "toggle_box"})
"""What else may be done while a box is in hand: nothing that would leave it unnoticed."""

_REVIEWING = frozenset(one.action.partition("(")[0] for one in BINDINGS if one.context is Context.REVIEW)


class AdjustingStage(Stage, inherit_bindings=False):
    """The stage with the keys of adjusting; it is focused only while a box is in hand."""

    BINDINGS = bound(Context.ADJUST, "screen")


class AdjustingScreen(EaselScreen):
    """The actions that change the box in hand."""

    stage_class = AdjustingStage

    @property
    def is_adjusting(self) -> bool:
        """Whether a box is in hand."""
        return self.reviewer.adjuster is not None

    @property
    def context(self) -> Context:  # type: ignore[override]
        """Where the person is."""
        return Context.ADJUST if self.is_adjusting else Context.REVIEW

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave verdicts and moves alone while a box is in hand."""
        if self.is_adjusting and action in _REVIEWING:
            return action in WHILE_ADJUSTING
        return super().check_action(action, parameters)

    async def needs_box(self, class_name: str) -> None:
        """Begin with a box in the middle of the picture."""
        await self.begin_adjusting(class_name)

    async def begin_adjusting(self, class_name: str = "") -> None:
        """Take the box in hand."""
        said = await self.carry_out(lambda: self.reviewer.begin_adjusting(class_name))
        if said is None:
            return
        self.tell(said)
        self.show_easel()

    def show_easel(self) -> None:
        """Give the keys to the stage while a box is in hand, and back."""
        if self.is_mounted:
            stage = self.query_one(Stage)
            stage.can_focus = self.is_adjusting
            if self.is_adjusting:
                # At once, and not by `focus`, which lets keys that were typed ahead through to the verdicts.
                self.set_focus(stage, scroll_visible=False)
            elif self.focused is stage:
                self.set_focus(None)
            self.query_one(KeyHints).show(self.context)
        super().show_easel()

    async def action_adjust(self) -> None:
        """Take the box in hand."""
        await self.begin_adjusting()

    async def action_move(self, dx: int, dy: int) -> None:
        """Move the box, or the active edge."""
        await self._change(lambda adjuster: adjuster.moved(dx, dy))

    async def action_resize(self, dx: int, dy: int) -> None:
        """Make the box larger or smaller."""
        await self._change(lambda adjuster: adjuster.resized(dx, dy))

    async def action_next_edge(self) -> None:
        """Make the next edge the active one."""
        await self._change(Adjuster.next_edge)

    async def action_previous_edge(self) -> None:
        """Make the edge before the active one."""
        await self._change(Adjuster.previous_edge)

    async def action_finer(self) -> None:
        """Go in smaller steps."""
        await self._change(Adjuster.finer)

    async def action_coarser(self) -> None:
        """Go in larger steps."""
        await self._change(Adjuster.coarser)

    async def action_reset(self) -> None:
        """Go back to the box that was taken in hand."""
        await self._change(Adjuster.reset)

    async def action_keep_adjusted(self) -> None:
        """Keep the image with the box in hand, and go on."""
        await self.decide(self.reviewer.keep)

    async def action_leave(self) -> None:
        """Put the box down; nothing is kept."""
        await self.carry_out(self.reviewer.leave_adjusting)
        self.show_easel()

    async def _change(self, change: Callable[[Adjuster], Adjuster]) -> None:
        await self.carry_out(lambda: self.reviewer.adjust(change))
        self.show_easel()
