"""What is asked on one line under the picture: where to go, what to list, which class, how many to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from rich.text import Text
from textual import on

from annot_core.errors import UsageError
from tui.review.bulk import BulkKeep, plan_bulk_keep
from tui.review.filters import Shown, parse_filter
from tui.review.order import Order
from tui.review.queue import go_to
from tui.screens.adjusting import AdjustingScreen
from tui.text import printable
from tui.widgets.prompt import Prompt
from tui.widgets.side_panel import SidePanel

MOST_LISTED = 40
DEFAULT_BULK_SCORE = 0.8
CHOOSING = "-choosing"
"""The screen's style class while the side panel lists what can be answered."""


class AskingScreen(AdjustingScreen):
    """The actions that need an answer. What can be answered is listed in the side panel, or in the status line."""

    # ---- where to go

    def action_go_to(self) -> None:
        """Ask for a number or a name."""
        self.query_one(Prompt).ask("go to", "go to number or name:")

    async def _go_to(self, text: str) -> None:
        queue, session = self.reviewer.queue, self.reviewer.session
        found = await self.carry_out(lambda: go_to(queue, session, text))
        await self.carry_out(self.reviewer.look)
        if found is False:
            self.warn(f"expected a number from 1 to {len(queue)}, or a name in the list, found {text!r}")
        self.show_easel()

    # ---- what to list

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.query_one(Prompt).ask("filter", "filter:", str(self.reviewer.queue.filter))
        self._list("filter", [*Shown, "class:NAME", "score:0.2-0.6"], "any of these, with spaces between:")

    async def _filter(self, text: str) -> None:
        try:
            chosen = parse_filter(text, self.reviewer.queue.index.classes)
        except UsageError as error:
            self.warn(str(error))
            return
        queue = self.reviewer.queue
        await self.carry_out(lambda: self.reviewer.list_anew(chosen, queue.order))

    def action_sort(self) -> None:
        """List in the next order: path, score, class."""
        orders = list(Order)
        queue = self.reviewer.queue
        following = orders[(orders.index(queue.order) + 1) % len(orders)]
        self.run_worker(partial(self._sort, following), group="sort", exclusive=True, exit_on_error=False)

    async def _sort(self, order: Order) -> None:
        await self.carry_out(lambda: self.reviewer.list_anew(self.reviewer.queue.filter, order))
        self.show_easel()

    # ---- which class

    def action_choose_class(self) -> None:
        """Ask for a class."""
        self.query_one(Prompt).ask("class", "class, by number or name:")
        self._list("class", self._class_names(), "keep as:")

    def _class_names(self) -> list[str]:
        return sorted(self.reviewer.queue.index.classes)

    async def _class(self, text: str) -> None:
        classes = self._class_names()
        name = classes[int(text) - 1] if text.isdecimal() and 1 <= int(text) <= len(classes) else text
        if not name:
            return
        said = await self.carry_out(lambda: self.reviewer.keep_as(name))
        if said is not None:
            self.tell(said)
            if said.needs_box:
                await self.begin_adjusting(name)

    # ---- how many to keep

    def action_keep_all(self) -> None:
        """Ask for a score, and show how many undecided images have at least that, and some of them."""
        self.query_one(Prompt).ask(
            "keep above", "keep all undecided with a score of at least:", f"{DEFAULT_BULK_SCORE}"
        )
        self._begin_preview(f"{DEFAULT_BULK_SCORE}")

    def _begin_preview(self, text: str) -> None:
        self.run_worker(partial(self._preview, text), group="preview", exclusive=True, exit_on_error=False)

    async def _preview(self, text: str) -> None:
        plan = await self._bulk(text)
        sample = () if plan is None else plan.sample
        results = await self.carry_out(lambda: self.reviewer.session.results_of(sample)) or ()
        if self.query_one(Prompt).kind != "keep above":
            # The person has answered meanwhile, or turned away.
            return
        if plan is None:
            self._tell_choices(Text("a score from 0 to 1"))
            return
        shown = Text(f"{len(plan)} images\n\n", style="bold")
        shown.append("some of them, lowest scores first:\n", style="dim")
        for result in results:
            shown.append(f"{result.score or 0:.2f} {printable(result.source, longest=40)}\n")
        self._tell_choices(shown, f"enter keeps {len(plan)} images, escape none")

    async def _keep_above(self, text: str) -> None:
        plan = await self._bulk(text)
        if plan is None:
            self.warn(f"expected a score from 0 to 1, found {text!r}")
            return
        said = await self.carry_out(lambda: self.reviewer.keep_all(plan))
        if said is not None:
            self.tell(said)

    async def _bulk(self, text: str) -> BulkKeep | None:
        try:
            score = float(text)
        except ValueError:
            return None
        if not 0 <= score <= 1:
            return None
        index, within = self.reviewer.queue.index, self.reviewer.queue.filter
        # Only within the list: what a filter leaves out was not meant.
        return await self.carry_out(
            lambda: plan_bulk_keep(index, score, np.random.default_rng(0), within=replace(within, shown=Shown.ALL))
        )

    # ---- the prompt

    @on(Prompt.Answered)
    async def _answered(self, event: Prompt.Answered) -> None:
        answers = {"go to": self._go_to, "filter": self._filter, "class": self._class, "keep above": self._keep_above}
        self.warn("")
        self.remove_class(CHOOSING)
        await answers[event.kind](event.text)
        self.show_easel()

    @on(Prompt.Changed)
    async def _changed(self, event: Prompt.Changed) -> None:
        if event.kind == "keep above":
            self._begin_preview(event.text)
        elif event.kind == "class":
            wanted = event.text.casefold()
            names = [name for name in self._class_names() if wanted in name.casefold() or wanted.isdecimal()]
            self._list("class", names, "keep as:")

    @on(Prompt.Left)
    def _left(self) -> None:
        self.warn("")
        self.remove_class(CHOOSING)
        self.show_easel()

    def _list(self, kind: str, choices: Sequence[str], title: str) -> None:
        text = Text(f"{title}\n\n", style="bold")
        numbered = kind == "class"
        known = self._class_names()
        for choice in choices[:MOST_LISTED]:
            number = f"{known.index(choice) + 1:>3} " if numbered else "  "
            text.append(f"{number}{printable(choice, longest=60)}\n", style="")
        if len(choices) > MOST_LISTED:
            text.append(f"  and {len(choices) - MOST_LISTED} more\n", style="dim")
        self._tell_choices(text)

    def _tell_choices(self, text: Text, short: str = "") -> None:
        self.query_one(SidePanel).show(text)
        # Where the panel is folded away, it is unfolded as long as it is needed.
        self.add_class(CHOOSING)
        self.warn(short)
