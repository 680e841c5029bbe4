"""What the first screen waits for."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"numpy", "cv2", "PIL", "sqlite3", "lxml", "scipy", "tensorflow", "keras", "GPyOpt", "matplotlib"}

CODE = """
import sys
import annot_core.plan, tui.launch
# What `run_review` imports before the app runs.
import tui.app, tui.display, tui.terminal.driver, tui.terminal.restoring
print(*(name for name in sys.modules if "." not in name))
"""


def test_first_screen_waits_for_nothing_that_reads_pictures_or_sessions() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "textual" in loaded
    assert loaded & HEAVY == set()
