"""Small programs that the tests of the terminal run in a terminal of their own: NAME ARGUMENT..."""

from __future__ import annotations

import sys
import time

from cell_pictures import CellPicture, picture
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.terminal.driver import FrameDrained, ReviewDriver, TerminalAnswered, driver_class
from tui.terminal.gate import Drained
from tui.terminal.link import gate_for
from tui.terminal.probing import LIMIT_S, Inquiry
from tui.terminal.restoring import run_whole
from tui.terminal.surface import PictureSurface

NUDGED = ((3, 2), (4, 2), (30, 9))
GREEN = (0, 255, 0)


class Surface(PictureSurface):
    """Gets another picture for every size."""

    def on_resize(self) -> None:
        assert isinstance(self.app, Shown)
        self.app.fit()


class Shown(App[None]):
    """A picture beside a panel; the panel tells what was done last."""

    CSS = "#panel { width: 20; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, driver: type[ReviewDriver] = ReviewDriver) -> None:
        super().__init__(driver_class=driver)
        self.shown: CellPicture | None = None
        self.keys = ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Surface()
            yield Static("panel", id="panel", markup=False)

    @property
    def below(self) -> Screen[object]:
        return self.screen_stack[0]

    def say(self, text: str) -> None:
        self.below.query_one("#panel", Static).update(text)

    def on_ready(self) -> None:
        self.say("ready")

    def fit(self) -> None:
        surface = self.below.query_one(PictureSurface)
        if surface.size.area:
            self.shown = picture(*surface.size)
            surface.show(self.shown)

    def on_key(self, event: Key) -> None:
        self.keys += f" {event.key}"
        does = {
            "b": self.nudge,
            "s": self.show_small,
            "t": lambda: self.notify("toast", timeout=60),
            "m": lambda: self.push_screen(Over()),
            "K": lambda: self.say(f"keys:{self.keys}"),
            "q": lambda: self.exit(return_code=7),
            "i": self.draw_image,
            "Z": lambda: time.sleep(60),
            "e": self.fail,
        }
        does.get(event.key, lambda: None)()

    def nudge(self) -> None:
        surface = self.below.query_one(PictureSurface)
        assert self.shown is not None
        for x, y in NUDGED:
            self.shown = self.shown.changed(x, y, GREEN)
        runs = [(x, y, self.shown.part(y, x, x + 1)) for x, y in NUDGED]
        self.say(f"wrote {'some' if surface.show_changed(self.shown, runs) else 'none'}")

    def show_small(self) -> None:
        surface = self.below.query_one(PictureSurface)
        self.shown = picture(surface.size.width - 5, surface.size.height - 4, seed=3)
        surface.show(self.shown)
        self.say("small")

    def draw_image(self) -> None:
        assert self._driver is not None
        self._driver.write("\x1b_Ga=T,f=24,s=1,v=1,q=2;AAAA\x1b\\")

    def fail(self) -> None:
        raise ValueError("a bug of ours")


class Over(ModalScreen[None]):
    """A screen over the picture."""

    CSS = "Over { background: transparent; } Over Static { width: 8; }"

    def compose(self) -> ComposeResult:
        yield Static("over")

    def on_key(self, event: Key) -> None:
        if event.key == "b":
            assert isinstance(self.app, Shown)
            self.app.nudge()
            event.stop()


class Gated(Shown):
    """Offers a picture a key press, and tells what has arrived."""

    def on_ready(self) -> None:
        self.arrived: list[Drained] = []
        self.gate = gate_for(self.below.query_one(PictureSurface), self.arrive)
        self.offered = 0
        self.say("ready")

    def fit(self) -> None:
        pass

    def arrive(self, drained: Drained) -> None:
        self.arrived.append(drained)
        self.say(f"arrived {len(self.arrived)}: {drained.size_bytes} bytes")

    def on_frame_drained(self, message: FrameDrained) -> None:
        self.gate.answered(message.tag, message.at_s)

    def on_key(self, event: Key) -> None:
        if event.key == "o":
            self.offered += 1
            surface = self.below.query_one(PictureSurface)
            self.gate.offer(picture(*surface.size, seed=self.offered))


class Asking(Shown):
    """Began on a guess, and hears the answers late."""

    def on_terminal_answered(self, message: TerminalAnswered) -> None:
        self.say(f"late: {message.answers.name}")


def main(name: str, *arguments: str) -> int:
    match name:
        case "shown":
            code = run_whole(Shown())
            print("bye")
            return code
        case "gated":
            return run_whole(Gated())
        case "asking":
            return run_whole(Asking(driver_class(Inquiry(asked_s=time.monotonic() + LIMIT_S))))
        case _:
            raise ValueError(name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
