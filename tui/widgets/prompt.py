"""A question at the bottom of the screen: it covers no picture, and costs one row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and who is to hear the answer.

    These are called, and sent no message, so that what an answer leads to is done before the next key is.

    Attributes:
        text: the question.
        answered: takes the answer.
        left: called when the person turns away.
        changed: hears the answer so far, while it is typed.
        answer: the answer to begin with.
    """

    text: str
    answered: Callable[[str], Awaitable[None]]
    left: Callable[[], None] = lambda: None
    changed: Callable[[str], None] = lambda text: None
    answer: str = ""


class AnswerField(Input, inherit_bindings=False):
    """A line to type in, with Textual's keys; what they do is done before the next key is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        replace(binding, priority=True) for binding in Input.BINDINGS if isinstance(binding, Binding)
    ]

    async def has_taken_all(self) -> None:
        """Wait until every letter that was typed so far is in the line."""
        taken = asyncio.Event()
        if self.call_later(taken.set):
            await taken.wait()


class Prompt(Horizontal):
    """One row to type an answer in; hidden until something is asked."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; background: $boost; }
    Prompt.-asking { display: block; }
    Prompt Static { width: auto; padding: 0 1; text-style: bold; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    Prompt Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer", show=False, priority=True),
        Binding("escape", "turn_away", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._question: Question | None = None

    def compose(self) -> ComposeResult:
        """Make the question and the answer's field."""
        yield Static(markup=False)
        yield AnswerField(select_on_focus=False)

    @property
    def question(self) -> Question | None:
        """The question that stands, None where none does."""
        return self._question

    @property
    def is_asking(self) -> bool:
        """Whether a question stands."""
        return self._question is not None

    def ask(self, question: Question) -> None:
        """Show a question, and take the keys."""
        self._question = question
        self.query_one(Static).update(question.text)
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = question.answer
        field.cursor_position = len(question.answer)
        self.add_class("-asking")
        # At once, and not by `focus`, which lets keys that were typed ahead through to the screen.
        self.screen.set_focus(field, scroll_visible=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Answer only what is asked."""
        return self.is_asking if action in ("answer", "turn_away") else super().check_action(action, parameters)

    async def action_answer(self) -> None:
        """Take what was typed as the answer."""
        field, question = self.query_one(Input), self._question
        self._leave()
        if question is not None:
            await question.answered(field.value.strip())

    def action_turn_away(self) -> None:
        """Leave the question unanswered."""
        question = self._question
        self._leave()
        if question is not None:
            question.left()

    def _leave(self) -> None:
        """Hide the question and give the keys back."""
        self._question = None
        self.remove_class("-asking")
        self.screen.set_focus(None)

    @on(Input.Changed)
    def _tell(self, event: Input.Changed) -> None:
        event.stop()
        if self._question is not None:
            self._question.changed(event.value.strip())
