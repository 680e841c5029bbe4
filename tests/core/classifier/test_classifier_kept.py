"""One way to a classifier: the given one, the kept one, or a newly trained one."""

import json

import keras
import numpy as np
import pytest
from models import color_detector, draw_colors

from annot_core.classifier import kept, obtaining
from annot_core.classifier.kept import CARD_FILE, MODEL_FILE, keep, load_kept, read_card
from annot_core.classifier.obtaining import ClassifierRequest, obtain_classifier, train_and_keep
from annot_core.classifier.training import Trained, TrainingSettings
from annot_core.errors import ModelError
from annot_core.progress import Notice, Stage, StageFinished


class Training:
    """Stands for training: it takes no time and counts how often it is asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, images, settings, *, folder, listener):
        self.asked.append(settings)
        classes = tuple(sorted({image.class_name for image in images}))
        used = TrainingSettings("small", 3, 32, 16, settings.seed)
        model = color_detector() if len(classes) == 2 else three_classes()
        return Trained(model, classes, used, 0.875, 3)


def three_classes():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(2, 1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.fixture
def training(monkeypatch):
    stand_in = Training()
    monkeypatch.setattr(obtaining, "train", stand_in)
    return stand_in


@pytest.fixture
def dataset(tmp_path):
    return draw_colors(tmp_path / "photos", 1)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "session"
    made.mkdir()
    return made


def request(**settings):
    return ClassifierRequest(training=TrainingSettings(**settings))


def test_a_second_run_uses_the_classifier_of_the_first(training, dataset, folder):
    heard = []
    first = obtain_classifier(request(), dataset, folder)
    second = obtain_classifier(request(), dataset, folder, listener=heard.append)
    assert len(training.asked) == 1
    assert heard == [Notice("using the classifier trained before (hold-out accuracy 0.88)")]
    assert second.fingerprint == first.fingerprint
    assert (second.classes, second.input_size, second.channels) == (("blue", "red"), (32, 32), 3)
    assert (first.pixel_range, first.any_size) == (second.pixel_range, second.any_size)
    images = np.random.default_rng(0).uniform(0, 1, (2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(first.model(images)), np.asarray(second.model(images)))


@pytest.mark.parametrize(
    ("first", "second", "trainings"),
    [
        ({}, {}, 1),
        ({"epochs": 5}, {"epochs": 5}, 1),
        ({"epochs": 5}, {}, 1),
        ({"epochs": 5}, {"epochs": 6}, 2),
        ({}, {"seed": 1}, 2),
        ({"seed": 1}, {"seed": 1, "image_size": 64}, 2),
        ({"backbone": "small"}, {"backbone": "resnet50v2"}, 2),
    ],
    ids=["nothing asked", "the same", "nothing asked later", "other epochs", "a seed", "a size", "a backbone"],
)
def test_other_settings_are_a_reason_to_train_again(first, second, trainings, training, dataset, folder):
    obtain_classifier(request(**first), dataset, folder)
    obtain_classifier(request(**second), dataset, folder)
    assert len(training.asked) == trainings
    obtain_classifier(request(**second), dataset, folder)
    assert len(training.asked) == trainings


def test_other_classes_are_a_reason_to_train_again(training, dataset, folder, tmp_path):
    obtain_classifier(request(), dataset, folder)
    wider = draw_colors(tmp_path / "photos", 1, background=1)
    assert obtain_classifier(request(), wider, folder).classes == ("background", "blue", "red")
    assert len(training.asked) == 2


def damage(path, content):
    path.write_bytes(content(path.read_bytes()))


DAMAGES = {
    "half a model": (MODEL_FILE, lambda data: data[: len(data) // 2]),
    "an empty model": (MODEL_FILE, lambda data: b""),
    "flipped bytes": (MODEL_FILE, lambda data: data[:80] + bytes(80) + data[160:]),
    "half a card": (CARD_FILE, lambda data: data[: len(data) // 2]),
    "an empty card": (CARD_FILE, lambda data: b""),
    "a card of another kind": (CARD_FILE, lambda data: b'["classes"]'),
    "a card without a size": (CARD_FILE, lambda data: data.replace(b"image_size", b"picture_size")),
    "a card with text for a size": (
        CARD_FILE,
        lambda data: data.replace(b'"image_size": 32,\n  "hold', b'"image_size": "big",\n  "hold'),
    ),
    "no text": (CARD_FILE, lambda data: b"\xff\xfe" + data),
}


QUICK = {"half a model", "flipped bytes", "half a card", "a card without a size"}


@pytest.mark.parametrize(
    "what", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in DAMAGES]
)
def test_what_was_damaged_is_trained_again(what, training, dataset, folder):
    name, content = DAMAGES[what]
    fingerprint = obtain_classifier(request(), dataset, folder).fingerprint
    before = (folder / name).read_bytes()
    damage(folder / name, content)
    assert (folder / name).read_bytes() != before
    assert obtain_classifier(request(), dataset, folder).fingerprint == fingerprint
    assert len(training.asked) == 2
    obtain_classifier(request(), dataset, folder)
    assert len(training.asked) == 2


@pytest.mark.parametrize("name", [MODEL_FILE, CARD_FILE])
def test_what_was_deleted_is_trained_again(name, training, dataset, folder):
    obtain_classifier(request(), dataset, folder)
    (folder / name).unlink()
    obtain_classifier(request(), dataset, folder)
    assert len(training.asked) == 2


class Killed(BaseException):
    """The end of a process, as far as what follows it is concerned."""


@pytest.mark.parametrize("moment", ["while the model is saved", "between model and card", "while the card is written"])
@pytest.mark.parametrize(
    "earlier", [pytest.param(False, marks=pytest.mark.slow), True], ids=["first training", "training again"]
)
def test_a_run_killed_while_keeping_is_as_if_nothing_was_kept(moment, earlier, training, dataset, folder, monkeypatch):
    if earlier:
        obtain_classifier(request(seed=7), dataset, folder)
    with monkeypatch.context() as patch:
        kill(moment, patch)
        with pytest.raises(Killed):
            obtain_classifier(request(seed=8), dataset, folder)
    before = len(training.asked)
    assert read_card(folder) is None
    obtain_classifier(request(seed=8), dataset, folder)
    assert len(training.asked) == before + 1
    assert sorted(path.name for path in folder.iterdir()) == [CARD_FILE, MODEL_FILE]


def kill(moment, patch):
    def saving(model, path):
        path.write_bytes(b"half a mod")
        raise Killed

    def killed(*args, **options):
        raise Killed

    def writing(path, text, **options):
        path.write_bytes(text.encode()[:30])
        raise Killed

    targets = {
        "while the model is saved": (keras.Sequential, "save", saving),
        "between model and card": (kept.json, "dumps", killed),
        "while the card is written": (kept.Path, "write_text", writing),
    }
    patch.setattr(*targets[moment])


def test_the_card_says_what_was_asked_and_what_came_of_it(training, dataset, folder):
    obtain_classifier(request(seed=3), dataset, folder)
    card = read_card(folder)
    assert card.classes == ("blue", "red")
    assert card.requested == TrainingSettings(seed=3).described()
    assert (card.image_size, card.holdout_accuracy) == (32, 0.875)
    written = json.loads((folder / CARD_FILE).read_text())
    assert written["used"] == TrainingSettings("small", 3, 32, 16, 3).described()
    assert written["epochs_run"] == 3


def test_an_empty_folder_has_no_card(folder):
    assert read_card(folder) is None


def test_a_kept_model_that_cannot_be_loaded_is_none(training, dataset, folder):
    obtain_classifier(request(), dataset, folder)
    card = read_card(folder)
    assert load_kept(folder, card).classes == ("blue", "red")
    (folder / MODEL_FILE).write_bytes(b"")
    assert load_kept(folder, card) is None


def test_training_tells_how_long_it_took(training, dataset, folder):
    heard, times = [], iter([10.0, 12.5])
    train_and_keep(TrainingSettings(), dataset, folder, listener=heard.append, clock=lambda: next(times))
    assert heard == [StageFinished(Stage.TRAIN, 2.5)]


def test_train_and_keep_trains_even_where_one_is_kept(training, dataset, folder):
    for _ in range(2):
        train_and_keep(TrainingSettings(), dataset, folder)
    assert len(training.asked) == 2


def test_a_given_model_goes_before_a_kept_one_and_is_never_trained(training, dataset, folder, tmp_path):
    color_detector().save(tmp_path / "own.keras")
    given = obtain_classifier(ClassifierRequest(model=tmp_path / "own.keras"), dataset, folder)
    assert given.classes == ("blue", "red")
    assert not training.asked
    assert not list(folder.iterdir())


def test_a_given_model_that_is_missing_is_no_reason_to_train(training, dataset, folder, tmp_path):
    with pytest.raises(ModelError, match="expected a Keras model file"):
        obtain_classifier(ClassifierRequest(model=tmp_path / "own.keras"), dataset, folder)
    assert not training.asked


def test_keeping_leaves_no_partial_files(folder):
    trained = Trained(color_detector(), ("blue", "red"), TrainingSettings("small", 3, 32, 16), 0.9, 3)
    keep(folder, trained, TrainingSettings())
    assert sorted(path.name for path in folder.iterdir()) == [CARD_FILE, MODEL_FILE]
