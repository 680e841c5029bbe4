"""A program that is killed while it writes loses nothing that it was told is on disk."""

import json
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from session_fakes import PRODUCER, listed, sync

from annot_core.records import Verdict
from annot_core.session import Session

BATCH = 7
SOURCES = [f"a/{number:04}.jpg" for number in range(BATCH * 60)]

WRITE = """
import itertools, json, sys
from pathlib import Path
from session_fakes import PRODUCER, decision, proposal
from annot_core.records import Verdict
from annot_core.session import Session

sources = json.loads(sys.argv[3])
with Session.open(Path(sys.argv[1]), Path(sys.argv[2])) as session:
    for turn in itertools.count(int(sys.argv[4])):
        batch = [sources[(turn * 7 + place) % len(sources)] for place in range(7)]
        session.record([proposal(source) for source in batch], PRODUCER)
        verdict = list(Verdict)[turn % 3]
        session.decide([decision(batch[0], verdict)])
        print(json.dumps([batch[0], verdict]), flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    output, dataset = tmp_path / "out", tmp_path / "data"
    with Session.open(output, dataset) as session:
        sync(session, [listed(session.root, source) for source in SOURCES])
        session.register_producer(PRODUCER, {})
    acknowledged: dict[str, str] = {}
    turn = 0
    for _ in range(2):
        arguments = [str(output), str(dataset), json.dumps(SOURCES), str(turn)]
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        ) as program:
            assert program.stdout is not None
            said = [program.stdout.readline() for _ in range(chance.randint(1, 15))]
            time.sleep(chance.uniform(0, 0.02))
            program.kill()
            said += program.stdout.readlines()
        # The last line may have been cut off in the middle.
        told = [json.loads(line) for line in said if line.endswith("\n")]
        assert told
        acknowledged |= dict(told)
        turn = check(output, acknowledged)


def check(output: Path, acknowledged: dict[str, str]) -> int:
    """Check the file and return the number of decisions in it."""
    with Session.load(output) as session:
        held = {one.source: one.decision.verdict for one in session.results() if one.decision}
        counts = session.counts()
    assert {source: held.get(source) for source in acknowledged} == {
        source: Verdict(verdict) for source, verdict in acknowledged.items()
    }
    assert counts.proposed % BATCH == 0
    connection = sqlite3.connect(output / ".autoannot" / "session.sqlite3")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        (decisions,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    finally:
        connection.close()
    assert isinstance(decisions, int)
    return decisions
