"""The stages put together: labelled image in, proposal or failure out.

Trouble with one image becomes a `Failure` value; only what would trouble every image is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.cam.heatmapper import Heatmapper, HeatUnderWay
from annot_core.candidates import BoxRule, Offer, find_candidates
from annot_core.classifier.classifier import Classifier
from annot_core.errors import ImageError, UsageError
from annot_core.imaging import read_image, resize
from annot_core.limits import MAX_PIXELS
from annot_core.recipes import Recipe
from annot_core.records import Failure, LabelledImage, Proposal, Status
from annot_core.scoring import score
from annot_core.search import create_search

NO_HEATMAP = np.zeros((0, 0), dtype=np.float16)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image as decoded for the classifier: `pixels` (H, W, 3) uint8 of the classifier's input size."""

    image: LabelledImage
    pixels: NDArray[np.uint8]
    image_size: tuple[int, int]
    content: str


@dataclass(frozen=True, slots=True, eq=False)
class Heated:
    """A picture with its heat map, (h, w) float16 in [0, 1], and its class's probability.

    A background picture has no heat map, and probability 1.
    """

    picture: Picture
    heatmap: NDArray[np.float16]
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Heating:
    """A batch of pictures whose heat maps are under way; None where none of them needs one."""

    _pictures: Sequence[Picture]
    _under_way: HeatUnderWay | None

    def wait(self) -> list[Heated]:
        """Wait for the heat maps, and return the pictures with theirs."""
        if self._under_way is None:
            return [Heated(picture, NO_HEATMAP, 1.0) for picture in self._pictures]
        heat = self._under_way.wait()
        # A map is copied, since a row of the batch would keep all of it in memory.
        rows = iter(zip(map(np.copy, heat.maps.astype(np.float16)), heat.probabilities.tolist(), strict=True))
        return [
            Heated(picture, NO_HEATMAP, 1.0) if picture.image.is_background else Heated(picture, *next(rows))
            for picture in self._pictures
        ]


class Pipeline:
    """Everything between a labelled image and its proposal, for one classifier and one recipe.

    Its three steps keep different parts of a machine busy: `read` the disk and a processor, `heat` the network's
    device, `propose` a processor. An engine lets them overlap, each on another batch.
    """

    def __init__(self, classifier: Classifier, recipe: Recipe, *, max_pixels: int = MAX_PIXELS) -> None:
        """Prepare the heat maps.

        Raises:
            ModelError: the classifier has no heat maps.
            UsageError: the recipe names a method or search that does not exist.
        """
        self._classifier = classifier.at_scale(recipe.scale)
        self._max_pixels = max_pixels
        self._heatmapper = Heatmapper(classifier.model, recipe.cam, augmented=recipe.augmented)
        self._rule = BoxRule(recipe.search, recipe.threshold, recipe.max_iter, recipe.seed)
        # A search that does not exist is found out now, not after the first batch.
        create_search(recipe.search, max_iter=recipe.max_iter, seed=recipe.seed)

    def read(self, image: LabelledImage) -> Picture | Failure:
        """Decode an image for the classifier; safe to call from several threads."""
        try:
            decoded = read_image(image.path, fit=self._classifier.input_size, max_pixels=self._max_pixels)
            pixels = resize(decoded.pixels, self._classifier.input_size)
        except ImageError as error:
            return Failure(image.source, "read", str(error))
        except Exception as error:  # one image's trouble must not end the run, whatever it is
            return Failure(image.source, "read", f"{type(error).__name__}: {error}")
        return Picture(image, pixels, decoded.size, decoded.content)

    def heat(self, pictures: Sequence[Picture], batch_size: int) -> list[Heated]:
        """Make the heat maps of a batch of at most `batch_size` pictures, in their order.

        The batch is filled up to `batch_size`, so that the network is traced for one shape only and the
        result for a picture does not depend on how many others came with it.
        """
        return self.begin(pictures, batch_size).wait()

    def begin(self, pictures: Sequence[Picture], batch_size: int) -> Heating:
        """Have heat maps made as `heat` does, and do not wait for a device that works by itself."""
        shown = [picture for picture in pictures if not picture.image.is_background]
        if not shown:
            return Heating(pictures, None)
        rows = [shown[index % len(shown)] for index in range(batch_size)]
        indices = np.array([self._class_index(picture.image) for picture in rows])
        batch = self._classifier.batch([picture.pixels for picture in rows])
        return Heating(pictures, self._heatmapper.begin(batch, indices))

    def _class_index(self, image: LabelledImage) -> int:
        return self._classifier.classes.index(image.class_name)

    def propose(self, heated: Sequence[Heated]) -> list[Proposal | Failure]:
        """Propose boxes for pictures with heat maps, in their order."""
        try:
            return self._proposals(heated)
        except UsageError:
            raise
        except Exception as error:  # one image's trouble must not end the run, whatever it is
            if len(heated) == 1:
                return [Failure(heated[0].picture.image.source, "box", f"{type(error).__name__}: {error}")]
            return [outcome for one in heated for outcome in self.propose([one])]

    def _proposals(self, heated: Sequence[Heated]) -> list[Proposal | Failure]:
        shown = [one for one in heated if not one.picture.image.is_background]
        # What is stored is what is searched, so that review finds the same boxes again.
        heatmaps = [one.heatmap.astype(np.float32) for one in shown]
        found = find_candidates(heatmaps, [one.picture.image_size for one in shown], self._rule) if shown else []
        offers = iter(found)
        return [_background(one) if one.picture.image.is_background else _proposal(one, next(offers)) for one in heated]


def _background(heated: Heated) -> Proposal:
    return _outcome(heated, Status.BACKGROUND, 1.0, Offer())


def _proposal(heated: Heated, offer: Offer) -> Proposal:
    if not offer.candidates:
        return _outcome(heated, Status.NO_EVIDENCE, 0.0, offer)
    trust = score(heated.probability, offer.stability, offer.concentration)
    return _outcome(heated, Status.PROPOSED, trust, offer)


def _outcome(heated: Heated, status: Status, trust: float, offer: Offer) -> Proposal:
    return Proposal(
        source=heated.picture.image.source,
        content=heated.picture.content,
        image_size=heated.picture.image_size,
        status=status,
        score=trust,
        probability=heated.probability,
        stability=offer.stability,
        candidates=offer.candidates,
        heatmap=heated.heatmap,
    )
