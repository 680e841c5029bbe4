"""What was found and what was decided, kept in one SQLite file so that nothing is done or asked twice."""

from annot_core.session.listing import AssignIds, HashFile
from annot_core.session.store import Session
from annot_core.session.views import Counts, ImageResult, Sync, UndoStep

__all__ = ["AssignIds", "Counts", "HashFile", "ImageResult", "Session", "Sync", "UndoStep"]
