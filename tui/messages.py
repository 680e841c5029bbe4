"""What workers tell the screens: typed messages, so that no worker touches a widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    # The first screen tells some of these, and waits for none of what the others carry.
    from annot_core.engine.messages import Message as EngineMessage
    from annot_core.export import ExportSummary
    from annot_core.progress import Event
    from tui.desk import Desk
    from tui.review.reviewer import Reviewer


@dataclass
class DeskOpened(Message):
    """The data set is listed, and its session is open."""

    desk: Desk
    reviewer: Reviewer


@dataclass
class Refused(Message):
    """Something that was asked for cannot be done; `text` says why, to a person."""

    text: str
    exit_code: int


@dataclass
class StartAsked(Message):
    """The person wants the work to begin."""


@dataclass
class EngineSaid(Message):
    """The engine's process spoke, or is gone (None); outcomes are on disk already."""

    said: EngineMessage | None


@dataclass
class OutcomesTaken(Message):
    """The reviewer has taken over what came out for some images; other screens may show some of them."""


@dataclass
class ExportAdvanced(Message):
    """An export went on."""

    event: Event

    def can_replace(self, message: Message) -> bool:
        """Of those of one kind only the newest counts; the first one says how far it is to go."""
        return isinstance(message, ExportAdvanced) and type(message.event) is type(self.event)


@dataclass
class Exported(Message):
    """An export is written and read back; None where nothing was kept."""

    summary: ExportSummary | None


@dataclass
class ExportRefused(Message):
    """The files could not be written."""

    text: str
