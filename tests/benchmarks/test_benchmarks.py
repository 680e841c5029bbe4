"""The benchmarks run, and say what they measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_keys_and_frames_are_measured() -> None:
    few = ["--images", "30", "--photos", "2", "--presses", "2"]
    command = [sys.executable, "-m", "tests.benchmarks", "--json", *few, "keys", "frames"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert len(figures) >= 4
    assert all(figure["name"] for figure in figures)
