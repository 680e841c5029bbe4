"""The pipeline for augmented images: the classifier that an output folder keeps, or one that was named."""

from __future__ import annotations

from annot_core.classifier.classifier import Classifier
from annot_core.classifier.kept import load_kept, read_card
from annot_core.classifier.loading import load_classifier
from annot_core.classifier.runtime import start_keras
from annot_core.dataset import list_dataset
from annot_core.engine import BATCH_SIZE, Engine
from annot_core.engine.in_process import InProcessEngine
from annot_core.errors import ModelError
from annot_core.pipeline import Pipeline
from annot_core.plan import Plan
from annot_core.producer import describe_producer
from annot_core.progress import Listener, ignore
from annot_core.session import Session


class Finder:
    """Finds boxes anew: an `engine`, the `classes` that its classifier knows, and a `name` for all of its settings."""

    def __init__(self, plan: Plan, session: Session, *, listener: Listener = ignore) -> None:
        """Load the classifier; none is ever trained for this.

        Raises:
            ModelError: there is no classifier, or it cannot be used with this data set.
        """
        classifier = _classifier(plan, session, listener)
        pipeline = Pipeline(classifier, plan.recipe, max_pixels=plan.max_pixels)
        self.engine: Engine = InProcessEngine(pipeline, batch_size=plan.batch_size or BATCH_SIZE)
        self.classes = tuple(classifier.classes)
        self.name = describe_producer(classifier, plan.recipe, plan.max_pixels).name


def _classifier(plan: Plan, session: Session, listener: Listener) -> Classifier:
    request = plan.request
    if request.model is not None:
        dataset = list_dataset(plan.root, background=session.background_classes())
        return load_classifier(
            request.model, dataset, classes=request.classes, trust_model=request.trust_model, listener=listener
        )
    card = read_card(session.folder)
    if card is not None:
        start_keras()
    kept = None if card is None else load_kept(session.folder, card)
    if kept is None:
        raise ModelError(
            f"expected the classifier that was trained for {str(plan.output)!r}, found none; name yours with --model, "
            "or have the boxes carried along with --boxes transform"
        )
    return kept
