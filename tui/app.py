"""The review app: opens the desk, follows the engine, and hands what they say to its screens."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual import events, on, work
from textual.app import App
from textual.driver import Driver

from annot_core.engine.messages import Broken, Drained, Message, Outcomes, Quarantined, Ready
from annot_core.engine.messages import Refused as EngineRefused
from annot_core.errors import AnnotError, UsageError
from tui.keys import BINDINGS, Context
from tui.messages import DeskOpened, EngineSaid, Refused, StartAsked
from tui.palette import KeyCommands
from tui.screens.bound import bound, keymap
from tui.screens.keyed import KeyedScreen
from tui.screens.start import StartScreen
from tui.settings import Settings
from tui.terminal.driver import FrameDrained, TerminalAnswered
from tui.widgets.prompt import AnswerField

if TYPE_CHECKING:
    # All that has to do with pictures and sessions is imported behind the first screen, while it is looked at.
    from annot_core.engine.job import EngineJob
    from annot_core.plan import Plan
    from annot_core.records import LabelledImage
    from tui.desk import Desk
    from tui.display import Display
    from tui.review.reviewer import Reviewer
    from tui.screens.review import ReviewScreen
    from tui.terminal.answers import Answers

    Feed = Callable[[Ready], Iterable[LabelledImage]]
    StartEngine = Callable[[EngineJob, Path], "ReviewEngine"]
    """Makes an engine for a job; what its process prints goes to the file."""


_EVERYWHERE = frozenset(one.action for one in BINDINGS if one.context is Context.EVERYWHERE)


class ReviewEngine(Protocol):
    """What the app asks of an engine; `annot_core.engine.process.EngineProcess` is one."""

    def messages(self, feed: Feed) -> Iterator[Message]:
        """Work until all is done or the process is dead, saying how it goes; called again, it goes on."""
        ...

    def stop(self) -> None:
        """End the work from another thread; `messages` then returns."""
        ...


class ReviewApp(App[int]):
    """Annotates in the background and is reviewed in front."""

    CSS_PATH = "app.tcss"
    TITLE = "autoannot"
    COMMANDS = {KeyCommands}  # noqa: RUF012 - Textual's own way
    BINDINGS = bound(Context.EVERYWHERE)

    def __init__(
        self,
        plan: Plan,
        *,
        settings: Settings,
        shown: Display,
        start_engine: StartEngine,
        shown_after: Callable[[Answers], Display] | None = None,
        redo: bool = False,
        driver_class: type[Driver] | None = None,
    ) -> None:
        """Prepare; nothing is read before the first screen is painted.

        Args:
            plan: where and what.
            settings: the person's keys and wishes.
            shown: how pictures are drawn in this terminal.
            start_engine: makes the engine, once the desk is open.
            shown_after: says how they are drawn once answers of the terminal came after all; None: as before.
            redo: withdraw automatic decisions first.
            driver_class: speaks to the terminal; None: Textual's own.
        """
        super().__init__(driver_class=driver_class, watch_css=False)
        self.plan = plan
        self.settings = settings
        self.shown = shown
        self.desk: Desk | None = None
        self.reviewer: Reviewer | None = None
        self.farewell = ""
        self._start_engine = start_engine
        self._shown_after = shown_after
        self._redo = redo
        self._engine: ReviewEngine | None = None
        self._is_working = False
        self._start = StartScreen(plan)
        self._review: ReviewScreen | None = None

    async def on_event(self, event: events.Event) -> None:
        """Let a letter reach the line that it is typed into before the next key is looked at."""
        await super().on_event(event)
        if isinstance(event, events.Key) and isinstance(self.focused, AnswerField):
            await self.focused.has_taken_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of what lies over the screens, such as the command palette, alone."""
        if action in _EVERYWHERE:
            return isinstance(self.screen, KeyedScreen)
        return super().check_action(action, parameters)

    def on_mount(self) -> None:
        """Paint the first screen, and only then open the desk."""
        self.set_keymap(keymap(self.settings.bindings))
        self.push_screen(self._start)
        theme = self.settings.theme
        if theme is not None and theme not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            self._refuse(
                Refused(
                    f"expected a theme out of {known}, found {theme!r}; mend the settings file", UsageError.exit_code
                )
            )
            return
        if theme is not None:
            self.theme = theme
        self.call_after_refresh(self._open_desk)

    @property
    def is_working(self) -> bool:
        """Whether the engine runs."""
        return self._is_working

    def begin_work(self) -> None:
        """Start the engine, or again after its end; nothing happens while it runs."""
        if self.desk is not None and not self._is_working and not self.desk.is_done:
            self._is_working = True
            self._follow_engine(self.desk)

    def show_review(self) -> None:
        """Show the review in place of the first screen, unless it is shown."""
        from tui.screens.review import ReviewScreen

        if self.desk is not None and self.reviewer is not None and self._review is None:
            self._review = ReviewScreen(self.desk, self.reviewer, self.shown)
            self.switch_screen(self._review)

    def stop_work(self) -> None:
        """End the engine, if it runs; safe to call from a signal's handler and after the app's end."""
        if self._engine is not None:
            self._engine.stop()

    async def action_quit(self) -> None:
        """Leave; everything is saved already."""
        await asyncio.to_thread(self.stop_work)
        self.exit()

    def close(self) -> None:
        """Leave nothing running or open, however the app ended; closing twice does no harm."""
        self.stop_work()
        if self.desk is not None:
            self.desk.close()

    @work(thread=True, group="desk", exclusive=True, exit_on_error=True)
    def _open_desk(self) -> None:
        # The review's screen is imported here too, rather than while the event loop waits for it.
        import tui.screens.review  # noqa: F401
        from tui.desk import Desk
        from tui.review.queue import ReviewQueue
        from tui.review.reviewer import Reviewer

        try:
            desk = Desk.open(self.plan, redo=self._redo)
            reviewer = Reviewer(desk.session, ReviewQueue(desk.session.index()))
            reviewer.move(reviewer.queue.first_undecided)
        except AnnotError as error:
            self.post_message(Refused(str(error), error.exit_code))
        else:
            self.post_message(DeskOpened(desk, reviewer))

    @work(group="engine", exclusive=True, exit_on_error=False)
    async def _follow_engine(self, desk: Desk) -> None:
        """Turn what the engine's process says into messages; outcomes are on disk before they are told."""
        if self._engine is None:
            self._engine = self._start_engine(desk.job(), desk.log)
        # The same engine after a death: it knows which images are to blame.
        engine = self._engine
        stream = engine.messages(desk.feed)
        try:
            while (said := await asyncio.to_thread(next, stream, None)) is not None:
                if isinstance(said, Outcomes):
                    await asyncio.to_thread(desk.record, said.outcomes)
                elif isinstance(said, Quarantined):
                    await asyncio.to_thread(desk.record, [said.failure])
                elif isinstance(said, Drained):
                    # All is done; a network at rest would take the memory of several thousand pictures.
                    await asyncio.to_thread(engine.stop)
                    self._engine = None
                self.post_message(EngineSaid(said))
        except AnnotError as error:
            # The session cannot be written: a full disk, say. Decisions would fail as well, and say so.
            await asyncio.to_thread(engine.stop)
            self._engine = None
            self.post_message(EngineSaid(Broken(str(error))))
        except Exception:
            # A bug of ours: the review goes on without the engine, and another one may be started.
            await asyncio.to_thread(engine.stop)
            self._engine = None
            self.post_message(EngineSaid(Broken(traceback.format_exc())))
        except asyncio.CancelledError:
            # The app ends, and must not wait for a thread that waits for the engine.
            engine.stop()
            raise
        finally:
            self._is_working = False
        self.post_message(EngineSaid(None))

    @on(DeskOpened)
    def _welcome(self, event: DeskOpened) -> None:
        self.desk, self.reviewer = event.desk, event.reviewer
        self._start.show_desk(self.desk)
        if self.desk.is_begun:
            # What an earlier run left is resumed without asking.
            self.show_review()
            self.begin_work()
        else:
            self._start.invite()

    @on(StartAsked)
    def _begin(self) -> None:
        if self.desk is not None:
            self._start.say("starting ...")
            self.begin_work()

    @on(EngineSaid)
    def _pass_on(self, event: EngineSaid) -> None:
        if self._review is None and isinstance(event.said, Outcomes):
            self.show_review()
        if self._review is not None:
            # In its own turn, which comes once it is mounted.
            self._review.post_message(EngineSaid(event.said))
        elif isinstance(event.said, EngineRefused):
            # There is nothing to review, and there will not be.
            self.post_message(Refused(event.said.text, event.said.exit_code))
        else:
            self._start.take(event.said)

    @on(TerminalAnswered)
    def _draw_as_answered(self, event: TerminalAnswered) -> None:
        """Draw as the terminal can, whose answers came too late for the first picture."""
        if self._shown_after is None or (shown := self._shown_after(event.answers)) == self.shown:
            return
        self.shown = shown
        if self._review is not None:
            self._review.draw_as(shown)

    @on(FrameDrained)
    def _drained(self, event: FrameDrained) -> None:
        from tui.widgets.stage import Stage

        # Also one that another screen has come over since: its line is free again.
        for screen in self.screen_stack:
            for stage in screen.query(Stage):
                stage.hear(event)

    @on(Refused)
    def _refuse(self, event: Refused) -> None:
        self.farewell = event.text
        self.exit(return_code=event.exit_code)

    def action_restart(self) -> None:
        """Start the engine again."""
        self.begin_work()

    def action_help(self) -> None:
        """Show every key."""
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.settings.bindings))
