"""Starting an engine's process, speaking to it, and ending it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from annot_core.engine.messages import ChildMessage

CHILD = "annot_core.engine.child"


def default_command() -> list[str]:
    """Return the command that starts the child, but for the arguments that every child is given."""
    # Without -P a file `random.py` in the folder that a person works in would be imported as Python's own.
    return [sys.executable, "-P", "-m", CHILD]


class SpawnedChild:
    """A process in a session of its own, at the other end of a socket that nothing else can write to.

    Ctrl-C and the hang-up of the terminal therefore do not reach it; what it reads from standard input is
    nothing, and what it and its libraries print goes to a log. `receive` and `close` are for one thread;
    the rest may be called from any thread, and from a signal handler.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        niceness: int,
        environment: Mapping[str, str] | None = None,
        sharing: int = 1,
    ) -> None:
        """Start the process.

        Args:
            command: the program; it is also given the descriptor of its end of the socket, and `niceness`.
            log: what it prints is appended to this file.
            niceness: how far it gives way to other processes, 0 to 19.
            environment: variables to set beside those of this process, or in their place.
            sharing: how many such processes share this machine.

        Raises:
            OSError: the log cannot be opened, or the process not be started.
        """
        self._hung_up = False
        self._connection, theirs = Pipe()
        try:
            with theirs, log.open("ab") as output:
                self._process = subprocess.Popen(
                    [*command, "--connection", str(theirs.fileno()), "--nice", str(niceness)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=child_environment(
                        {**os.environ, **(environment or {})},
                        same_modules=command[0] == sys.executable,
                        sharing=sharing,
                    ),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
        except BaseException:
            self._connection.close()
            raise

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def send(self, thing: object) -> None:
        """Send the child something; one that is gone is noticed where it should answer."""
        with contextlib.suppress(OSError):
            self._connection.send(thing)

    def receive(self) -> ChildMessage | None:
        """Wait for what the child says next, or return None once it has hung up."""
        try:
            message: ChildMessage = self._connection.recv()
        except (EOFError, OSError):
            self._hung_up = True
            return None
        return message

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def end(self, grace_s: float) -> None:
        """End the process, hard if it is not gone after `grace_s` seconds."""
        self._process.terminate()
        self._wait(grace_s)

    def close(self, grace_s: float) -> str:
        """Have the process ended and let go of it; return for a person what ended it.

        One that has hung up is on its way out, and has `grace_s` seconds to say how by itself.
        """
        if not self._hung_up:
            self._process.terminate()
        self._connection.close()
        self._wait(grace_s)
        return describe_end(self._process.returncode)

    def _wait(self, grace_s: float) -> None:
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            # A process that waits for a dead disk cannot even be killed, and must not hold up a person.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_s)


def describe_end(status: int | None) -> str:
    """Say for a person what ended a process, from its exit status as `subprocess` gives it."""
    if status is None:
        return "it cannot be ended"
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    hint = ", perhaps because memory ran out" if name == "SIGKILL" else ""
    return f"signal {name}{hint}"


def child_environment(environment: Mapping[str, str], *, same_modules: bool, sharing: int = 1) -> dict[str, str]:
    """Return the environment for a child: its share of all cores but one, and the modules that are found here.

    A lower priority alone is not enough for keys to stay quick: a network uses every core for seconds at
    a time, so that the front end's thread would find no core idle when a key wakes it, only one to win
    back. What is set already is left as it is. All this is read while libraries are imported.

    Args:
        environment: the one of this process.
        same_modules: let the child find what is found here; not for another Python, which has its own.
        sharing: how many children share the cores.
    """
    spare = str(max(1, (_cores() - 1) // sharing))
    threads = dict.fromkeys(
        (
            "TF_NUM_INTRAOP_THREADS",
            "TF_NUM_INTEROP_THREADS",
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "OPENCV_FOR_THREADS_NUM",
        ),
        spare,
    )
    changed = {**threads, **environment}
    if same_modules:
        # An empty entry is the working directory.
        changed["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    return changed


def _cores() -> int:
    """How many cores this process may use."""
    affinity: Any = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
