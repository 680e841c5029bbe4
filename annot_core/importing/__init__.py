"""Boxes that were corrected in other programs, brought back into a session."""

from annot_core.importing.outcomes import Imported, ImportSummary, Outcome
from annot_core.importing.run import import_annotations

__all__ = ["ImportSummary", "Imported", "Outcome", "import_annotations"]
