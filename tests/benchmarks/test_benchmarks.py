"""The benchmarks run, and say what they measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_keys_frames_and_scale_are_measured() -> None:
    few = ["--images", "30", "--photos", "2", "--presses", "2", "--sizes", "20,40"]
    command = [sys.executable, "-m", "tests.benchmarks", "--json", *few, "keys", "frames", "scale"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert {"bytes of a picture, median", "nudge of a box", "list, 20 images: an image"} <= {
        figure["name"] for figure in figures
    }
