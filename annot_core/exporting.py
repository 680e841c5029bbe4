"""From a session to the files that other programs read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annot_core.errors import UsageError
from annot_core.export import CLASSES, DEFAULT_FORMATS, TRAIN_VAL, ExportSummary, assign, export_all
from annot_core.export.split import Split
from annot_core.progress import Listener, ignore
from annot_core.records import Annotation
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
        check_images(session)
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

    Augmented images are written too, as long as what they are made from is kept as it was. One with another image's
    ground is left out where the two come into different sets: else a detector would know what it is tested on.

    Raises:
        SessionError: another program is writing the files.
        ExportError: the files could not be written, or do not read back as written.
    """
    kept = session.counts().kept
    # With nothing kept there is nothing to write, but what an earlier run wrote has to go.
    if not kept and not (output / CLASSES).exists():
        return None
    copies = session.copy_count()
    with session.alone(LOCK_FILE):
        annotations = session.annotations()
        if copies:
            joined = _copies(session, split_of(session, shares, seed))
            annotations = heapq.merge(annotations, joined, key=lambda one: one.image_id)
        return export_all(
            annotations,
            output,
            formats,
            total=kept + copies,
            classes=session.object_classes(),
            shares=shares,
            seed=seed,
            listener=listener,
        )


def check_images(session: Session) -> None:
    """Make sure that the images are where they were annotated.

    Raises:
        UsageError: that folder is gone.
    """
    if not session.root.is_dir():
        raise UsageError(
            f"expected the images in {str(session.root)!r}, where they were annotated, found no such folder; put "
            "them back, or annotate them where they are now, to the same output"
        )


def split_of(session: Session, shares: Mapping[str, float], seed: int = 0) -> Split:
    """Return the set of each kept image as an export with these shares gives it.

    Raises:
        UsageError: the shares do not add up to 1.
    """
    return assign(_Kept(session), shares, seed)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Class name and id of the kept images, as often as they are asked for."""

    session: Session

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((one.class_name, one.image_id) for one in self.session.annotations())


def _copies(session: Session, split: Split) -> Iterator[Annotation]:
    """Give the augmented images, but for those that would join two sets."""
    for copy in session.copies():
        if not copy.ground or split[copy.ground] == split[copy.original]:
            yield copy
