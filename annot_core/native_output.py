"""Sending what libraries print to a file: TensorFlow writes to file descriptor 2, past Python."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

LOG_FILE = "log.txt"
"""The log's name in a session's folder."""

STDERR = 2


@contextlib.contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Append what libraries print within the block to the file at `path`, and let none of it reach a terminal.

    That is everything that goes to file descriptor 2 or to Python's `sys.stderr` and `sys.stdout`. Who wants
    to go on speaking to a person meanwhile holds on to the stream that was `sys.stdout` before the block.
    """
    sys.stderr.flush()
    saved = os.dup(STDERR)
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1) as file:
            os.dup2(file.fileno(), STDERR)
            try:
                with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
                    yield
            finally:
                os.dup2(saved, STDERR)
    finally:
        os.close(saved)
