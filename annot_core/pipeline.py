"""The stages put together: labelled image in, proposal or failure out.

Trouble with one image becomes a `Failure` value; only what would trouble every image is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.cam.heatmapper import Heatmapper
from annot_core.candidates import BoxRule, find_candidates, working_map
from annot_core.classifier.classifier import Classifier
from annot_core.errors import ImageError, UsageError
from annot_core.imaging import read_image, resize
from annot_core.limits import MAX_PIXELS
from annot_core.recipes import Recipe
from annot_core.records import Failure, LabelledImage, Proposal, Status
from annot_core.scoring import concentration, score, stability
from annot_core.search import create_search

NO_HEATMAP = np.zeros((0, 0), dtype=np.float16)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image as decoded for the classifier: `pixels` (H, W, 3) uint8 of the classifier's input size."""

    image: LabelledImage
    pixels: NDArray[np.uint8]
    image_size: tuple[int, int]
    content: str


class Pipeline:
    """Everything between a labelled image and its proposal, for one classifier and one recipe."""

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

    def propose(self, pictures: Sequence[Picture], batch_size: int) -> list[Proposal | Failure]:
        """Propose boxes for a batch of at most `batch_size` pictures, in their order.

        The batch is filled up to `batch_size`, so that the network is traced for one shape only and the
        result for a picture does not depend on how many others came with it.
        """
        heats = self._heat([picture for picture in pictures if not picture.image.is_background], batch_size)
        return [self._outcome(picture, heats) for picture in pictures]

    def _heat(self, pictures: Sequence[Picture], batch_size: int) -> dict[str, tuple[NDArray[np.float16], float]]:
        """The stored heat map and the class probability by source."""
        if not pictures:
            return {}
        rows = [pictures[index % len(pictures)] for index in range(batch_size)]
        indices = np.array([self._class_index(picture.image) for picture in rows])
        heat = self._heatmapper.heat(self._classifier.batch([picture.pixels for picture in rows]), indices)
        grids = heat.maps.astype(np.float16)
        return {
            picture.image.source: (grids[row], float(heat.probabilities[row])) for row, picture in enumerate(pictures)
        }

    def _class_index(self, image: LabelledImage) -> int:
        return self._classifier.classes.index(image.class_name)

    def _outcome(self, picture: Picture, heats: dict[str, tuple[NDArray[np.float16], float]]) -> Proposal | Failure:
        if picture.image.is_background:
            return self._without_box(picture, Status.BACKGROUND, 1.0, NO_HEATMAP)
        grid, probability = heats[picture.image.source]
        try:
            return self._proposal(picture, grid, probability)
        except UsageError:
            raise
        except Exception as error:  # one image's trouble must not end the run, whatever it is
            return Failure(picture.image.source, "box", f"{type(error).__name__}: {error}")

    def _proposal(self, picture: Picture, grid: NDArray[np.float16], probability: float) -> Proposal:
        # What is stored is what is searched, so that review finds the same boxes again.
        heatmap = grid.astype(np.float32)
        candidates = find_candidates(heatmap, picture.image_size, self._rule)
        if not candidates:
            return self._without_box(picture, Status.NO_EVIDENCE, probability, grid)
        heat = working_map(heatmap, picture.image_size)
        box = candidates[0].box.scaled(picture.image_size, (heat.shape[1], heat.shape[0]))
        stable = stability(heat)
        return Proposal(
            source=picture.image.source,
            content=picture.content,
            image_size=picture.image_size,
            status=Status.PROPOSED,
            score=score(probability, stable, concentration(heat, box)),
            probability=probability,
            stability=stable,
            candidates=candidates,
            heatmap=grid,
        )

    @staticmethod
    def _without_box(picture: Picture, status: Status, probability: float, grid: NDArray[np.float16]) -> Proposal:
        return Proposal(
            source=picture.image.source,
            content=picture.content,
            image_size=picture.image_size,
            status=status,
            score=1.0 if status is Status.BACKGROUND else 0.0,
            probability=probability,
            stability=0.0,
            candidates=(),
            heatmap=grid,
        )
