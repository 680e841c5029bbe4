"""Leaving the terminal as it was found, however the app ends."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn, TextIO

from textual.app import App

from tui.terminal.driver import FORGET_IMAGES, WIPE_SCREEN, ReviewDriver

SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)

GRACE_S: Final = 5.0
"""How long an app may take to end in an orderly way, once it was told to."""

# All that Textual switches, the other way: synchronized output, bracketed paste, mouse, sizes in band, line
# wrap, kitty's keyboard, the other screen, the cursor, focus reports, colors.
RESTORE: Final = (
    "\x1b[?2026l\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2048l\x1b[?7h"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[m"
)


def run_whole(app: App[Any]) -> int:
    """Run an app, leave the terminal whole, and return the exit code for the program.

    SIGTERM and SIGHUP end the app in an orderly way, with 128 and their number. Once the terminal is gone,
    what is printed goes nowhere, so that it cannot fail.
    """
    # A terminal that is gone no longer says that it is one.
    streams = [stream for stream in (sys.__stdout__, sys.__stderr__) if stream is not None and stream.isatty()]
    withdraw = install_signal_exits(app)
    try:
        app.run()
    finally:
        withdraw()
        put_back(app)
        if _is_lost(app):
            _silence(streams)
    return app.return_code or 0


def install_signal_exits(app: App[Any]) -> Callable[[], None]:
    """Have SIGTERM and SIGHUP end an app in an orderly way, with exit code 128 and their number.

    An app that has not ended after `GRACE_S`, or at the second signal, is cut off; the terminal is put back
    even so. To be called in the main thread.

    Returns:
        What puts the handlers back that were there before; to be called once the app has ended.
    """
    has_ended = threading.Event()
    is_told = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        loop = app._loop
        if loop is None:
            raise SystemExit(128 + number)
        if is_told.is_set():
            _cut_off(app, 128 + number)
        is_told.set()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(functools.partial(app.exit, return_code=128 + number))
        threading.Thread(target=watch, args=(128 + number,), daemon=True, name="exit-watch").start()

    def watch(code: int) -> None:
        if not has_ended.wait(GRACE_S):
            _cut_off(app, code)

    before = {number: signal.signal(number, handle) for number in SIGNALS}

    def withdraw() -> None:
        has_ended.set()
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    return withdraw


def put_back(app: App[Any]) -> None:
    """Put the terminal back where the app's end did not; does nothing where it did."""
    driver = app._driver
    if not isinstance(driver, ReviewDriver) or not driver.is_started:
        return
    driver.is_started = False
    restore = (FORGET_IMAGES if driver.has_images else "") + WIPE_SCREEN + RESTORE
    driver.output.hurry(0.5)
    driver.output.write(restore)
    driver.output.flush()
    if driver.attrs_before is not None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(driver.fileno, termios.TCSANOW, driver.attrs_before)


def _cut_off(app: App[Any], code: int) -> NoReturn:
    put_back(app)
    os._exit(code)


def _is_lost(app: App[Any]) -> bool:
    return isinstance(app._driver, ReviewDriver) and app._driver.output.is_lost


def _silence(streams: Iterable[TextIO]) -> None:
    """Lead what is printed to nowhere; a write that fails would spoil the exit code."""
    with Path(os.devnull).open("wb") as nowhere:
        for stream in streams:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(nowhere.fileno(), stream.fileno())
