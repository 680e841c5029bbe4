"""Loading the user's own Keras model, and finding out how it wants its pictures."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annot_core.classifier.classifier import Classifier
from annot_core.classifier.pixel_ranges import find_pixel_range
from annot_core.classifier.runtime import start_keras
from annot_core.dataset import Dataset
from annot_core.errors import ModelError
from annot_core.progress import Listener, Notice, ignore

if TYPE_CHECKING:
    import keras

ENDINGS = (".keras", ".h5", ".hdf5")
CLASSES_FILE = "classes.txt"
FREE_SIZE_PX = 224
"""What a model of any size gets where nobody says: most networks in use were trained on such pictures."""


def load_classifier(
    path: Path,
    dataset: Dataset,
    *,
    classes: Path | None = None,
    trust_model: bool = False,
    image_size: int | None = None,
    listener: Listener = ignore,
) -> Classifier:
    """Load a Keras model and fit it to a data set.

    Args:
        path: a `.keras` or `.h5` file.
        dataset: the images that are to be annotated.
        classes: a file with one class a line, in the order of the model's outputs. None: `classes.txt`
            beside the model, else the sorted folder names.
        trust_model: run Python code that the file carries (Lambda layers).
        image_size: side of the square for a model that takes any size, in pixels; best the one that it was
            trained on. None: 224.
        listener: hears how the pictures are fed to the model.

    Raises:
        ModelError: the file is no model, carries code, or does not fit the data set.
    """
    model = load_model(path, trust_model=trust_model)
    names = _class_names(path, classes, dataset, _output_count(model))
    size, channels = _input_shape(model, image_size)
    if None in model.input_shape[1:3] and image_size is None:
        listener(
            Notice(
                f"the model takes pictures of any size; it gets {size[0]} x {size[1]} pixels: with --image-size you "
                "can name the size that it was trained on"
            )
        )
    pixel_range = find_pixel_range(model, names, size, channels, dataset, listener)
    return Classifier(
        model, names, size, channels, pixel_range, fingerprint(model), any_size=model.input_shape[1:3] == (None, None)
    )


def load_model(path: Path, *, trust_model: bool = False) -> keras.Model:
    """Load a Keras model file without its training configuration.

    Raises:
        ModelError: the file is missing, no model, or carries code and is not trusted.
    """
    if not path.is_file():
        raise ModelError(f"expected a Keras model file at {path}, found none; check --model")
    if path.suffix.lower() not in ENDINGS:
        raise ModelError(f"expected a model file that ends in .keras or .h5, found {path.name}; convert it with Keras")
    if not trust_model and _carries_code(path):
        raise ModelError(
            f"expected a model without code of its own, found a Lambda layer in {path.name}, which could run "
            "anything; if you know who made the file, add --trust-model"
        )
    start_keras()
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=not trust_model)
    except Exception as error:  # Keras raises ValueError, TypeError, OSError, KeyError and others here
        raise ModelError(
            f"expected a Keras model in {path.name}, found a file that Keras cannot load: {_first_line(error)}; "
            f"save it again with Keras {keras.__version__}"
        ) from error
    return model


def fingerprint(model: keras.Model) -> str:
    """Return a hash of a model's structure and weights: 40 hex digits."""
    digest = hashlib.blake2b(model.to_json().encode(), digest_size=20)
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__


def _carries_code(path: Path) -> bool:
    """Tell whether a model file's configuration holds serialized Python code."""
    return _has_code(_configuration(path))


def _configuration(path: Path) -> Any:
    """The configuration in a model file, or None where it cannot be read: loading will say why."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        import h5py

        with h5py.File(path) as file:
            return json.loads(file.attrs["model_config"])
    except Exception:  # whatever a damaged file makes zip, HDF5 and JSON readers say
        return None


def _has_code(node: Any) -> bool:
    if isinstance(node, dict):
        # The first is Keras 3's mark; files of Keras 2 say so in the layer.
        if node.get("class_name") == "__lambda__" or node.get("function_type") == "lambda":
            return True
        return any(_has_code(value) for value in node.values())
    return isinstance(node, list) and any(_has_code(item) for item in node)


def _output_count(model: keras.Model) -> int:
    shape = tuple(getattr(model, "output_shape", ()))
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise ModelError(f"expected a classifier with one output (N, classes), found output shape {shape}")
    return shape[1]


def _class_names(path: Path, given: Path | None, dataset: Dataset, outputs: int) -> tuple[str, ...]:
    """The class of each output; one output stands for two classes."""
    known = 2 if outputs == 1 else outputs
    listed = given or path.parent / CLASSES_FILE
    needed = tuple(name for name in dataset.classes if name not in dataset.background)
    if given is not None or listed.is_file():
        names, origin = _read_classes(listed), str(listed)
    else:
        # A model need not know the folder of images without an object.
        names, origin = (needed if len(needed) == known else dataset.classes), "the data set's folders"
    if len(names) != known:
        raise ModelError(
            f"expected a model with {len(names)} outputs, for the classes of {origin} ({', '.join(names)}), found "
            f"{outputs}; name the classes of its outputs, one a line, with --classes FILE"
        )
    unknown = [name for name in needed if name not in names]
    if unknown:
        raise ModelError(
            f"expected every class folder among the model's classes from {origin}, found no {', '.join(unknown)}; "
            "rename the folders, or correct the list with --classes FILE"
        )
    return names


def _read_classes(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"expected a text file with one class a line at {path}, found: {error}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if len(set(names)) != len(names):
        raise ModelError(f"expected every class once in {path}, found some twice; remove the second ones")
    return names


def _input_shape(model: keras.Model, image_size: int | None) -> tuple[tuple[int, int], int]:
    """The (width, height) and the channels of the pictures that a model takes."""
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] not in (1, 3):
        raise ModelError(
            f"expected a model with one input of pictures (N, height, width, 1 or 3), found input shape {shape}"
        )
    free = image_size or FREE_SIZE_PX
    return (shape[2] or free, shape[1] or free), shape[3]
