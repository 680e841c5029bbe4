"""What a review works on: opened once, resumed as it was left, and handed to an engine."""

from pathlib import Path

import numpy as np
import pytest
from drawn_folders import draw, draw_dataset

from annot_core.engine.messages import Ready
from annot_core.errors import UsageError
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.plan import plan_run
from annot_core.records import Candidate, Decider, Decision, Failure, Proposal, Status, Verdict
from annot_core.truth import read_truth
from tui.desk import Desk

READY = Ready("acting", {"recipe": {}})
BOX = Box(8, 10, 32, 30)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return draw_dataset(tmp_path / "photos")


def proposal(dataset: Path, source: str) -> Proposal:
    content = content_hash(dataset / source)
    candidates = (Candidate(BOX, "exact", 0.3),)
    return Proposal(source, content, (64, 48), Status.PROPOSED, 0.5, 0.5, 0.5, candidates, np.ones((2, 2), np.float16))


def keep(proposed: Proposal) -> Decision:
    class_name = proposed.source.partition("/")[0]
    return Decision(proposed.source, proposed.content, Verdict.KEEP, class_name, BOX, Decider.PERSON)


def fill(desk: Desk, dataset: Path) -> list[Proposal]:
    images = list(desk.feed(READY))
    proposals = [proposal(dataset, image.source) for image in images]
    desk.record(proposals)
    return proposals


def test_a_new_desk_has_everything_to_do(dataset: Path) -> None:
    with Desk.open(plan_run(dataset)) as desk:
        assert not desk.is_begun
        assert not desk.is_done
        assert len(list(desk.feed(READY))) == 4
        assert desk.job().dataset.images == desk.dataset.images
        assert desk.log.parent == desk.session.folder


def test_it_is_resumed_where_it_was_left(dataset: Path) -> None:
    with Desk.open(plan_run(dataset)) as desk:
        proposals = fill(desk, dataset)
        desk.session.decide([keep(proposals[0])])
    with Desk.open(plan_run(dataset)) as desk:
        assert desk.is_begun
        assert not desk.is_done
        assert list(desk.feed(READY)) == []
        # Another recipe has work on what is undecided alone.
        assert len(list(desk.feed(Ready("another", {})))) == 3
        desk.session.decide([keep(one) for one in proposals[1:]])
        assert desk.is_done


def test_redo_withdraws_automatic_decisions_and_never_a_persons(dataset: Path) -> None:
    with Desk.open(plan_run(dataset)) as desk:
        proposals = fill(desk, dataset)
        automatic = [Decision(*_fields(keep(one)), Decider.AUTO) for one in proposals[1:]]
        desk.session.decide([keep(proposals[0]), *automatic])
    with Desk.open(plan_run(dataset), redo=True) as desk:
        assert not desk.is_begun
        assert desk.session.counts().kept == 1
        assert len(list(desk.feed(READY))) == 4


def _fields(decision: Decision) -> tuple[object, ...]:
    return decision.source, decision.content, decision.verdict, decision.class_name, decision.box


def test_failures_come_with_their_reasons(dataset: Path) -> None:
    with Desk.open(plan_run(dataset)) as desk:
        sources = [image.source for image in desk.feed(READY)]
        desk.record([Failure(source, "read", "damaged") for source in sources])
        assert [failure.source for failure in desk.failures(3)] == sources[:3]


def test_an_export_writes_what_is_kept(dataset: Path) -> None:
    with Desk.open(plan_run(dataset)) as desk:
        assert desk.export() is None
        proposals = fill(desk, dataset)
        desk.session.decide([keep(proposals[0])])
        summary = desk.export()
        assert summary is not None
        assert (summary.boxes, summary.images) == (1, 1)
        assert len(read_truth(desk.plan.output / "Annotations").boxes) == 1


def test_one_class_cannot_be_told_apart_and_leaves_nothing_behind(tmp_path: Path) -> None:
    draw(tmp_path / "photos" / "only" / "one.jpg", "bright")
    with pytest.raises(UsageError, match="two class folders"):
        Desk.open(plan_run(tmp_path / "photos"))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_session_in_use_is_refused(dataset: Path) -> None:
    with Desk.open(plan_run(dataset)), pytest.raises(UsageError, match="the only program"):
        Desk.open(plan_run(dataset))
