"""Finding objects in image files with a detector that was kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annot_core.detector.decoding import Detection
from annot_core.detector.files import load_detector
from annot_core.errors import ImageError
from annot_core.imaging import read_image, resize
from annot_core.native_output import output_to


@dataclass(frozen=True, slots=True)
class FoundIn:
    """What was found in an image file: (width, height) of the upright image in pixels, and the objects, best first.

    `reason` says why a file could not be looked at, and is empty for the others. `classes` are the names of the
    detector's classes by number.
    """

    path: Path
    image_size: tuple[int, int]
    detections: tuple[Detection, ...]
    classes: tuple[str, ...]
    reason: str = ""


def detect_files(
    model: Path, paths: Iterable[Path], *, min_score: float, log_output: bool = False
) -> Iterator[FoundIn]:
    """Give for each image file what a detector finds in it; a file that cannot be read has a reason instead.

    Args:
        model: a file that `save_detector` wrote.
        paths: the image files.
        min_score: boxes with less are left out, 0 to 1.
        log_output: let nothing that libraries print, native ones too, reach the terminal.

    Raises:
        ModelError: the model cannot be used.
    """

    def quietly() -> contextlib.AbstractContextManager[None]:
        return output_to(Path(os.devnull)) if log_output else contextlib.nullcontext()

    with quietly():
        detector = load_detector(model)
    side = (detector.picture_side, detector.picture_side)
    for path in paths:
        try:
            image = read_image(path, fit=side)
        except ImageError as error:
            yield FoundIn(path, (0, 0), (), detector.classes, str(error))
            continue
        with quietly():
            (found,) = detector.detect(resize(image.pixels, side)[np.newaxis], [image.size], min_score)
        yield FoundIn(path, image.size, found, detector.classes)
