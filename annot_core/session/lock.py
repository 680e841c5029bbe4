"""One writer at a time on a session."""

from __future__ import annotations

import contextlib
import os
import socket
import weakref
from pathlib import Path

from annot_core.errors import SessionError

try:
    import fcntl
except ImportError:  # Windows: SQLite's own locks are all there is.
    fcntl = None  # type: ignore[assignment]


class WriterLock:
    """The right to write to a session, held until `release` or until the process is gone.

    It is an advisory lock of the kernel's on a file that stays where it is, so that a killed program leaves
    nothing to clean up. `works` is False where the file system has no locks; then nobody is kept out.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock on the file at `path`, which is made where it is missing.

        Raises:
            SessionError: another program holds it, or the file cannot be made.
        """
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        except OSError as error:
            raise SessionError(
                f"expected to be allowed to write in {str(path.parent)!r}, but: {error}; choose another --output"
            ) from error
        self.works = True
        try:
            self._take(path)
        except BaseException:
            os.close(self._descriptor)
            raise
        _held.add(self)

    def _take(self, path: Path) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            holder = os.read(self._descriptor, 200).decode(errors="replace").strip() or "another program"
            raise SessionError(
                f"expected to be the only program working on the session in {str(path.parent)!r}, but "
                f"{holder} has it open; wait until that ends, or choose another --output"
            ) from error
        except OSError:
            # Some network file systems have no locks at all, and are used by one person at a time.
            self.works = False
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)

    def release(self) -> None:
        """Let others write; releasing twice does no harm."""
        if self in _held:
            _held.discard(self)
            os.close(self._descriptor)


def locks_work(path: Path) -> bool:
    """Tell whether the file system that holds the lock file at `path` has locks, without taking one."""
    if fcntl is None:
        return True
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return True
    try:
        # Letting go of what one does not hold is no error, except where there is nothing to let go of.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


def _let_go_in_child() -> None:
    """Close a forked worker's copy of the locks, or it would hold them after its killed parent."""
    for lock in list(_held):
        _held.discard(lock)
        with contextlib.suppress(OSError):
            os.close(lock._descriptor)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
