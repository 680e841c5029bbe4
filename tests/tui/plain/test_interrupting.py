"""Ctrl-C that a library swallowed, or turned into another error, still ends what runs."""

import os
import signal
import threading
import time

import pytest

from annot_core.progress import Event, Notice
from tui.plain.interrupting import interruptible

pytestmark = pytest.mark.usefixtures("heeding_ctrl_c")

EVENT = Notice("so far")


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.2)


def test_events_are_passed_on() -> None:
    heard: list[Event] = []
    with interruptible(heard.append) as hear:
        hear(EVENT)
    assert heard == [EVENT]


def test_ctrl_c_is_raised_at_once() -> None:
    with interruptible(lambda event: None), pytest.raises(KeyboardInterrupt):
        press_ctrl_c()


def test_a_swallowed_one_is_raised_at_the_next_event() -> None:
    heard: list[Event] = []
    with interruptible(heard.append) as hear:
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            hear(EVENT)
    assert heard == []


def test_what_a_library_made_of_it_ends_the_block_as_ctrl_c() -> None:
    def be_imported() -> None:
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
        raise AttributeError("partially initialized module")

    with pytest.raises(KeyboardInterrupt) as raised, interruptible(lambda event: None):
        be_imported()
    assert isinstance(raised.value.__cause__, AttributeError)


def test_an_error_without_ctrl_c_stays_what_it_is() -> None:
    with pytest.raises(AttributeError), interruptible(lambda event: None):
        raise AttributeError("a bug of ours")


def test_the_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible(lambda event: None):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible(lambda event: None) as hear:
            press_ctrl_c()
            hear(EVENT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_changes_no_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    found: list[object] = []

    def work() -> None:
        with interruptible(lambda event: None):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]
