"""How well a detector does on images that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.classifier.pictures import PictureStore
from annot_core.detector.average_precision import Judged, average_precisions, mean_iou
from annot_core.detector.detector import Detector
from annot_core.detector.examples import Example, true_boxes
from annot_core.detector.loss import yolo_loss
from annot_core.detector.request import DEFAULT_MIN_SCORE

LEAST_SCORE = 0.01
"""Average precision looks at everything that the detector holds for possible at all."""
IOU_WANTED = 0.5
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Measures:
    """How well a detector did on some images.

    `loss` is the mean of `yolo_loss` over the images; `average_precision` has the class's average precision at an IoU
    of 0.5 by class; `mean_iou` is as `annot_core.detector.average_precision.mean_iou` gives it for detections with a
    score of at least `DEFAULT_MIN_SCORE`.
    """

    loss: float
    average_precision: dict[str, float]
    mean_iou: float

    @property
    def map50(self) -> float:
        """The mean of the classes' average precisions, 0 to 1."""
        values = self.average_precision.values()
        return sum(values) / len(values) if values else 0.0


def measure(detector: Detector, examples: Sequence[Example]) -> Measures:
    """Measure a detector on images; those that cannot be read are left out."""
    side = detector.picture_side
    losses: list[NDArray[np.float32]] = []
    judged: list[Judged] = []
    boxes = true_boxes(examples)
    with PictureStore([example.path for example in examples], (side, side)) as store:
        for start in range(0, len(store.readable), _AT_ONCE):
            rows = store.readable[start : start + _AT_ONCE]
            outputs = detector.outputs(store.pictures(rows))
            losses.append(np.asarray(yolo_loss(boxes[rows], outputs, detector.grid)))
            part = [examples[int(row)] for row in rows]
            found = detector.read(outputs, [example.image_size for example in part], LEAST_SCORE)
            judged += [Judged(one, example.boxes) for one, example in zip(found, part, strict=True)]
    sure = [Judged(tuple(one for one in image.found if one.score >= DEFAULT_MIN_SCORE), image.true) for image in judged]
    precisions = average_precisions(judged, IOU_WANTED)
    return Measures(
        float(np.concatenate(losses).mean()) if losses else 0.0,
        {detector.classes[number]: value for number, value in precisions.items()},
        mean_iou(sure),
    )
