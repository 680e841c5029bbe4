"""Loading a person's own model, and finding out how it wants its pictures."""

import functools
import re
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from models import classes, color_detector, draw_colors, draw_scene, pooled, scene, small_input, stages, weighted

from annot_core.cam.heatmapper import Heatmapper
from annot_core.classifier.classifier import PixelRange
from annot_core.classifier.loading import fingerprint, load_classifier, load_model
from annot_core.classifier.pixel_ranges import find_pixel_range
from annot_core.dataset import list_dataset
from annot_core.errors import ModelError
from annot_core.progress import Level, Notice

ENDINGS = ["keras", "h5", pytest.param("hdf5", marks=pytest.mark.slow)]


@pytest.fixture
def dataset(tmp_path):
    return draw_colors(tmp_path / "photos")


def saved(model, folder, name="model.keras"):
    path = folder / name
    model.save(path)
    return path


@functools.cache
def classifier(units=2, activation="softmax", shape=(32, 32, 3)):
    inputs = keras.Input(shape)
    return weighted(keras.Model(inputs, classes(pooled(stages(inputs)), units, activation)))


@functools.cache
def file_of(*made):
    """The bytes of a file of `classifier(*made)`; most tests need no more than that there is one."""
    with tempfile.TemporaryDirectory() as folder:
        return saved(classifier(*made), Path(folder)).read_bytes()


def usual(folder, *made):
    path = folder / "model.keras"
    path.write_bytes(file_of(*made))
    return path


def refused(message):
    return pytest.raises(ModelError, match=message)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_comes_back_as_it_was_saved(ending, tmp_path, dataset):
    model = classifier()
    loaded = load_classifier(saved(model, tmp_path, f"model.{ending}"), dataset)
    images = loaded.batch([np.full((48, 64, 3), 99, np.uint8)])
    np.testing.assert_allclose(np.asarray(loaded.model(images)), np.asarray(model(images)), atol=1e-6)
    assert (loaded.classes, loaded.input_size, loaded.channels) == (("blue", "red"), (32, 32), 3)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_compiled_model_needs_no_optimizer(ending, tmp_path):
    model = keras.models.clone_model(classifier())
    model.compile("adam", "categorical_crossentropy")
    assert not load_model(saved(model, tmp_path, f"model.{ending}")).compiled


@pytest.mark.parametrize("ending", ENDINGS)
def test_one_file_has_one_fingerprint(ending, tmp_path):
    model = keras.models.clone_model(classifier())
    path = saved(model, tmp_path, f"model.{ending}")
    before = fingerprint(load_model(path))
    assert re.fullmatch("[0-9a-f]{40}", before)
    assert fingerprint(load_model(path)) == before
    model.weights[0].assign_add(np.full(model.weights[0].shape, 1e-3))
    assert fingerprint(load_model(saved(model, tmp_path, f"model.{ending}"))) != before


def damaged_zip(path):
    """A .keras file whose configuration fails its checksum."""
    saved(classifier(), path.parent, path.name)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("config.json").header_offset + 60
    data = bytearray(path.read_bytes())
    data[start : start + 40] = b"x" * 40
    path.write_bytes(data)


def truncated(path):
    saved(classifier(), path.parent, path.name)
    path.write_bytes(path.read_bytes()[:3000])


def weights_only(path):
    weights = path.with_name("model.weights.h5")
    classifier().save_weights(weights)
    weights.rename(path)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("model.keras", lambda path: path.write_bytes(b"This is a letter.")),
        ("model.h5", lambda path: path.write_bytes(b"This is a letter.")),
        ("model.keras", lambda path: path.write_bytes(b"")),
        ("model.h5", lambda path: path.write_bytes(b"")),
        ("model.keras", truncated),
        ("model.h5", truncated),
        ("model.keras", damaged_zip),
        ("model.h5", weights_only),
    ],
    ids=["text", "text h5", "empty", "empty h5", "truncated", "truncated h5", "damaged", "weights only"],
)
@pytest.mark.parametrize("trust", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["not trusted", "trusted"])
def test_what_is_no_whole_model_is_refused_in_one_sentence(name, make, trust, tmp_path):
    make(tmp_path / name)
    with refused(f"expected a Keras model in {name}, found a file that Keras cannot load: .+; save it again") as raised:
        load_model(tmp_path / name, trust_model=trust)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with refused(r"expected a Keras model file at .*nowhere\.keras, found none; check --model"):
        load_model(tmp_path / "nowhere.keras")


@pytest.mark.parametrize("name", ["model.pt", "model.onnx", "model"])
def test_another_ending_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"weights")
    with refused(f"expected a model file that ends in .keras or .h5, found {name}; convert it"):
        load_model(tmp_path / name)


def with_code():
    """A model that divides by 255 in code of its own."""
    return in_range(PixelRange.UNIT, layers.Lambda(lambda pixels: pixels / 255.0))


@pytest.mark.parametrize("ending", ENDINGS)
def test_code_in_a_model_is_refused_unless_it_is_trusted(ending, tmp_path):
    path = saved(with_code(), tmp_path, f"model.{ending}")
    with refused(r"expected a model without code of its own, found a Lambda layer in .* add --trust-model"):
        load_model(path)
    load_model(path, trust_model=True)
    with refused("expected a model without code of its own"):
        load_model(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_code_deep_in_a_model_is_found(ending, tmp_path):
    inner = keras.Sequential([small_input(), keras.Sequential([layers.Lambda(lambda pixels: pixels * 2)])])
    inputs = small_input()
    model = keras.Model(inputs, classes(pooled(stages(inner(inputs))), 2))
    with refused("found a Lambda layer"):
        load_model(saved(model, tmp_path, f"model.{ending}"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_trusted_model_with_code_gives_heat_maps(ending, tmp_path, dataset):
    path = saved(with_code(), tmp_path, f"model.{ending}")
    loaded = load_classifier(path, dataset, trust_model=True)
    assert loaded.pixel_range is PixelRange.BYTES
    pixels = np.rint(scene(red=(8, 4)) * 255).astype(np.uint8)
    heat = Heatmapper(loaded.model).heat(loaded.batch([pixels]), np.array([1]))
    assert heat.maps[0, 8:16, 4:12].min() > 0.99
    assert heat.maps[0].sum() == pytest.approx(64, abs=0.1)


def test_a_layer_with_a_function_of_keras_is_no_code(tmp_path):
    source = color_detector()
    model = keras.Sequential([small_input(), layers.Lambda(keras.ops.relu), *source.layers])
    assert load_model(saved(model, tmp_path)).count_params() == model.count_params()


@pytest.mark.parametrize("text", ["cat\nred\nblue\n", "\ufeffcat\r\nred\r\n\r\n blue \r\n"], ids=["plain", "windows"])
@pytest.mark.parametrize("beside", [True, False], ids=["beside the model", "given"])
def test_classes_are_read_from_a_file_in_its_order(text, beside, tmp_path, dataset):
    path = usual(tmp_path, 3)
    listed = tmp_path / ("classes.txt" if beside else "names")
    listed.write_text(text, encoding="utf-8", newline="")
    assert load_classifier(path, dataset, classes=None if beside else listed).classes == ("cat", "red", "blue")


def test_a_given_file_goes_before_the_one_beside_the_model(tmp_path, dataset):
    path = usual(tmp_path)
    (tmp_path / "classes.txt").write_text("wrong\n")
    (tmp_path / "names").write_text("red\nblue\n")
    assert load_classifier(path, dataset, classes=tmp_path / "names").classes == ("red", "blue")


@pytest.mark.parametrize(
    ("units", "expected"),
    [(3, ("background", "blue", "red")), (2, ("blue", "red")), (1, ("blue", "red"))],
    ids=["knows the background", "does not", "one unit"],
)
def test_without_a_file_the_folders_are_the_classes(units, expected, tmp_path):
    dataset = draw_colors(tmp_path / "photos", background=1)
    activation = "sigmoid" if units == 1 else "softmax"
    assert load_classifier(usual(tmp_path, units, activation), dataset).classes == expected


def test_one_unit_tells_the_background_from_one_class(tmp_path):
    draw_colors(tmp_path / "photos", background=1)
    for path in (tmp_path / "photos" / "blue").iterdir():
        path.unlink()
    dataset = list_dataset(tmp_path / "photos")
    assert load_classifier(usual(tmp_path, 1, "sigmoid"), dataset).classes == ("background", "red")


@pytest.mark.parametrize(
    ("units", "listed", "message"),
    [
        (
            3,
            None,
            r"expected a model with 2 outputs, .* the data set's folders \(blue, red\), found 3; .* --classes FILE",
        ),
        (3, "red\nblue\n", r"expected a model with 2 outputs, for the classes of .*classes\.txt .*, found 3"),
        (1, "a\nred\nblue\n", r"expected a model with 3 outputs, .*, found 1"),
        (2, "red\ngreen\n", r"expected every class folder among the model's classes .*, found no blue; rename"),
        (3, "red\nblue\nred\n", r"expected every class once in .*classes\.txt, found some twice"),
        (2, "", r"expected a model with 0 outputs"),
    ],
    ids=["folders", "file", "one unit", "other names", "twice", "empty"],
)
def test_classes_that_do_not_fit_are_refused(units, listed, message, tmp_path, dataset):
    path = usual(tmp_path, units)
    if listed is not None:
        (tmp_path / "classes.txt").write_text(listed)
    with refused(f"^{message}") as raised:
        load_classifier(path, dataset)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00red"], ids=["missing", "no text"])
def test_a_list_of_classes_that_cannot_be_read_is_named(content, tmp_path, dataset):
    if content is not None:
        (tmp_path / "names").write_bytes(content)
    with refused(r"expected a text file with one class a line at .*names, found: "):
        load_classifier(usual(tmp_path), dataset, classes=tmp_path / "names")


def several_outputs():
    inputs = small_input()
    features = pooled(stages(inputs))
    return keras.Model(inputs, [classes(features), classes(features)])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (several_outputs, r"expected a classifier with one output \(N, classes\), found output shape"),
        (lambda: keras.Sequential([small_input(), layers.Conv2D(2, 3)]), r"expected a classifier with one output"),
        (lambda: classifier(shape=(32, 32, 4)), r"expected a model with one input of pictures .*, found input shape"),
        (
            lambda: keras.Sequential([keras.Input((9,)), layers.Dense(2)]),
            r"expected a model with one input of pictures \(N, height, width, 1 or 3\), found input shape \(None, 9\)",
        ),
    ],
    ids=["several outputs", "maps", "four channels", "no picture"],
)
def test_a_model_that_is_no_classifier_of_pictures_is_refused(build, message, tmp_path, dataset):
    with refused(message):
        load_classifier(saved(build(), tmp_path), dataset)


@pytest.mark.parametrize(
    ("shape", "image_size", "expected"),
    [((24, 40, 3), None, (40, 24)), ((24, 40, 3), 64, (40, 24)), ((None, None, 3), None, (224, 224)),
     ((None, None, 3), 48, (48, 48)), ((24, None, 3), 48, (48, 24))],
    ids=["fixed", "fixed and asked", "free", "free and asked", "half free"],
)  # fmt: skip
def test_pictures_get_the_size_that_the_model_takes(shape, image_size, expected, tmp_path, dataset):
    loaded = load_classifier(saved(classifier(shape=shape), tmp_path), dataset, image_size=image_size)
    assert loaded.input_size == expected
    assert loaded.batch([np.zeros((5, 7, 3), np.uint8)]).shape == (1, expected[1], expected[0], 3)


@pytest.mark.parametrize(
    ("shape", "image_size", "free", "said"),
    [
        ((32, 32, 3), None, False, None),
        ((None, None, 3), None, True, "it gets 224 x 224 pixels: with --image-size"),
        ((None, None, 3), 48, True, None),
        ((24, None, 3), None, False, "it gets 224 x 24 pixels"),
    ],
    ids=["fixed", "free", "free and asked", "half free"],
)
def test_a_model_of_any_size_is_known_as_one(shape, image_size, free, said, tmp_path, dataset):
    heard = []
    path = saved(classifier(shape=shape), tmp_path)
    loaded = load_classifier(path, dataset, image_size=image_size, listener=heard.append)
    assert loaded.any_size is free
    assert (loaded.at_scale(1.5).input_size == loaded.input_size) is not free
    about_size = [notice.text for notice in heard if "any size" in notice.text]
    assert len(about_size) == (said is not None)
    assert all(said in text for text in about_size)


def in_range(pixels, *first, units=2, activation="softmax"):
    """A model that only knows the two colors as they look in one range of pixels.

    It answers to the dim channels of the squares, a tenth of the range, by a hat made of three ramps;
    anything else leaves it at class 0.
    """
    ends = pixels.scale(np.array([[0] * 3, [255] * 3], np.float32))
    # A blue square is dim in red, and a red one in blue; some ranges have them the other way round.
    dim_channels = [2, 0] if pixels is PixelRange.CAFFE else [0, 2]
    low, top = ends[:, dim_channels]
    step, dim = 0.08 * (top - low), low + 0.1 * (top - low)
    kernel = np.zeros((1, 1, 3, 6), np.float32)
    kernel[0, 0, dim_channels[0], :3] = kernel[0, 0, dim_channels[1], 3:] = 1
    hat = np.zeros((1, 1, 6, 2), np.float32)
    hat[0, 0, :3, 0] = hat[0, 0, 3:, 1] = [1, -2, 1]
    model = keras.Sequential(
        [
            small_input(),
            *first,
            layers.Conv2D(6, 1, activation="relu", name="ramps"),
            layers.Conv2D(2, 1, activation="relu", use_bias=False, name="hats"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(units, activation=activation, use_bias=False, name="classes"),
        ]
    )
    ramps = -np.stack([dim - step, dim, dim + step], axis=1).ravel()
    model.get_layer("ramps").set_weights([kernel, ramps])
    model.get_layer("hats").set_weights([hat / step])
    # The logits of the squares are small, so that only a cut at 0 parts them.
    model.get_layer("classes").set_weights([np.array([[-5], [5]]) if units == 1 else 5 * np.eye(2)])
    return model


@pytest.mark.parametrize(
    ("units", "activation"), [(2, "softmax"), pytest.param(1, "sigmoid", marks=pytest.mark.slow), (1, None)], ids=str
)
@pytest.mark.parametrize("pixels", PixelRange, ids=lambda pixels: pixels.name)
def test_pixels_come_in_the_range_that_the_model_recognizes_images_in(pixels, units, activation, tmp_path, dataset):
    heard = []
    path = saved(in_range(pixels, units=units, activation=activation), tmp_path)
    loaded = load_classifier(path, dataset, listener=heard.append)
    assert loaded.pixel_range is pixels
    assert [notice.level for notice in heard] == [Level.INFO]
    assert f"of 6 images it recognizes 100% with pixels {pixels.value}" in heard[0].text


@pytest.mark.parametrize(
    ("unit", "torch", "expected"),
    [(0.88, 0.9, PixelRange.UNIT), (0.8, 0.9, PixelRange.TORCH), (0.98, 1.0, PixelRange.TORCH)],
    ids=["luck", "better", "all of them"],
)
def test_a_likelier_range_is_not_given_up_for_luck(unit, torch, expected, tmp_path, dataset, monkeypatch):
    shares = iter([unit, 0.1, 0.1, 0.1, torch])
    monkeypatch.setattr("annot_core.classifier.pixel_ranges._accuracy", lambda *given: next(shares))
    monkeypatch.setattr(
        "annot_core.classifier.pixel_ranges._sample", lambda *given: (np.zeros((48, 32, 32, 3), np.uint8), None)
    )
    assert load_classifier(usual(tmp_path), dataset).pixel_range is expected


@pytest.mark.parametrize("pixels", [PixelRange.BYTES, PixelRange.UNIT])
def test_normalization_alone_does_not_tell_the_range(pixels, tmp_path, dataset):
    model = in_range(pixels, layers.Normalization(mean=[0.0] * 3, variance=[1.0] * 3))
    assert load_classifier(saved(model, tmp_path), dataset).pixel_range is pixels


IMAGENET = keras.applications.imagenet_utils.preprocess_input
OPENINGS = {
    "over 255": (PixelRange.UNIT, lambda inputs: inputs / 255.0),
    "times": (PixelRange.UNIT, lambda inputs: keras.ops.multiply(inputs, 1 / 255)),
    "tf": (PixelRange.SIGNED, lambda inputs: IMAGENET(inputs, mode="tf")),
    "caffe": (PixelRange.CAFFE, lambda inputs: IMAGENET(inputs, mode="caffe")),
    "torch": (PixelRange.TORCH, lambda inputs: IMAGENET(inputs, mode="torch")),
}


@pytest.mark.parametrize(("behind", "opening"), OPENINGS.values(), ids=OPENINGS)
def test_a_model_that_begins_with_sums_of_its_own_gets_bytes(behind, opening, tmp_path, dataset):
    """As written in many a notebook: the preprocessing is operations of the graph, not a layer."""
    inputs = small_input()
    model = keras.Model(inputs, in_range(behind)(opening(inputs)))
    loaded = load_classifier(saved(model, tmp_path), dataset)
    assert loaded.pixel_range is PixelRange.BYTES
    pixels = np.rint(scene(red=(8, 4)) * 255).astype(np.uint8)
    maps = Heatmapper(loaded.model).heat(loaded.batch([pixels]), np.array([1])).maps
    assert maps[0, 8:16, 4:12].min() > 0.9
    assert maps[0].sum() == pytest.approx(64, abs=1)


@pytest.mark.parametrize("opening", [row[1] for row in OPENINGS.values()], ids=OPENINGS)
def test_sums_of_its_own_count_where_images_do_not_tell(opening, dataset, tmp_path):
    for image in dataset.images:
        image.path.write_bytes(b"")
    inputs = small_input()
    model = keras.Model(inputs, classifier()(opening(inputs)))
    assert find_pixel_range(model, ("blue", "red"), (32, 32), 3, dataset) is PixelRange.BYTES


def test_sums_that_begin_a_model_are_no_proof(tmp_path, dataset):
    inputs = small_input()
    model = keras.Model(inputs, in_range(PixelRange.SIGNED)(inputs * 2.0 - 1.0))
    assert load_classifier(saved(model, tmp_path), dataset).pixel_range is PixelRange.UNIT


def test_a_rescaling_of_small_pixels_is_no_proof(tmp_path, dataset):
    model = in_range(PixelRange.SIGNED, layers.Rescaling(2.0, offset=-1.0))
    assert load_classifier(saved(model, tmp_path), dataset).pixel_range is PixelRange.UNIT


KNOWN = {
    "VGG16": PixelRange.CAFFE,
    "ResNet50": PixelRange.CAFFE,
    "DenseNet121": PixelRange.TORCH,
    "ResNet50V2": PixelRange.SIGNED,
    "MobileNet": PixelRange.SIGNED,
    "MobileNetV2": PixelRange.SIGNED,
    "MobileNetV3Small": PixelRange.BYTES,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [pytest.param(*row, id=row[0], marks=() if row[0] == "VGG16" else pytest.mark.slow) for row in KNOWN.items()],
)
def test_where_images_do_not_tell_a_known_backbone_does(name, expected, tmp_path, dataset):
    for image in dataset.images:
        image.path.write_bytes(b"")
    backbone = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(64, 64, 3))
    model = keras.Sequential([keras.Input((64, 64, 3)), backbone, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    assert find_pixel_range(model, ("blue", "red"), (64, 64), 3, dataset) is expected


def test_a_model_that_rescales_by_itself_gets_bytes(tmp_path, dataset):
    heard = []
    model = keras.Sequential([small_input(), keras.Sequential([layers.Rescaling(1 / 255)]), *color_detector().layers])
    assert load_classifier(saved(model, tmp_path), dataset, listener=heard.append).pixel_range is PixelRange.BYTES
    assert not heard


@pytest.mark.parametrize(
    ("first", "expected"),
    [([], PixelRange.UNIT), ([layers.Normalization(mean=[0.0] * 3, variance=[1.0] * 3)], PixelRange.BYTES)],
    ids=["plain", "normalization"],
)
def test_where_every_range_does_the_usual_one_is_taken(first, expected, tmp_path, dataset):
    model = keras.Sequential([small_input(), *first, *color_detector().layers])
    assert load_classifier(saved(model, tmp_path), dataset).pixel_range is expected


def test_the_range_is_found_by_the_images_that_can_be_read(tmp_path, dataset):
    for image in dataset.images[1:-1]:
        image.path.write_bytes(b"")
    heard = []
    loaded = load_classifier(saved(in_range(PixelRange.SIGNED), tmp_path), dataset, listener=heard.append)
    assert loaded.pixel_range is PixelRange.SIGNED
    assert "of 2 images" in heard[0].text


def test_without_any_image_the_usual_range_is_taken(tmp_path, dataset):
    for image in dataset.images:
        image.path.write_bytes(b"")
    heard = []
    loaded = load_classifier(saved(in_range(PixelRange.SIGNED), tmp_path), dataset, listener=heard.append)
    assert loaded.pixel_range is PixelRange.UNIT
    assert not heard


def test_a_model_that_recognizes_little_gives_a_warning(tmp_path, dataset):
    (tmp_path / "classes.txt").write_text("cat\nred\nblue\n")
    model = keras.models.clone_model(classifier(3))
    *_, bias = model.get_weights()
    model.set_weights([*(0 * weight for weight in model.get_weights()[:-1]), 0 * bias + [1, 0, 0]])
    heard = []
    load_classifier(saved(model, tmp_path), dataset, listener=heard.append)
    assert heard[-1] == Notice(heard[-1].text, Level.WARNING)
    assert "found 0%: boxes will be poor; check the order of its classes" in heard[-1].text


def test_a_model_built_with_lists_is_probed_without_a_warning(tmp_path, dataset):
    inputs = small_input()
    model = weighted(keras.Model([inputs], [classes(pooled(stages(inputs)), 2)]))
    assert load_classifier(saved(model, tmp_path), dataset).classes == ("blue", "red")


def test_a_gray_model_gets_luma(tmp_path):
    for number in range(3):
        draw_scene(tmp_path / "photos" / "dark" / f"{number}.png", 0.1 * scene())
        draw_scene(tmp_path / "photos" / "light" / f"{number}.png", 1.8 * scene())
    model = keras.Sequential(
        [small_input(1), layers.Conv2D(1, 1), layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid")]
    )
    model.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1), np.full((1, 1), 10.0), np.array([-5.0])])
    loaded = load_classifier(saved(model, tmp_path), list_dataset(tmp_path / "photos"))
    assert (loaded.channels, loaded.pixel_range) == (1, PixelRange.UNIT)
    batch = loaded.batch([np.full((9, 9, 3), (255, 0, 0), np.uint8), np.full((9, 9, 3), 255, np.uint8)])
    assert batch.shape == (2, 32, 32, 1)
    np.testing.assert_allclose(batch[:, 0, 0, 0], [0.299, 1], atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3], ids=["gray", "color"])
@pytest.mark.parametrize(
    ("pixels", "expected"),
    [(PixelRange.BYTES, [0, 127.5, 255]), (PixelRange.UNIT, [0, 0.5, 1]), (PixelRange.SIGNED, [-1, 0, 1])],
    ids=["bytes", "unit", "signed"],
)
def test_a_range_is_reached_from_bytes(pixels, expected, channels):
    scaled = pixels.scale(np.repeat(np.array([[0], [127.5], [255]], np.float32), channels, axis=1))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, np.repeat(np.array(expected)[:, None], channels, axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("pixels", "mode"),
    [(PixelRange.SIGNED, "tf"), (PixelRange.CAFFE, "caffe"), (PixelRange.TORCH, "torch")],
    ids=["tf", "caffe", "torch"],
)
def test_a_range_is_that_of_the_applications_of_keras(pixels, mode):
    images = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)
    before = images.copy()
    scaled = pixels.scale(images)
    np.testing.assert_array_equal(images, before)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, IMAGENET(before.copy(), mode=mode), atol=1e-4)
