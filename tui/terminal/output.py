"""Output to a terminal that may be slow, stuck, or gone."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time

_WAIT_S = 0.1


class TerminalOutput:
    """The part of a text file that Textual's writer thread uses, on a descriptor of a terminal.

    Bytes go out without Python's buffers in between, so that none are left to fail when the program ends.
    A terminal that is gone takes everything and shows nothing; `is_lost` says so.

    Args:
        descriptor: of the terminal; it is left open, and its flags as they are.
        encoding: of the text; characters that it lacks are replaced.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._own: int | None = None
        self._buffer: list[str] = []
        self._patience_s: float | None = None
        self._is_idle = threading.Event()
        self._is_idle.set()
        self.is_lost = False

    @property
    def is_busy(self) -> bool:
        """Whether bytes wait for the terminal to take them."""
        return not self._is_idle.is_set()

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Take text, to be written by the next `flush`."""
        self._is_idle.clear()
        self._buffer.append(text)
        return len(text)

    def flush(self) -> None:
        """Write what was taken; wait for a terminal that is slow, but not for one that is gone."""
        data = memoryview("".join(self._buffer).encode(self._encoding, "replace"))
        self._buffer.clear()
        try:
            while data and not self.is_lost:
                data = data[self._write_some(data) :]
        except OSError:
            self.is_lost = True
        finally:
            self._is_idle.set()

    def hurry(self, seconds: float) -> None:
        """Hold a terminal that takes nothing for so many seconds to be gone, from now on."""
        self._patience_s = seconds

    def close(self) -> None:
        """Close what was opened; writing opens it again."""
        self._patience_s = None
        if self._own is not None:
            with contextlib.suppress(OSError):
                os.close(self._own)
            self._own = None

    def _write_some(self, data: memoryview) -> int:
        descriptor = self._opened()
        began_s = time.monotonic()
        while not select.select([], [descriptor], [], _WAIT_S)[1]:
            if self._patience_s is not None and time.monotonic() - began_s > self._patience_s:
                self.is_lost = True
                return 0
        try:
            return os.write(descriptor, data[:65536])
        except BlockingIOError:
            return 0

    def _opened(self) -> int:
        """Return a descriptor of our own that never blocks: to set that on the shared one would break the shell."""
        if self._own is None:
            flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK
            try:
                self._own = os.open(os.ttyname(self._descriptor), flags)
            except OSError:
                self._own = os.dup(self._descriptor)
        return self._own
