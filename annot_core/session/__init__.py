"""What was found and what was decided, kept in one SQLite file so that nothing is done or asked twice."""

from annot_core.session.index import IndexCounts, IndexRow, SessionIndex
from annot_core.session.listing import AssignIds, HashFile
from annot_core.session.store import Session
from annot_core.session.views import ClassCounts, Counts, ImageResult, Sync, UndoStep

__all__ = [
    "AssignIds",
    "ClassCounts",
    "Counts",
    "HashFile",
    "ImageResult",
    "IndexCounts",
    "IndexRow",
    "Session",
    "SessionIndex",
    "Sync",
    "UndoStep",
]
