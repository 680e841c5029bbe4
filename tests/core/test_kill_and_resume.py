"""A run that is killed, however often, ends with the files of one undisturbed run."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.slow
def test_killed_runs_end_with_the_same_files(dataset: Path, color_model: Path, tmp_path: Path) -> None:
    for path in sorted(dataset.rglob("*.*")):
        for copy in range(12):
            shutil.copy(path, path.with_name(f"{path.stem}-{copy}{path.suffix}"))
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from tui.cli import main; main()", str(dataset), "--auto-accept"]
    command += ["--model", str(color_model), "-o", str(out)]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole_s = time.monotonic() - started
    undisturbed = _files(out)
    shutil.rmtree(out)
    moments = random.Random(0)
    for _ in range(5):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(timeout=moments.uniform(0.5, 1.0) * whole_s)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
    subprocess.run(command, check=True, capture_output=True)
    assert len(undisturbed) > 10
    assert _files(out) == undisturbed


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".autoannot" not in path.parts
    }
