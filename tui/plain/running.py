"""The console that commands print to, and the progress of what they run."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator

from rich.console import Console

from tui.plain.progress import Reporter, create_reporter


def console() -> Console:
    """Return a console on what is standard output now, also where that is redirected later.

    Characters that the output's encoding lacks are replaced: a name must never end a run.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


@contextlib.contextmanager
def reporting() -> Iterator[Reporter]:
    """Show progress on the console while the block runs."""
    with create_reporter(console()) as reporter:
        yield reporter
