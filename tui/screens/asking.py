"""What is asked on one line under the picture: where to go, what to list, which class, how many to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from rich.text import Text
from textual import work

from tui.keys import BINDINGS, Context
from tui.messages import OutcomesTaken
from tui.review.bulk import BulkKeep, plan_bulk_keep
from tui.review.filters import Shown
from tui.review.reviewer import Said
from tui.screens.adjusting import AdjustingScreen
from tui.text import printable
from tui.widgets.prompt import Prompt, Question
from tui.widgets.side_panel import SidePanel

FILTER_WORDS = (*Shown, "class:NAME", "score:0.2-0.6")
MOST_LISTED = 40
LONGEST_NUMBER = 9
DEFAULT_BULK_SCORE = 0.8
CHOOSING = "-choosing"
"""The screen's style class while the side panel lists what can be answered."""

_DOES = frozenset(one.action.partition("(")[0] for one in BINDINGS if one.context in (Context.REVIEW, Context.ADJUST))


class AskingScreen(AdjustingScreen):
    """The actions that need an answer. What can be answered is listed in the side panel, or in the status line."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave everything alone while a question stands: its keys are those of the answer."""
        if action in _DOES and self.is_mounted and self.query_one(Prompt).is_asking:
            return False
        return super().check_action(action, parameters)

    # ---- where to go

    def action_go_to(self) -> None:
        """Ask for a number or a name."""
        self._ask(Question("go to number or name:", self._go_to, self._left))

    async def _go_to(self, text: str) -> None:
        queue = self.reviewer.queue
        found = await self.carry_out(lambda: self.reviewer.go_to(text))
        self._is_zoomed = False
        self._left()
        if found is False:
            self.warn(f"expected a number from 1 to {len(queue)}, or a name in the list, found {text!r}")

    # ---- what to list

    def action_filter(self) -> None:
        """Ask for a filter."""
        self._ask(Question("filter:", self._filter, self._left, answer=str(self.reviewer.queue.filter)))
        self._list(FILTER_WORDS, "any of these, with spaces between:")

    async def _filter(self, text: str) -> None:
        self._left()
        await self.carry_out(lambda: self.reviewer.list_only(text))
        self.show_easel()

    async def action_sort(self) -> None:
        """List in the next order: path, score, class."""
        await self.carry_out(self.reviewer.sort_on)
        self.show_easel()

    # ---- which class

    def action_choose_class(self) -> None:
        """Ask for a class."""
        self._ask(Question("class, by number or name:", self._class, self._left, self._narrow_classes))
        self._list(self._numbered_classes(), "keep as:")

    async def _class(self, text: str) -> None:
        classes = self._class_names()
        # A name goes before a number: there are classes that are called 3.
        is_number = text not in classes and _is_number(text) and 1 <= int(text) <= len(classes)
        name = classes[int(text) - 1] if is_number else text
        self._left()
        if not name:
            return
        await self.decide(lambda: self.reviewer.keep_as(name), class_name=name)

    def _class_names(self) -> list[str]:
        return sorted(self.reviewer.queue.index.classes)

    def _numbered_classes(self, wanted: str = "") -> list[str]:
        names = enumerate(self._class_names(), 1)
        return [f"{number:>3} {name}" for number, name in names if wanted in name.casefold()]

    def _narrow_classes(self, text: str) -> None:
        self._list(self._numbered_classes("" if _is_number(text) else text.casefold()), "keep as:")

    # ---- how many to keep

    def action_keep_all(self) -> None:
        """Ask for a score, and show how many undecided images have at least that, and some of them."""
        text = "keep all undecided with a score of at least:"
        question = Question(text, self._keep_above, self._left, self._begin_preview, f"{DEFAULT_BULK_SCORE}")
        self._ask(question)
        self._begin_preview(question.answer)

    def _begin_preview(self, text: str) -> None:
        self._preview(text, self.query_one(Prompt).question)

    @work(group="preview", exclusive=True, exit_on_error=True)
    async def _preview(self, text: str, question: Question | None) -> None:
        plan = await self._bulk(text)
        sample = () if plan is None else plan.sample
        results = await self.carry_out(lambda: self.reviewer.session.results_of(sample)) or ()
        if self.query_one(Prompt).question is not question:
            # The person has answered meanwhile, or turned away.
            return
        if plan is None:
            self._tell_choices(Text("a score from 0 to 1"))
            return
        shown = Text()
        shown.append(f"{len(plan)} images\n\n", style="bold")
        if results:
            shown.append("some of them, lowest scores first:\n", style="dim")
        for result in results:
            shown.append(f"{result.score or 0:.2f} {printable(result.source, longest=40)}\n")
        self._tell_choices(shown, f"enter keeps {len(plan)} images, escape none")

    async def _keep_above(self, text: str) -> None:
        plan = await self._bulk(text)
        self._left()
        if plan is None:
            self.warn(f"expected a score from 0 to 1, found {text!r}")
            return
        parts = self.reviewer.keep_all(plan)
        # The first part before any other key: that one may be there to take it back.
        if await self._keep_part(parts):
            self._keep_others(parts)

    @work(group="keep", exit_on_error=True)
    async def _keep_others(self, parts: Iterator[Said]) -> None:
        """Keep part after part, each in a turn of its own, so that keys have theirs in between."""
        while await self._keep_part(parts):
            pass
        if self.is_open and self.app.screen is not self:
            self.app.screen.post_message(OutcomesTaken())

    async def _keep_part(self, parts: Iterator[Said]) -> bool:
        """Keep the next part; tell whether there was one."""
        self._is_waiting = False
        before = self.reviewer.easel
        said = await self.carry_out(lambda: next(parts, None))
        if said is None:
            return False
        self.tell(said)
        if self.reviewer.easel is not before:
            self._is_zoomed = False
            self.show_easel()
        else:
            self.show_tally()
        return True

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

    def _ask(self, question: Question) -> None:
        self.warn("")
        self.query_one(Prompt).ask(question)

    def _left(self) -> None:
        """Show the image's facts again in place of what could be answered."""
        self.warn("")
        self.remove_class(CHOOSING)
        self.show_easel()

    def _list(self, choices: Sequence[str], title: str) -> None:
        text = Text()
        text.append(f"{title}\n\n", style="bold")
        for choice in choices[:MOST_LISTED]:
            text.append(f"{printable(choice, longest=60)}\n")
        if len(choices) > MOST_LISTED:
            text.append(f"  and {len(choices) - MOST_LISTED} more\n", style="dim")
        self._tell_choices(text)

    def _tell_choices(self, text: Text, short: str = "") -> None:
        self.query_one(SidePanel).show(text)
        # Where the panel is folded away, it is unfolded as long as it is needed.
        self.add_class(CHOOSING)
        self.warn(short)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
