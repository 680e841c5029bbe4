"""The console that commands print to, and the progress of what they run."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

from rich.console import Console

from tui.progress import Reporter, create_reporter


@functools.cache
def console() -> Console:
    """Return the console on standard output."""
    return Console(highlight=False, markup=False, emoji=False)


@contextlib.contextmanager
def reporting() -> Iterator[Reporter]:
    """Show progress on the console while the block runs."""
    with create_reporter(console()) as reporter:
        yield reporter
