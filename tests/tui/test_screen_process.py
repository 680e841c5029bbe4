"""The process that draws the screen loads no network, through a whole review."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio
import sys
from pathlib import Path

from review_pilot import READY, SOURCES, draw_photos, outcome_of, reviewing

from annot_core.engine.messages import Drained, Outcomes
from annot_core.engine.process import EngineProcess
from annot_core.plan import plan_run


async def review(folder: Path) -> None:
    plan = plan_run(draw_photos(folder / "photos"), folder / "out", search="bayes")
    async with reviewing(plan) as review:
        EngineProcess(review.app.desk.job(), log=folder / "log.txt")
        await review.press("enter")
        await review.say(READY, Outcomes(tuple(outcome_of(plan.root, source) for source in SOURCES)), Drained())
        keys = "k plus minus plus m m m z z tab a l enter d 2 n c n u t enter v d enter v u U question_mark escape x"
        await review.press(*keys.split())
        assert review.reviewer.queue.counts().decided > 3, review.text


asyncio.run(review(Path(sys.argv[1])))
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"tensorflow", "keras", "h5py", "GPyOpt", "GPy", "matplotlib", "scipy"}))
"""


def test_a_whole_review_loads_neither_keras_nor_what_the_searches_need(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr
