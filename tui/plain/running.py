"""The console that commands print to, and the progress of what they run."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from annot_core.progress import Listener
from tui.frame.depth import ColorDepth
from tui.plain.interrupting import interruptible
from tui.plain.progress import create_reporter
from tui.terminal.capabilities import Wishes
from tui.terminal.probing import LIMIT_S, probe

_SYSTEMS = {
    ColorDepth.TRUECOLOR: "truecolor",
    ColorDepth.PALETTE_256: "256",
    ColorDepth.ANSI_16: "standard",
    ColorDepth.NONE: None,
}


def console(colors: ColorDepth | None = None) -> Console:
    """Return a console on what is standard output now, also where that is redirected later.

    Characters that the output's encoding lacks are replaced: a name must never end a run.

    Args:
        colors: how many the terminal shows; rich finds out by itself if it is None.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    options: dict[str, Any] = {"file": sys.stdout, "highlight": False, "markup": False, "emoji": False}
    if colors is not None:
        options |= {"color_system": _SYSTEMS[colors], "no_color": colors is ColorDepth.NONE}
    return Console(**options)


def asked_console(colors: ColorDepth | None) -> Console:
    """Return a console with the colors that were asked for, or else those that the terminal says it has."""
    if not sys.stdout.isatty():
        return console(colors)
    # Nothing else will swallow answers that come late, so all are waited for.
    found = probe(os.environ, Wishes(colors=colors), patience_s=LIMIT_S)
    return console(found.capabilities.colors)


@contextlib.contextmanager
def reporting() -> Iterator[Listener]:
    """Show on the console what the given listener hears while the block runs; Ctrl-C ends the block."""
    with create_reporter(console()) as reporter, interruptible(reporter.hear) as hear:
        yield hear
