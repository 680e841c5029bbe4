"""From a labelled image to a proposal or a failure."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from models import color_detector, draw_colors, draw_scene, scene

from annot_core import pipeline as pipeline_module
from annot_core.candidates import BoxRule, find_candidates
from annot_core.classifier.classifier import Classifier, PixelRange
from annot_core.dataset import list_dataset
from annot_core.engine.in_process import InProcessEngine
from annot_core.errors import ModelError, UsageError
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.pipeline import Picture, Pipeline
from annot_core.recipes import Recipe
from annot_core.records import Failure, Proposal, Status

RECIPE = Recipe("gradcam", 0.3, "exact", augmented=False)
BATCH = 4


def classifier(**changes):
    known = Classifier(color_detector(), ("blue", "red"), (32, 32), 3, PixelRange.UNIT, "fingerprint")
    return replace(known, **changes)


@pytest.fixture(scope="module")
def shared():
    """One pipeline for all tests that need nothing else: its network is compiled once."""
    return Pipeline(classifier(), RECIPE)


@pytest.fixture
def dataset(tmp_path):
    return draw_colors(tmp_path / "photos", 3, background=2)


def named(dataset, source):
    return next(image for image in dataset.images if image.source == source)


def run(pipeline, images):
    """What becomes of images that are read and worked on as one batch."""
    read = [pipeline.read(image) for image in images]
    return pipeline.propose(pipeline.heat([one for one in read if isinstance(one, Picture)], BATCH))


def assert_same(one, other):
    """Compare two proposals with all that is in them; records with arrays have no equality of their own."""
    for name in Proposal.__slots__:
        mine, yours = getattr(one, name), getattr(other, name)
        assert mine.tobytes() == yours.tobytes() if name == "heatmap" else mine == yours, name


def test_a_proposal_says_all_there_is_to_say(shared, dataset):
    image = named(dataset, "red/1.png")
    (proposal,) = run(shared, [image])
    assert proposal.source == "red/1.png"
    assert proposal.content == content_hash(image.path)
    assert proposal.image_size == (64, 64)
    assert proposal.status is Status.PROPOSED
    # Half a cell of interpolation, of 4 pixels a cell, lies around the square.
    assert proposal.box == Box(11, 23, 29, 41)
    assert proposal.candidates[0].search == "exact"
    assert proposal.heatmap.dtype == np.float16
    assert proposal.heatmap.shape == (16, 16)
    assert proposal.heatmap.max() == 1
    assert 0.5 < proposal.probability <= 1
    assert 0 < proposal.score <= 1
    assert proposal.stability == pytest.approx(1, abs=0.4)


def test_the_stored_heat_map_gives_the_same_boxes_again(shared, dataset):
    for proposal in run(shared, [image for image in dataset.images if not image.is_background][:4]):
        heatmap = proposal.heatmap.astype(np.float32)
        (again,) = find_candidates([heatmap], [proposal.image_size], BoxRule("exact", 0.3))
        assert again.candidates == proposal.candidates


def test_boxes_are_in_pixels_of_the_full_image(shared, tmp_path):
    draw_scene(tmp_path / "photos" / "red" / "large.png", scene(red=(8, 16)), scale=10)
    (proposal,) = run(shared, list_dataset(tmp_path / "photos").images)
    assert proposal.image_size == (320, 320)
    assert proposal.box.iou(Box(160, 80, 240, 160)) > 0.75


def test_outcomes_keep_the_order_of_the_pictures(shared, dataset):
    images = [named(dataset, name) for name in ("red/2.png", "background/0.png", "blue/0.png", "red/0.png")]
    assert [proposal.source for proposal in run(shared, images)] == [image.source for image in images]


def test_a_proposal_does_not_depend_on_the_pictures_beside_it(shared, dataset):
    alone = run(shared, [named(dataset, "red/0.png")])[0]
    beside = run(
        shared, [named(dataset, name) for name in ("blue/0.png", "background/0.png", "red/0.png", "red/2.png")]
    )
    assert_same(alone, beside[2])


@pytest.mark.parametrize("count", [1, 3, 4])
def test_the_network_sees_one_shape_only(count, shared, dataset, monkeypatch):
    shapes = []
    begin = shared._heatmapper.begin
    monkeypatch.setattr(
        shared._heatmapper, "begin", lambda images, indices: (shapes.append(images.shape), begin(images, indices))[1]
    )
    assert len(run(shared, [image for image in dataset.images if not image.is_background][:count])) == count
    assert shapes == [(BATCH, 32, 32, 3)]


def test_an_image_without_evidence_has_no_box(shared, dataset):
    image = named(dataset, "red/0.png")
    draw_scene(image.path, scene(blue=(8, 8)))
    (proposal,) = run(shared, [image])
    assert proposal.status is Status.NO_EVIDENCE
    assert (proposal.box, proposal.candidates, proposal.score, proposal.stability) == (None, (), 0, 0)
    assert proposal.heatmap.shape == (16, 16)
    assert not proposal.heatmap.any()
    assert proposal.probability < 0.5


def test_background_needs_no_class_and_no_network(shared, dataset, monkeypatch):
    monkeypatch.setattr(shared, "_heatmapper", None)
    images = [image for image in dataset.images if image.is_background]
    for image, proposal in zip(images, run(shared, images), strict=True):
        assert proposal.status is Status.BACKGROUND
        assert (proposal.box, proposal.score, proposal.probability) == (None, 1, 1)
        assert proposal.content == content_hash(image.path)
        assert proposal.heatmap.shape == (0, 0)


def test_no_pictures_give_no_outcomes(shared):
    assert shared.heat([], BATCH) == []
    assert shared.propose([]) == []


BAD = {
    "empty": (lambda data: b"", "0 bytes"),
    "truncated": (lambda data: data[: len(data) // 2], "truncated"),
    "text": (lambda data: b"This is a letter.", "not an image"),
}


@pytest.mark.parametrize("what", BAD)
def test_an_image_that_cannot_be_read_is_a_failure(what, shared, dataset):
    spoil, reason = BAD[what]
    image = named(dataset, "red/1.png")
    image.path.write_bytes(spoil(image.path.read_bytes()))
    failure = shared.read(image)
    assert (failure.source, failure.stage) == ("red/1.png", "read")
    assert reason in failure.reason


def test_an_image_that_is_gone_is_a_failure(shared, dataset):
    shutil.rmtree(dataset.root)
    assert [type(shared.read(image)) for image in dataset.images] == [Failure] * len(dataset.images)


def test_an_image_over_the_limit_is_a_failure(dataset):
    failure = Pipeline(classifier(), RECIPE, max_pixels=1000).read(named(dataset, "red/1.png"))
    assert isinstance(failure, Failure)
    assert "limit" in failure.reason


def test_whatever_else_goes_wrong_with_one_image_is_a_failure_too(shared, dataset, monkeypatch):
    def broken(pixels, size):
        raise MemoryError("no room")

    monkeypatch.setattr(pipeline_module, "resize", broken)
    assert shared.read(named(dataset, "red/1.png")) == Failure("red/1.png", "read", "MemoryError: no room")


def test_trouble_with_one_box_leaves_the_others(shared, dataset, monkeypatch):
    images = [image for image in dataset.images if image.class_name == "red"]
    bad = shared.heat([shared.read(images[1])], BATCH)[0].heatmap.astype(np.float32)

    def broken_for_one(heatmaps, sizes, rule):
        if any(np.array_equal(heatmap, bad) for heatmap in heatmaps):
            raise ZeroDivisionError("no area")
        return find_candidates(heatmaps, sizes, rule)

    monkeypatch.setattr(pipeline_module, "find_candidates", broken_for_one)
    outcomes = run(shared, images)
    assert outcomes[1] == Failure("red/1.png", "box", "ZeroDivisionError: no area")
    assert [type(outcome) for outcome in outcomes] == [Proposal, Failure, Proposal]


def test_what_would_trouble_every_image_is_raised(shared, dataset, monkeypatch):
    def refusing(heatmaps, sizes, rule):
        raise UsageError("no such search")

    monkeypatch.setattr(pipeline_module, "find_candidates", refusing)
    with pytest.raises(UsageError, match="no such search"):
        run(shared, [named(dataset, "red/1.png")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"cam": "scorecam"}, "expected a heat map method"), ({"search": "guess"}, "expected a box search")],
    ids=["method", "search"],
)
def test_a_recipe_of_unknown_parts_is_refused_at_once(changes, message):
    with pytest.raises(UsageError, match=message):
        Pipeline(classifier(), replace(RECIPE, **changes))


def test_a_classifier_without_heat_maps_is_refused_at_once():
    import keras

    flat = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ModelError, match="expected a model with a convolution layer"):
        Pipeline(classifier(model=flat), RECIPE)


def test_pixels_come_in_the_classifiers_range(dataset, monkeypatch):
    """The detector's probabilities say how large its pixels were."""
    image = named(dataset, "red/1.png")
    faint = color_detector(gain=1.0)
    chances = {}
    for pixels in (PixelRange.UNIT, PixelRange.BYTES):
        (proposal,) = run(Pipeline(classifier(model=faint, pixel_range=pixels), RECIPE), [image])
        chances[pixels] = proposal.probability
    odds = {pixels: np.log(chance / (1 - chance)) for pixels, chance in chances.items()}
    assert odds[PixelRange.BYTES] == pytest.approx(255 * odds[PixelRange.UNIT], rel=1e-2)


def test_a_run_that_goes_on_after_whole_batches_gives_the_same_outcomes(shared, dataset):
    dataset.images[3].path.write_bytes(b"")
    whole = [one for batch in InProcessEngine(shared, batch_size=BATCH).run(dataset.images) for one in batch]
    rest = [one for batch in InProcessEngine(shared, batch_size=BATCH).run(dataset.images[BATCH:]) for one in batch]
    assert [one.source for one in whole] == [image.source for image in dataset.images]
    assert whole[3] == Failure(dataset.images[3].source, "read", whole[3].reason)
    assert len(rest) == len(dataset.images) - BATCH > 0
    for one, other in zip(whole[BATCH:], rest, strict=True):
        assert_same(one, other)
