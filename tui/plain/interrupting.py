"""Ctrl-C that is not lost: libraries swallow it or turn it into another error, GPy and GPyOpt among them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from annot_core.progress import Event, Listener


@contextlib.contextmanager
def interruptible(listener: Listener) -> Iterator[Listener]:
    """Give a listener that raises KeyboardInterrupt once more where the first one was swallowed.

    As ever, Ctrl-C is raised at once wherever the program is. If that comes to nothing, it is raised again at the
    next event that is heard. If something else comes of it, such as the AttributeError of a library that was stopped
    in the middle of its import, the block ends in KeyboardInterrupt all the same.
    """
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        pressed.set()
        raise KeyboardInterrupt

    def hear(event: Event) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        listener(event)

    with _handled(press):
        try:
            yield hear
        except Exception as error:
            if pressed.is_set():
                raise KeyboardInterrupt from error
            raise


@contextlib.contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Only Python's own handler is replaced: one who ignores Ctrl-C, as nohup does, goes on ignoring it.
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
