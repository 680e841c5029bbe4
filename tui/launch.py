"""Starting the review app in this terminal, and leaving the terminal as it was.

Everything here is imported by the command that needs it: the first picture must not wait for anything else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annot_core.errors import UsageError
from annot_core.plan import Plan
from tui.frame.depth import ColorDepth
from tui.settings import AUTO, Settings, load_settings, settings_path
from tui.terminal.capabilities import Capabilities, Graphics, Wishes, decide
from tui.terminal.probing import asking, system_cell_size
from tui.text import printable

if TYPE_CHECKING:
    from annot_core.engine.job import EngineJob
    from annot_core.engine.process import EngineProcess
    from tui.display import Display


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line, None where nothing was; it goes before the settings file."""

    quality: str | None = None
    colors: str | None = None
    graphics: str | None = None


def run_review(plan: Plan, *, asked: Asked, redo: bool = False, environ: Mapping[str, str] = os.environ) -> int:
    """Review a data set in this terminal, and return the program's exit code.

    Raises:
        UsageError: this is no terminal, or the settings file is not usable.
    """
    require_terminal()
    settings = load_settings(settings_path(environ))
    wishes = _wishes(asked, settings)
    with asking(environ, wishes) as answered:
        # All that is slow to import comes while the answers are on their way.
        from tui.app import ReviewApp
        from tui.display import display_for
        from tui.terminal.driver import driver_class
        from tui.terminal.restoring import run_whole

        probed = answered()
    probed.capabilities.tell(os.environ)

    def start_engine(job: EngineJob, log: Path) -> EngineProcess:
        from annot_core.engine.process import EngineProcess

        return EngineProcess(job, log=log)

    def display(capabilities: Capabilities) -> Display:
        quality = _chosen(asked.quality, settings.quality)
        return display_for(capabilities, quality, system_cell_size(sys.stdout.fileno()))

    app = ReviewApp(
        plan,
        settings=settings,
        shown=display(probed.capabilities),
        shown_after=lambda answers: display(decide(environ, answers, wishes)),
        start_engine=start_engine,
        redo=redo,
        driver_class=driver_class(probed.inquiry),
    )
    try:
        code = run_whole(app)
    finally:
        app.close()
    if app.farewell:
        print(f"error: {printable(app.farewell, longest=4000)}", file=sys.stderr)
    return code


def require_terminal() -> None:
    """Make sure that there is somebody to show pictures to.

    Raises:
        UsageError: the program reads from or writes to something else.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "expected a terminal to review boxes in, found none; run it in one (ssh -t), or accept boxes without "
            "looking at them with --auto-accept"
        )


def _chosen(asked: str | None, wanted: str) -> str | None:
    """The command line's word, else the settings'; None where both leave it open."""
    chosen = asked or wanted
    return None if chosen == AUTO else chosen


def _wishes(asked: Asked, settings: Settings) -> Wishes:
    colors = _chosen(asked.colors, settings.colors)
    graphics = _chosen(asked.graphics, settings.graphics)
    return Wishes(
        colors=None if colors is None else ColorDepth(colors),
        graphics=None if graphics is None else Graphics(graphics),
    )
