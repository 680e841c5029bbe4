"""The data set that most tests of the review app work on, drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest
from review_pilot import PENDING, SOURCES, copied_plan, draw_photos, outcome_of, record

from annot_core.plan import Plan, plan_run


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set of `review_pilot.SOURCES`; no test may change it."""
    return draw_photos(tmp_path_factory.mktemp("review") / "photos")


@pytest.fixture(scope="session")
def begun(photos: Path) -> Plan:
    """A plan with a session in which all but one image have their outcome; no test may change it."""
    plan = plan_run(photos, photos.parent / "begun")
    record(plan, [outcome_of(photos, source) for source in SOURCES if source != PENDING])
    return plan


@pytest.fixture
def resumed(begun: Plan, tmp_path: Path) -> Plan:
    """The same for one test, which may decide what it likes."""
    return copied_plan(begun, tmp_path)


@pytest.fixture
def fresh(photos: Path, tmp_path: Path) -> Plan:
    """A plan without a session."""
    return plan_run(photos, tmp_path / "out")
