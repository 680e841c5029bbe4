"""The whole program in a terminal of its own: keys go in, and what it shows, says and leaves behind is looked at."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from terminals import FakeTerminal

from annot_core.session import ImageResult, Session

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]
ACTING_PROGRAM = [sys.executable, str(Path(__file__).with_name("acting_program.py"))]
"""The same with an engine that has no network; what that does is in the names of the images."""

# What a terminal answers that knows its kind and nothing else.
ANSWERS = {"\x1b[c": "\x1b[?62c"}
PATIENCE_S = 240.0
LEFT_ON = {"7", "25"}
"""Line wrap and the cursor are on before."""

_COUNTS = re.compile(r"(\d+)/(\d+) decided +(\d+) ready(?: +(\d+) pending)?(?: +(\d+) failed)?")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?<>=$ ]*[a-zA-Z]|[P_][^\x1b]*\x1b\\|[78=>])")


class ReviewTerminal(FakeTerminal):
    """Runs the program with some arguments, and waits for as long as a busy machine takes."""

    def __init__(
        self,
        *arguments: object,
        program: list[str] | None = None,
        size: tuple[int, int] = (80, 24),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = [*(program or PROGRAM), *(str(argument) for argument in arguments)]
        super().__init__(command, size=size, answers=ANSWERS, environment=environment)

    def wait(self, condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Take what the program sends until a condition holds."""
        super().wait(condition, timeout_s)

    @property
    def text(self) -> str:
        """All that is shown, row by row."""
        return "\n".join(self.screen.display)

    @property
    def status(self) -> str:
        """The row under the picture."""
        return self.screen.display[-2].strip()

    def counts(self) -> dict[str, int]:
        """Return what the header counts: decided, all, ready, pending, failed; nothing where there is no header."""
        found = _COUNTS.search(self.screen.display[0])
        if found is None:
            return {}
        return dict(zip(("decided", "all", "ready", "pending", "failed"), map(int, found.groups("0")), strict=True))

    def wait_for_counts(self, **expected: int) -> None:
        """Wait until the header counts so many."""
        self.wait(lambda: expected.items() <= self.counts().items())

    def wait_for_place(self, number: int) -> None:
        """Wait until the image with a number from 1 is shown."""
        self.wait(lambda: f" {number} of " in self.screen.display[0])

    def go_to(self, name: str, number: int) -> None:
        """Go to the image of a name, which has a number from 1."""
        self.type(":")
        self.wait_for("go to number")
        self.type(f"{name}\r")
        self.wait(lambda: f" {number} of " in self.screen.display[0] and "go to number" not in self.text)

    def plain(self) -> str:
        """Return all that was ever sent, without colors and moves of the cursor."""
        return _ESCAPES.sub("", self.sent)

    def after_the_app(self) -> str:
        """Return what was printed once the app's screen was left."""
        return _ESCAPES.sub("", self.sent.rpartition("\x1b[?1049l")[2]).strip()

    def assert_whole(self) -> None:
        """Check that the terminal is as it was before."""
        assert self.attributes_now() == self.attributes
        assert {mode for mode, is_on in self.modes().items() if is_on} <= LEFT_ON
        assert self.modes().get("1049", False) is False
        assert self.typed_and_not_read() == ""

    def engine_pids(self) -> list[int]:
        """Return the numbers of the engine's processes that this program has now."""
        found = []
        for line in Path(f"/proc/{self.process.pid}/task").iterdir():
            for pid in (line / "children").read_text().split():
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                if b"--connection" in command:
                    found.append(int(pid))
        return found


def is_running(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def results_in(output: Path) -> dict[str, ImageResult]:
    """Return what a session knows of each image, by source in path order; the program may run meanwhile."""
    session = Session.load(output)
    try:
        return {result.source: result for result in session.results()}
    finally:
        session.close()
