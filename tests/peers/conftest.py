"""One export in every format, which all peers judge."""

from __future__ import annotations

import pytest
from hostile_names import Hostile, export_hostile

from annot_core.export import exporter_names


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    """The hostile data set in every format and in three sets."""
    folder = tmp_path_factory.mktemp("peers")
    shares = {"train": 0.6, "val": 0.2, "test": 0.2}
    return export_hostile(folder / "photos", folder / "out", exporter_names(), shares)
