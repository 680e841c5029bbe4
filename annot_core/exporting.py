"""From a session to the files that other programs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from annot_core.errors import UsageError
from annot_core.export import CLASSES, DEFAULT_FORMATS, TRAIN_VAL, ExportSummary, export_all
from annot_core.progress import Listener, ignore
from annot_core.session import Session

LOCK_FILE = "exporting"
"""The file in the session's folder that keeps two programs from writing the same files at once."""


def export_output(
    output: Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    *,
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
    listener: Listener = ignore,
) -> ExportSummary | None:
    """Write the files of everything that is kept in the session of an output folder; see `export_session`.

    The session may be open for review in another program meanwhile.

    Args:
        output: a folder that a data set was annotated to.
        formats: names out of `exporter_names()`.
        shares: share of the images by name of the set, as `parse_shares` gives them.
        seed: of the split.
        listener: hears how far the export is.

    Raises:
        UsageError: there is no session, its data set is gone, or an option is not usable.
        ExportError: the files could not be written, or do not read back as written.
    """
    with Session.load(output) as session:
        if not session.root.is_dir():
            raise UsageError(
                f"expected the images in {str(session.root)!r}, where they were annotated, found no such folder; put "
                "them back, or annotate them where they are now, to the same output"
            )
        return export_session(session, output, formats, shares=shares, seed=seed, listener=listener)


def export_session(
    session: Session,
    output: Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    *,
    shares: Mapping[str, float] = TRAIN_VAL,
    seed: int = 0,
    listener: Listener = ignore,
) -> ExportSummary | None:
    """Write the files of everything that is kept; None where nothing is, and nothing was written before.

    Raises:
        SessionError: another program is writing the files.
        ExportError: the files could not be written, or do not read back as written.
    """
    kept = session.counts().kept
    # With nothing kept there is nothing to write, but what an earlier run wrote has to go.
    if not kept and not (output / CLASSES).exists():
        return None
    with session.alone(LOCK_FILE):
        return export_all(
            session.annotations(),
            output,
            formats,
            total=kept,
            classes=session.object_classes(),
            shares=shares,
            seed=seed,
            listener=listener,
        )
