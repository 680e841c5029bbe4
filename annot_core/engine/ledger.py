"""Which images an engine's process has in hand, and which of them are to blame when it dies."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence

from annot_core.records import Failure, LabelledImage, Proposal

DEATHS_ALLOWED = 1
"""How many deaths an image may be suspected of, before one that nothing else can have caused condemns it."""


class Ledger:
    """Keeps account of images across the deaths of the processes that they are given to.

    It remembers the images in flight, the suspects and the quarantined ones, and none that is finished.
    """

    def __init__(self) -> None:
        self._given: dict[str, LabelledImage] = {}
        self._begun: dict[str, LabelledImage] = {}
        self._suspects: deque[LabelledImage] = deque()
        self._returned: deque[LabelledImage] = deque()
        self._deaths: Counter[str] = Counter()
        self._quarantined: set[LabelledImage] = set()

    @property
    def in_flight(self) -> int:
        """How many images were given and have no outcome yet."""
        return len(self._given) + len(self._begun)

    def plan(self, feed: Iterable[LabelledImage]) -> Iterator[LabelledImage]:
        """Return the images to give once all suspects are tried: those that came back, then the feed's.

        An image of the feed is passed over if it is a suspect now or came back, whatever becomes of it
        until the feed reaches it, and if it is in quarantine. The feed is read as the result is.
        """
        known = {image.source for image in (*self._suspects, *self._returned)}
        return self._planned(feed, known)

    def _planned(self, feed: Iterable[LabelledImage], known: set[str]) -> Iterator[LabelledImage]:
        while self._returned:
            yield self._returned.popleft()
        for image in feed:
            if image.source not in known and image not in self._quarantined:
                yield image

    def next_suspect(self) -> LabelledImage | None:
        """Take the next suspect, which is to be given with nothing else in flight, or return None."""
        return self._suspects.popleft() if self._suspects else None

    def give(self, images: Sequence[LabelledImage]) -> None:
        """Note that images are on their way to the process."""
        self._given.update((image.source, image) for image in images)

    def begin(self, sources: Iterable[str]) -> None:
        """Note that the process has begun images that it was given."""
        for source in sources:
            self._begun[source] = self._given.pop(source)

    def finish(self, outcomes: Iterable[Proposal | Failure]) -> None:
        """Note outcomes; whoever has one is suspected of nothing."""
        for outcome in outcomes:
            del self._begun[outcome.source]
            self._deaths.pop(outcome.source, None)

    def take_back(self) -> None:
        """Take all that is in flight back, to be given again, without blaming any of it."""
        for image in reversed((*self._begun.values(), *self._given.values())):
            # A suspect that was not begun yet still has to be tried alone.
            (self._suspects if image.source in self._deaths else self._returned).appendleft(image)
        self._begun.clear()
        self._given.clear()

    def blame(self, how: str) -> tuple[tuple[str, ...], Failure | None]:
        """Note that the process died with what is in flight.

        Args:
            how: what ended the process, for the reason that a person reads.

        Returns:
            The sources of the suspects, and the failure of the image that is in quarantine from now, if any.
        """
        begun = tuple(self._begun.values())
        alone = len(begun) == 1
        guilty = [image for image in begun if alone and self._deaths[image.source] >= DEATHS_ALLOWED]
        self._deaths.update(image.source for image in begun)
        for image in guilty:
            self._quarantined.add(image)
            del self._begun[image.source], self._deaths[image.source]
        self.take_back()
        return tuple(image.source for image in begun), _failure(guilty[0].source, how) if guilty else None


def _failure(source: str, how: str) -> Failure:
    reason = (
        f"expected an image that can be worked on, but the process that did so ended twice, the last time with "
        f"nothing else in hand ({how}); save the image anew with another program, or leave it out"
    )
    return Failure(source, "engine", reason)
