"""A whole import: read, match, decide once, and say what came of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from annot_core.errors import UsageError
from annot_core.export import class_order
from annot_core.importing.class_names import ClassNames
from annot_core.importing.matching import Matcher
from annot_core.importing.outcomes import REFUSALS, Imported, ImportSummary, Outcome, counted
from annot_core.importing.reading import Taken, take
from annot_core.readers import ReadDataset, ReadImage, read_dataset
from annot_core.records import Decision, Verdict
from annot_core.session import Session


def import_annotations(
    output: str | Path, source: str | Path, *, format_name: str | None = None, dry_run: bool = False
) -> ImportSummary:
    """Bring boxes from a VOC, YOLO or COCO data set into a session, as a person's decisions.

    All decisions are one step for undo. What a person decided just so before is not decided again, so
    importing the same twice changes nothing. Images that the import does not have stay as they are.

    Args:
        output: the folder that a data set was annotated to.
        source: the data set's folder, or one of its annotation files.
        format_name: a name out of `annot_core.readers.reader_names()`; None: the one that it is of.
        dry_run: change nothing, and say what would change.

    Raises:
        UsageError: there is no data set to import, or of several formats.
        SessionError: there is no session, or another program has it open.
    """
    output, source = Path(output), Path(source)
    # Before anything is opened for writing: most mistakes are in the path.
    with Session.load(output) as session:
        root = session.root
    dataset = read_dataset(source, format_name)
    with contextlib.closing(Session.load(output) if dry_run else Session.open(output, root)) as session:
        importing = _Importing(session, output, dataset)
        decisions = list(importing.decisions())
        if decisions and not dry_run:
            session.decide(decisions)
    return importing.summary(source, dry_run)


class _Importing:
    """One import while it runs."""

    def __init__(self, session: Session, output: Path, dataset: ReadDataset) -> None:
        self._session = session
        self._dataset = dataset
        named: list[tuple[str, str]] = []
        objects: set[str] = set()
        background: set[str] = set()
        for result in session.results():
            named.append((result.image_id, result.source))
            (background if result.is_background else objects).add(result.class_name)
            decision = result.decision
            if decision is not None and decision.verdict is Verdict.KEEP and decision.box is not None:
                objects.add(decision.class_name)
        if not named:
            raise UsageError(
                f"expected images in the session of {str(output)!r}, found none; annotate a data set first"
            )
        self._matcher = Matcher(named)
        self._classes = ClassNames(objects - background, background, class_order(output, ()))
        self._counts: Counter[Outcome] = Counter()
        self._refused: list[Imported] = []
        self._several: list[Imported] = []
        self._cut: list[Imported] = []
        self._shifted = 0
        self._new_classes: set[str] = set()
        self._seen: set[str] = set()

    def decisions(self) -> Iterator[Decision]:
        """Yield the decisions to take, in order of the sources."""
        for source, images in sorted(self._matched().items()):
            self._seen.add(source)
            if any(_said(image) != _said(images[0]) for image in images[1:]):
                self._refuse_all(source, images)
                continue
            result = self._session.result(source)
            if result is None:
                continue
            taken = take(images[0], result, self._classes)
            self._note(images[0], source, taken)
            if taken.decision is not None:
                yield taken.decision

    def summary(self, path: Path, dry_run: bool) -> ImportSummary:
        """Say what came of it."""
        return ImportSummary(
            path=path,
            format=self._dataset.format,
            images=len(self._dataset.images),
            counts=counted(self._counts),
            refused=tuple(self._refused),
            several=tuple(self._several),
            cut=tuple(self._cut),
            shifted=self._shifted,
            new_classes=tuple(sorted(self._new_classes)),
            untouched=len(self._matcher) - len(self._seen),
            findings=self._dataset.findings,
            is_dry_run=dry_run,
        )

    def _matched(self) -> dict[str, list[ReadImage]]:
        """Return the images by source, those first that are annotated; tell of those without a source."""
        matched: dict[str, list[ReadImage]] = {}
        for image in self._dataset.images:
            sources = self._matcher.match(image)
            if len(sources) == 1:
                matched.setdefault(sources[0], []).append(image)
            elif sources:
                shown = " and ".join(map(repr, sources[:3])) + (" and more" if len(sources) > 3 else "")
                self._refuse(image, "", Outcome.AMBIGUOUS, f"it can be {shown}; name it by its id")
            else:
                self._refuse(image, "", Outcome.UNKNOWN, "no image of the session has its id, path or name")
        # A picture that lies about without an annotation says nothing against one that has it.
        return {source: [one for one in images if one.annotation] or images[:1] for source, images in matched.items()}

    def _refuse_all(self, source: str, images: list[ReadImage]) -> None:
        for image in images:
            others = ", ".join(dict.fromkeys(one.name for one in images if one is not image))
            reason = f"it is {source!r}, as is {others or 'another entry'}, which says something else; remove one"
            self._refuse(image, source, Outcome.AMBIGUOUS, reason)

    def _refuse(self, image: ReadImage, source: str, outcome: Outcome, reason: str) -> None:
        self._counts[outcome] += 1
        self._refused.append(Imported(image.name, source, outcome, reason))

    def _note(self, image: ReadImage, source: str, taken: Taken) -> None:
        """Remember what is to be told of an image."""
        if taken.outcome in REFUSALS:
            self._refuse(image, source, taken.outcome, taken.reason)
            return
        self._counts[taken.outcome] += 1
        self._shifted += taken.is_shifted
        if taken.several:
            self._several.append(Imported(image.name, source, taken.outcome, taken.several))
        if taken.cut:
            self._cut.append(Imported(image.name, source, taken.outcome, taken.cut))
        decision = taken.decision
        if decision is not None and decision.box is not None and self._classes.is_new(decision.class_name):
            self._new_classes.add(decision.class_name)


def _said(image: ReadImage) -> tuple[object, ...]:
    """Return what two entries for one image must agree on."""
    objects = [(one.class_name, one.class_number, one.numbers) for one in image.objects]
    return image.is_whole, image.stated_size, objects
