"""A question at the bottom of the screen: it covers no picture, and costs one row."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class Prompt(Horizontal):
    """One row to type an answer in; hidden until something is asked."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; background: $boost; }
    Prompt.-asking { display: block; }
    Prompt Static { width: auto; padding: 0 1; text-style: bold; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    Prompt Input:focus { border: none; }
    """

    @dataclass
    class Answered(Message):
        """The person answered the question called `kind`."""

        kind: str
        text: str

    @dataclass
    class Changed(Message):
        """The person typed; `text` is the answer so far."""

        kind: str
        text: str

    @dataclass
    class Left(Message):
        """The person turned away from the question."""

        kind: str

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._kind = ""

    def compose(self) -> ComposeResult:
        """Make the question and the answer's field."""
        yield Static(markup=False)
        yield Input(select_on_focus=False)

    @property
    def is_asking(self) -> bool:
        """Whether a question stands."""
        return bool(self._kind)

    @property
    def kind(self) -> str:
        """What the question that stands is called; empty where none does."""
        return self._kind

    def ask(self, kind: str, question: str, answer: str = "") -> None:
        """Show a question with an answer to begin with, and take the keys."""
        self._kind = kind
        self.query_one(Static).update(question)
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = answer
        field.cursor_position = len(answer)
        self.add_class("-asking")
        field.focus()

    def leave(self) -> None:
        """Hide the question and give the keys back."""
        self._kind = ""
        self.remove_class("-asking")
        self.screen.set_focus(None)

    @on(Input.Submitted)
    def _answer(self, event: Input.Submitted) -> None:
        event.stop()
        kind = self._kind
        self.leave()
        self.post_message(self.Answered(kind, event.value.strip()))

    @on(Input.Changed)
    def _tell(self, event: Input.Changed) -> None:
        event.stop()
        if self._kind:
            self.post_message(self.Changed(self._kind, event.value.strip()))

    def on_key(self, event: events.Key) -> None:
        """Leave on escape."""
        if event.key == "escape" and self._kind:
            event.stop()
            kind = self._kind
            self.leave()
            self.post_message(self.Left(kind))
