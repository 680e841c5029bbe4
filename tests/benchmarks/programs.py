"""The programs that are measured in a terminal: NAME ARGUMENT..."""

from __future__ import annotations

import sys
from collections.abc import Iterator


class NoEngine:
    """An engine that has nothing to do, so that only the review is measured."""

    def __init__(self, *arguments: object, **options: object) -> None:
        pass

    def messages(self, feed: object) -> Iterator[object]:
        """Say nothing."""
        return iter(())

    def stop(self) -> None:
        """Do nothing."""


def review(dataset: str, output: str) -> None:
    """Review a session that is there."""
    from annot_core.engine import process

    process.EngineProcess = NoEngine  # type: ignore[assignment, misc]
    from tui.cli import main

    main([dataset, "--output", output, "--quality", "fine"])


def static(*paths: str) -> None:
    """Show pictures in the plain way: rich-pixels in a Static."""
    from PIL import Image
    from rich_pixels import Pixels
    from textual.app import App, ComposeResult
    from textual.events import Key
    from textual.widgets import Static

    class Viewer(App[None]):
        """Shows the next picture at `n`."""

        CSS = "Static { width: 1fr; height: 1fr; }"

        def compose(self) -> ComposeResult:
            """Make the only widget."""
            yield Static()

        def on_ready(self) -> None:
            """Show the first picture."""
            self.at = 0
            self.show()

        def on_key(self, event: Key) -> None:
            """Show the next picture."""
            if event.key == "n":
                self.at = (self.at + 1) % len(paths)
                self.show()

        def show(self) -> None:
            """Show a picture, as wide and high as there is room."""
            room = self.query_one(Static)
            with Image.open(paths[self.at]) as image:
                pixels = Pixels.from_image(image.convert("RGB"), resize=(room.size.width, 2 * room.size.height))
            room.update(pixels)

    Viewer().run()


PROGRAMS = {"review": review, "static": static}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
