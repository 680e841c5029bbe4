"""The whole program with an engine that has no network; what that does to an image is in the image's name."""

from __future__ import annotations

from acting_engine import COMMAND

from annot_core.engine import process
from tui.cli import main

if __name__ == "__main__":
    process.default_command = lambda: COMMAND
    main()
