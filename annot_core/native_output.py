"""Sending what native libraries print to a file: TensorFlow writes to file descriptor 2, past Python."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

STDERR = 2


@contextlib.contextmanager
def stderr_to(path: Path) -> Iterator[None]:
    """Append everything that this process writes to file descriptor 2 to the file at `path`.

    Within the block nothing of it reaches the terminal, neither from Python nor from native code.
    """
    sys.stderr.flush()
    saved = os.dup(STDERR)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, STDERR)
    finally:
        os.close(saved)
