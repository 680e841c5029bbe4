"""The review without a screen loads neither a screen nor a network."""

import pkgutil
import subprocess
import sys

import tui.review

MODULES = [
    "tui.keys",
    "tui.settings",
    *(f"tui.review.{found.name}" for found in pkgutil.iter_modules(tui.review.__path__)),
]


def test_nothing_of_a_screen_or_a_network_is_loaded() -> None:
    assert "tui.review.queue" in MODULES
    code = f"import sys, {', '.join(MODULES)}; print(*(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded).isdisjoint({"textual", "rich", "click", "tensorflow", "keras", "h5py", "GPyOpt", "matplotlib"})
