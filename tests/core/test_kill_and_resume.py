"""A run that is killed, however often, ends with the files of one undisturbed run."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drawn_folders import TONES, draw_dataset, patch
from PIL import Image

from annot_core.progress import Stage

pytestmark = pytest.mark.slow

RUN = """
import sys
import annot_core as ac
from annot_core.progress import StageAdvanced, StageFinished, StageStarted

person = sys.stdout

def tell(event):
    if isinstance(event, (StageStarted, StageAdvanced, StageFinished)):
        print(event.stage.value, getattr(event, "done", "."), file=person, flush=True)

training = ac.TrainingSettings(backbone="small", epochs=4, image_size=32, batch_size=8)
ac.annotate(
    sys.argv[1], sys.argv[2], model=sys.argv[3] or None, training=training, batch_size=4, listener=tell, log_output=True
)
print("done", flush=True)
"""


def run(dataset: Path, output: Path, model: Path | None, lines: int | None = None) -> list[str]:
    """Run the job, and kill it as soon as it has said `lines` lines; return all that it said."""
    command = [sys.executable, "-c", RUN, str(dataset), str(output), str(model or "")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line.strip())
            if len(said) == lines:
                running.kill()
    return said


def files(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file() and ".autoannot" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_run_that_is_killed_again_and_again_ends_with_the_same_files(tmp_path: Path, tone_model: Path) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=20), tmp_path / "out"
    (dataset / "dark" / "bad.jpg").write_bytes(b"")
    undisturbed = run(dataset, output, tone_model)
    assert undisturbed[-1] == "done"
    expected = files(output)
    # Rows of keras-yolo3 hold the output's path, so the second run must write to the very same one.
    shutil.move(output, tmp_path / "first")
    chance = random.Random(0)
    moments = [chance.randint(2, 9) for _ in range(3)] + [chance.randint(5, 40) for _ in range(2)]
    for moment in moments:
        assert run(dataset, output, tone_model, moment)[-1] != "done"
    assert run(dataset, output, tone_model)[-1] == "done"
    assert len(expected) == 2 * 40 + 7
    assert files(output) == expected


def test_what_was_done_before_a_kill_is_not_done_again(tmp_path: Path, tone_model: Path) -> None:
    dataset, output = draw_dataset(tmp_path / "photos", each=10), tmp_path / "out"
    said = run(dataset, output, tone_model, 4)
    done = max(int(line.split()[1]) for line in said if line.startswith("annotate") and line[-1] != ".")
    again = run(dataset, output, tone_model)
    steps = [int(line.split()[1]) for line in again if line.startswith(f"{Stage.ANNOTATE} ") and line[-1] != "."]
    assert 0 < max(steps) <= 20 - done


def test_training_that_is_killed_ends_with_the_same_files(tmp_path: Path) -> None:
    dataset, output = draw_textures(tmp_path / "photos"), tmp_path / "out"
    undisturbed = run(dataset, output, None)
    assert undisturbed[-1] == "done"
    expected = files(output)
    shutil.move(output, tmp_path / "first")
    in_training = undisturbed.index("train 2") + 1
    in_annotating = undisturbed.index("annotate 4") + 1
    for moment in (in_training, in_annotating):
        assert run(dataset, output, None, moment)[-1] != "done"
    assert run(dataset, output, None)[-1] == "done"
    assert expected
    assert files(output) == expected


def test_same_seed_trains_to_the_same_weights_in_another_process(tmp_path: Path) -> None:
    dataset = draw_textures(tmp_path / "photos")
    code = """
import sys
from pathlib import Path
from annot_core.classifier.loading import fingerprint
from annot_core.classifier.training import TrainingSettings, train
from annot_core.dataset import list_dataset

images = list_dataset(Path(sys.argv[1])).images
for seed in map(int, sys.argv[2:]):
    settings = TrainingSettings(backbone="small", epochs=3, image_size=32, batch_size=8, seed=seed)
    print(seed, fingerprint(train(images, settings).model))
"""

    def prints(*seeds: str) -> dict[str, str]:
        command = [sys.executable, "-c", code, str(dataset), *seeds]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return dict(line.split() for line in done.stdout.splitlines()[-len(seeds) :])

    alone, after_another = prints("0"), prints("1", "0")
    assert after_another["0"] == alone["0"]
    assert after_another["1"] != alone["0"]


def draw_textures(root: Path, each: int = 12) -> Path:
    """Draw patches with noise, so that no two images, and no two orders of them, train alike."""
    rng = np.random.default_rng(0)
    for tone in TONES:
        (root / tone).mkdir(parents=True)
        for number in range(each):
            pixels = np.asarray(patch(tone, shift=int(rng.integers(0, 30)))).astype(np.int16)
            noisy = np.clip(pixels + rng.integers(-60, 61, pixels.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(root / tone / f"{tone}-{number}.png")
    return root
