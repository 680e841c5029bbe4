"""The big picture: makes it in the background, keeps its neighbours ready, and sends one frame at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from textual import work
from textual.message import Message

from annot_core.errors import ImageError
from annot_core.geometry import Box
from annot_core.records import Verdict
from annot_core.thresholds import DEFAULT_THRESHOLD
from tui.display import Display
from tui.frame.composing import Outline, compose
from tui.frame.grid import zoomed_view
from tui.frame.halfblocks import Frame
from tui.frame.paint import Color, Edge, with_box
from tui.frame.pixel_frames import PixelFrame, grid_area, kitty_frame, sixel_frame
from tui.frame.quality import LEVELS, Level, QualityControl, pinned_to
from tui.pictures import Base, Kept, Mode, PictureKey, PictureMaker
from tui.review.easel import Easel
from tui.terminal.capabilities import Graphics
from tui.terminal.driver import FrameDrained
from tui.terminal.gate import Drained
from tui.terminal.link import gate_for
from tui.terminal.strips import CellSource
from tui.terminal.surface import PictureSurface

OFFERED: Color = (0, 255, 0)
DROPPED: Color = (255, 70, 70)
ADJUSTED: Color = (255, 230, 0)
ACTIVE_EDGE: Color = (255, 255, 255)

HELD_KEY_S = 0.04
"""Pictures that are passed over faster than this, by a key held down, are not made."""

FRAMES_KEPT = 16
MOST_CHANGED = 0.3
"""If more than this share of the cells differs, the whole picture is sent: it is encoded already."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an image is looked at.

    `zoom` is the box to zoom to, None for the whole image. `edge` is the active edge while the box is
    adjusted, and `is_adjusting` draws it in another color.
    """

    easel: Easel
    mode: Mode = Mode.PHOTO
    zoom: Box | None = None
    is_outlined: bool = True
    is_adjusting: bool = False
    edge: Edge | None = None


class Stage(PictureSurface):
    """Shows what `look_at` is given, as soon as it is made and the line is free."""

    @dataclass
    class Told(Message):
        """What the picture costs, to be shown; `warning` is empty where all is well."""

        picture: str
        warning: str = ""

    def __init__(self, maker: PictureMaker, display: Display) -> None:
        super().__init__(id="stage")
        self._maker = maker
        self._quality = QualityControl() if display.quality is None else pinned_to(display.quality)
        self._is_part = False
        self._take_display(display)
        self._look: Look | None = None
        self._looked_at_s = 0.0
        self._last_bytes = 0
        self._gate = gate_for(self, self._learn, show=self._put, measures=display.measures)

    def draw_as(self, display: Display) -> None:
        """Draw in another way from now on."""
        self._take_display(display)
        self.look_at(self._look)

    def _take_display(self, display: Display) -> None:
        self._display = display
        # How pixels are drawn, where the terminal has real ones.
        self._pixels = {Graphics.SIXEL: sixel_frame, Graphics.KITTY: kitty_frame}.get(display.graphics)
        self._frames: Kept[tuple[PictureKey, tuple[Outline, ...]], Frame | PixelFrame] = Kept(FRAMES_KEPT)

    @property
    def level(self) -> Level:
        """How finely pictures are sent now."""
        return self._quality.level

    def look_at(self, look: Look | None) -> None:
        """Show an image; it is made in the background unless it was made ahead."""
        self._look = look
        now = time.monotonic()
        is_hasty = now - self._looked_at_s < HELD_KEY_S
        self._looked_at_s = now
        key = self._key(look)
        if look is None or key is None:
            self._gate.withdraw()
            self.show(None)
            return
        base = self._maker.kept(key)
        if base is None:
            # What waits for the line is of an image that is no longer looked at.
            self._gate.withdraw()
            self._make(look, key, HELD_KEY_S if is_hasty else 0.0)
        else:
            self._offer(look, key, base)

    def make_ahead(self, looks: Sequence[Look]) -> None:
        """Make pictures that are likely to be looked at next, the likeliest first."""
        keyed = [(look, key) for look in looks if (key := self._key(look)) is not None]
        self._make_all(keyed)

    def on_resize(self) -> None:
        """Make the picture anew for the room that there is now."""
        self.look_at(self._look)

    def hear(self, drained: FrameDrained) -> None:
        """Take note that a frame has arrived."""
        self._gate.answered(drained.tag, drained.at_s)

    def _key(self, look: Look | None) -> PictureKey | None:
        """What the picture depends on, None where it cannot be shown: there is no size yet, or no room."""
        if look is None or look.easel.result.image_size is None or not self.size.area:
            return None
        result = look.easel.result
        area, aspect, level = self._room()
        assert result.image_size is not None
        view = None
        if look.zoom is not None:
            view = zoomed_view(look.zoom, result.image_size, area, pixel_aspect=aspect)
        return PictureKey(
            source=result.source,
            content=result.content,
            image_size=result.image_size,
            area=area,
            level=level,
            view=view,
            mode=look.mode,
            threshold=_threshold(look) if look.mode is Mode.MASK else DEFAULT_THRESHOLD,
            pixel_aspect=aspect,
        )

    def _room(self) -> tuple[tuple[int, int], float, Level]:
        """The area that a picture is made for, the shape of its pixels, and how finely it is made."""
        area = (self.size.width, self.size.height)
        if self._pixels is None or self._display.cell_size is None:
            return area, self._display.pixel_aspect, self.level
        # Real pixels are square, and their own encoding is what makes them few bytes.
        return grid_area(area, self._display.cell_size), 1.0, LEVELS[0]

    @work(group="picture", exclusive=True, exit_on_error=False)
    async def _make(self, look: Look, key: PictureKey, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        try:
            base = await asyncio.to_thread(self._maker.make, key)
        except Exception as error:  # one picture's trouble must not end the review, whatever it is
            if look is self._look:
                self.show(None)
                reason = str(error) if isinstance(error, ImageError) else f"{type(error).__name__}: {error}"
                self.post_message(self.Told("", reason))
            return
        if look is self._look:
            self._offer(look, key, base)

    @work(group="ahead", exclusive=True, exit_on_error=False)
    async def _make_all(self, keyed: Sequence[tuple[Look, PictureKey]]) -> None:
        for look, key in keyed:
            try:
                base = await asyncio.to_thread(self._maker.make, key)
                await asyncio.to_thread(self._frame, look, key, base)
            except Exception:  # it is told when the image is looked at
                continue

    def _offer(self, look: Look, key: PictureKey, base: Base) -> None:
        self._gate.offer(self._frame(look, key, base))
        if base.is_stale:
            warning = "the file has changed since its box was found; start again to have it done anew"
            self.post_message(self.Told(self._described(), warning))

    def _frame(self, look: Look, key: PictureKey, base: Base) -> Frame | PixelFrame:
        wanted = (key, outlines(look))
        frame = self._frames.get(wanted)
        if frame is None:
            frame = self._composed(base, wanted[1])
            self._frames.put(wanted, frame)
        return frame

    def _composed(self, base: Base, drawn: tuple[Outline, ...]) -> Frame | PixelFrame:
        if self._pixels is not None:
            grid = base.grid
            for one in drawn:
                grid = with_box(grid, base.placement, one.box, one.color, edge=one.edge, edge_color=one.edge_color)
            return self._pixels(grid, (self.size.width, self.size.height))
        frame = compose(base.grid, base.placement, drawn, self._display.depth)
        # The rows are encoded when first asked for: here, rather than while a key waits.
        _ = frame.size_bytes
        return frame

    def _put(self, source: CellSource) -> None:
        """Show a frame: only the cells that differ, where those are few."""
        assert isinstance(source, Frame | PixelFrame)
        self._is_part = isinstance(source, Frame) and self._put_changes(source)
        if not self._is_part:
            self._last_bytes = source.size_bytes
            self.show(source)
        self.post_message(self.Told(self._described()))

    def _put_changes(self, frame: Frame) -> bool:
        shown = self.source
        if not isinstance(shown, Frame) or (shown.columns, shown.rows) != (frame.columns, frame.rows):
            return False
        spans = frame.changes_from(shown)
        if sum(span.x1 - span.x0 for span in spans) > MOST_CHANGED * frame.columns * frame.rows:
            return False
        self._last_bytes = self.show_changed(frame, [(x0, y, frame.part(y, x0, x1)) for y, x0, x1 in spans])
        return self._last_bytes > 0

    def _learn(self, drained: Drained) -> None:
        learn = self._quality.after_part if self._is_part else self._quality.after
        self._quality = learn(drained.size_bytes, drained.seconds)
        self.post_message(self.Told(self._described()))

    def _described(self) -> str:
        way = f"half-block {self.level.name}" if self._pixels is None else str(self._display.graphics)
        parts = [way, f"{self._last_bytes / 1000:.1f} kB"]
        rate = self._quality.line.rate
        if rate is not None:
            parts.append(f"link {rate * 8 / 1e6:.1f} Mbit/s")
        return "  ".join(parts)


def outlines(look: Look) -> tuple[Outline, ...]:
    """Return what is drawn over the picture: the box, in the color of what it is."""
    box = look.easel.box
    if box is None or not look.is_outlined:
        return ()
    if look.is_adjusting:
        return (Outline(box, ADJUSTED, look.edge, ACTIVE_EDGE),)
    decision = look.easel.result.decision
    is_dropped = decision is not None and decision.verdict is Verdict.DROP
    return (Outline(box, DROPPED if is_dropped else OFFERED),)


def _threshold(look: Look) -> float | str:
    return look.easel.threshold if look.easel.threshold is not None else DEFAULT_THRESHOLD
