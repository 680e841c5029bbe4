"""The review app in a test: a small data set with known results, an engine that says what it is told to, and keys."""

from __future__ import annotations

import asyncio
import queue
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Static

from annot_core.engine.job import EngineJob
from annot_core.engine.messages import Died, Drained, Message, Ready, Refused
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.plan import Plan, plan_run
from annot_core.records import Candidate, Decision, Failure, LabelledImage, Proposal, Status
from annot_core.session import Session
from tui.app import ReviewApp
from tui.desk import Desk
from tui.display import Display
from tui.frame.colors import ColorDepth
from tui.review.reviewer import Reviewer
from tui.settings import Settings
from tui.terminal.answers import Answers
from tui.widgets.side_panel import SidePanel
from tui.widgets.stage import Look, Stage
from tui.widgets.status_line import StatusLine
from tui.widgets.tally import Tally

PRODUCER = "settings-1"
READY = Ready(PRODUCER, {"recipe": {"search": "ensemble"}})
SIZE = (64, 48)
PATCH = Box(8, 10, 32, 30)
BOXES = (PATCH, Box(4, 6, 40, 36), Box(10, 12, 30, 28), Box(0, 0, 64, 48), Box(6, 8, 36, 34))
PATIENCE_S = 20.0

SCORES = {
    "bolt/b1.png": 0.35,
    "nut/n1.png": 0.9,
    "nut/n2.png": 0.8,
    "nut/n3.png": 0.6,
}
"""The images that have a box, with their scores."""

NO_EVIDENCE, BACKGROUND, FAILED, PENDING = "bolt/b2.png", "nothing/e1.png", "nut/n4.png", "nut/n5.png"
SOURCES = sorted([*SCORES, NO_EVIDENCE, BACKGROUND, FAILED, PENDING])


def draw(path: Path, *, size: tuple[int, int] = SIZE, box: Box = PATCH) -> Path:
    """Draw a bright patch on gray; a PNG, so that its pixels are the same everywhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", size, (96, 96, 96))
    ImageDraw.Draw(picture).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=(220, 200, 80))
    picture.save(path)
    return path


def draw_photos(root: Path) -> Path:
    """Draw the data set that most tests review."""
    for source in SOURCES:
        draw(root / source)
    (root / FAILED).write_bytes(b"")
    (root / "nut" / "notes.txt").write_text("no picture")
    return root


def heat() -> np.ndarray:
    """Return a heat map that is hottest in the patch, and less and less so around it."""
    rows, columns = np.mgrid[0:12, 0:16]
    far = np.maximum(np.abs(rows - 4.5) / 6, np.abs(columns - 4.5) / 8)
    return np.clip(1 - far, 0, 1).astype(np.float16)


def proposal(root: Path, source: str, *, score: float = 0.5, boxes: Sequence[Box] = BOXES) -> Proposal:
    """Propose boxes for an image that is there."""
    with Image.open(root / source) as picture:
        size = picture.size
    candidates = tuple(Candidate(box, "ensemble", 0.3 + 0.1 * number) for number, box in enumerate(boxes))
    return Proposal(source, content_hash(root / source), size, Status.PROPOSED, score, 0.75, 0.5, candidates, heat())


def outcome_of(root: Path, source: str) -> Proposal | Failure:
    """Return what the pipeline is taken to say of one of `SOURCES`."""
    if source == FAILED:
        return Failure(source, "read", "expected an image, found 0 bytes")
    if source in (NO_EVIDENCE, BACKGROUND):
        status, score = (Status.NO_EVIDENCE, 0.0) if source == NO_EVIDENCE else (Status.BACKGROUND, 1.0)
        nothing = np.zeros((0, 0), np.float16)
        return Proposal(source, content_hash(root / source), SIZE, status, score, 0.75, 0.5, (), nothing)
    return proposal(root, source, score=SCORES.get(source, 0.5))


def record(plan: Plan, outcomes: Iterable[Proposal | Failure]) -> None:
    """Leave these outcomes in the plan's session, as an earlier run would have."""
    with Desk.open(plan) as desk:
        list(desk.feed(READY))
        desk.record(list(outcomes))


class FakeEngine:
    """Says what a test has it say, when the test has it do so."""

    def __init__(self) -> None:
        self.given: list[LabelledImage] = []
        self.calls = 0
        self.is_stopped = False
        self._said = self._taken = self._heard = 0
        self._waiting: queue.SimpleQueue[Message | None] = queue.SimpleQueue()

    @property
    def is_heard(self) -> bool:
        """Whether everything that was said so far has been taken in."""
        return self._heard == self._said

    def say(self, *messages: Message | None) -> None:
        """Say something; None ends the engine."""
        for message in messages:
            self._said += 1
            self._waiting.put(message)

    def messages(self, feed: Callable[[Ready], Iterable[LabelledImage]]) -> Iterator[Message]:
        """As `EngineProcess.messages`: the stream ends with the process, or once all is done."""
        self.calls += 1
        while (message := self._next()) is not None:
            yield message
            if isinstance(message, Ready):
                self.given = list(feed(message))
            elif isinstance(message, Died | Drained | Refused):
                self._heard = self._taken
                return

    def stop(self) -> None:
        self.is_stopped = True
        self._waiting.put(None)

    def _next(self) -> Message | None:
        # Whoever asks for the next message has taken in all those before.
        self._heard = self._taken
        message = self._waiting.get()
        self._taken += 1
        return message


@dataclass(eq=False)
class Review:
    """The running app and what a person would see of it."""

    app: ReviewApp
    pilot: Pilot[int]
    engines: list[FakeEngine]

    @property
    def engine(self) -> FakeEngine:
        """The engine that was started last."""
        return self.engines[-1]

    @property
    def reviewer(self) -> Reviewer:
        assert self.app.reviewer is not None
        return self.app.reviewer

    @property
    def source(self) -> str:
        """The source of the image on the easel, empty without one."""
        easel = self.reviewer.easel
        return "" if easel is None else easel.result.source

    @property
    def box(self) -> Box | None:
        """The box that is offered."""
        assert self.reviewer.easel is not None
        return self.reviewer.easel.box

    @property
    def status(self) -> StatusLine:
        return self.app.screen.query_one(StatusLine)

    @property
    def tally(self) -> Tally:
        return self.app.screen.query_one(Tally)

    @property
    def stage(self) -> Stage:
        return self.app.screen.query_one(Stage)

    @property
    def look(self) -> Look:
        """What the stage was asked to show."""
        look = self.stage._look
        assert look is not None
        return look

    @property
    def panel(self) -> str:
        """The text of the side panel."""
        facts = self.app.screen.query_one(SidePanel).query_one("#facts", Static)
        return str(facts.visual)

    @property
    def text(self) -> str:
        """All that is on the screen, as lines."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def decision(self, source: str) -> Decision | None:
        """Return what the session's file says was decided; it is opened anew, as another program would."""
        with Session.load(self.app.plan.output) as session:
            result = session.result(source)
        assert result is not None
        return result.decision

    async def press(self, *keys: str) -> None:
        """Press keys, each once what the one before does is done."""
        for key in keys:
            self.hit(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        for each in text:
            self.hit(_character_to_key(each), each)
        await self.settle()

    def hit(self, key: str, character: str | None = None) -> None:
        """Press a key and wait for nothing.

        Textual's own Pilot waits after each key until the process is idle, which takes up to a second on a busy
        machine, and is no proof that a thread has done its work.
        """
        name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
        event = events.Key(name, character or (key if len(key) == 1 else None))
        event.set_sender(self.app)
        self.app.post_message(event)

    async def say(self, *messages: Message | None) -> None:
        """Have the engine say something, and the app hear it."""
        await self.until(lambda: bool(self.engines), "an engine")
        engine = self.engine
        engine.say(*messages)
        await self.until(lambda: engine.is_heard or not self.app.is_working, "the engine to be heard")
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is being done any more: no thread, no message, nothing to be painted."""
        ends = time.monotonic() + PATIENCE_S
        quiet = 0
        while quiet < 2:
            assert time.monotonic() < ends, f"still at work: {self._at_work()}"
            if not self.app.is_running:
                return
            await self.pilot._wait_for_screen()
            self.app.screen._on_timer_update()
            quiet = 0 if self._at_work() else quiet + 1
            await asyncio.sleep(0.001)

    async def until(self, holds: Callable[[], bool], what: str = "it") -> None:
        """Wait until something holds."""
        ends = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < ends, f"waited for {what}; the screen shows\n{self.text}"
            await asyncio.sleep(0.005)

    async def resize(self, width: int, height: int) -> None:
        """Make the terminal larger or smaller."""
        size = Size(width, height)
        driver = self.app._driver
        assert driver is not None
        driver._size = size  # type: ignore[attr-defined]
        self.app.post_message(events.Resize(size, size))
        # Textual waits a moment, as sizes come in heaps while a window is dragged.
        await self.until(lambda: self.app.screen._compositor.size == size, "the new size")
        await self.settle()

    def _at_work(self) -> list[str]:
        """What is being done, in words for a test that fails."""
        screen = self.app.screen
        pumps = [self.app, screen, *screen.walk_children()]
        return [
            *(worker.group for worker in self.app.workers if worker.group != "engine" and not worker.is_finished),
            *(f"messages for {pump!r}" for pump in pumps if pump.message_queue_size),
            *(["callbacks"] if screen._callbacks else []),
            *(["layout"] if screen._layout_required else []),
            *(["paint"] if screen._dirty_widgets else []),
        ]


@asynccontextmanager
async def reviewing(
    plan: Plan,
    *,
    size: tuple[int, int] = (100, 30),
    settings: Settings | None = None,
    display: Display | None = None,
    display_after: Callable[[Answers], Display] | None = None,
    redo: bool = False,
    ready: bool = True,
) -> AsyncIterator[Review]:
    """Run the app on a plan, with a fake engine; it is closed at the end, however that comes."""
    engines: list[FakeEngine] = []

    def start_engine(job: EngineJob, log: Path) -> FakeEngine:
        engines.append(FakeEngine())
        return engines[-1]

    app = ReviewApp(
        plan,
        settings=settings or Settings(),
        shown=display or Display(ColorDepth.TRUECOLOR, measures=False),
        shown_after=display_after,
        start_engine=start_engine,
        redo=redo,
    )
    try:
        async with app.run_test(size=size) as pilot:
            review = Review(app, pilot, engines)
            if ready and app.is_running:
                await review.until(lambda: app.desk is not None or not app.is_running, "the desk")
                await review.settle()
            try:
                yield review
            finally:
                await asyncio.to_thread(app.stop_work)
    finally:
        app.close()


def copied_plan(template: Plan, folder: Path) -> Plan:
    """Return a plan for the same data set with a copy of the template's session."""
    shutil.copytree(template.output, folder / "out")
    return plan_run(template.root, folder / "out")
