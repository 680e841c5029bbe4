"""What a YOLO data set says of itself: classes and sets, in `data.yaml`, `obj.data` or plain lists."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from annot_core.readers.class_lists import PLAIN_LISTS, first_class_list
from annot_core.readers.data_yaml import Value, YamlError, parse_yaml
from annot_core.readers.file_listing import FileListing
from annot_core.readers.findings import Finding, Kind, TakeFinding
from annot_core.readers.texts import read_lines, read_text, unreadable

YAML_ENDINGS: Final = (".yaml", ".yml")
SETS: Final = ("train", "val", "valid", "test")
LISTS: Final = tuple(f"{name}.txt" for name in SETS)
_SAYS_DATASET: Final = re.compile(r"^(?:names|train)\s*:", re.MULTILINE)
_NOTHING: Final = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Config:
    """What was said: `sets` has the paths of images, relative to the root, and `keypoints` numbers behind a box."""

    classes: tuple[str, ...] | None = None
    listed_in: str = ""
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keypoints: int = 0


def yaml_of(files: FileListing) -> str:
    """Return the YAML file that describes the data set, empty where there is none."""
    candidates = [path for path in files.ending_in(*YAML_ENDINGS) if "/" not in path]
    for path in sorted(candidates, key=lambda path: (not path.startswith("data"), path)):
        text = read_text(files.root, path, lambda finding: None)
        if text is not None and _SAYS_DATASET.search(text):
            return path
    return ""


def root_of_yaml(path: Path) -> Path:
    """Return the folder of the data set that a YAML file describes: its `path` where that is there, else its own."""
    text = read_text(path.parent, path.name, lambda finding: None)
    try:
        stated = parse_yaml(text or "").get("path", "")
    except YamlError:
        return path.parent
    folder = path.parent / stated if isinstance(stated, str) and stated not in _NOTHING else path.parent
    return Path(os.path.normpath(folder)) if _is_there(folder, Path.is_dir) else path.parent


def read_config(files: FileListing, path: str, found: TakeFinding) -> Config:
    """Read what the data set says of itself.

    Args:
        files: the data set's files.
        path: its YAML file, relative to the root; empty where there is none.
        found: hears of everything that is not as it should be.
    """
    if path:
        return _read_yaml(files, path, found)
    data = "obj.data"
    said = dict(_pairs(files, data, found)) if data in files else {}
    names = said.get("names", "").rpartition("/")[2]
    names_files = (names, *PLAIN_LISTS, "labels/classes.txt", "obj_train_data/classes.txt")
    classes, listed_in = first_class_list(files, names_files, found)
    lists = {name: f"{name}.txt" for name in SETS} | {
        name: said[name].rpartition("/")[2] for name in SETS if name in said
    }
    sets = {name: _listed(files, one, "", found) for name, one in lists.items() if one in files}
    return Config(classes if listed_in else None, listed_in, sets)


def _pairs(files: FileListing, path: str, found: TakeFinding) -> Iterator[tuple[str, str]]:
    for _, line in read_lines(files.root, path, found):
        key, equals, value = line.partition("=")
        if equals:
            yield key.strip(), value.strip()


def _read_yaml(files: FileListing, path: str, found: TakeFinding) -> Config:
    text = read_text(files.root, path, found)
    try:
        said = parse_yaml(text or "")
    except YamlError as error:
        found(unreadable(path, "a map with names, train and val", error, error.line))
        return Config(listed_in=path)
    classes = _names(said, path, found)
    sets: dict[str, tuple[str, ...]] = {
        name: tuple(one for entry in _texts(said[name]) for one in _entry(files, path, entry, found))
        for name in SETS
        if name in said
    }
    return Config(classes, path if classes is not None else "", sets, _keypoints(said))


def _names(said: Mapping[str, Value], path: str, found: TakeFinding) -> tuple[str, ...] | None:
    """Return the names by number; a number that is left out has none."""
    stated = said.get("names")
    if isinstance(stated, dict):
        by_number = {int(key): str(name) for key, name in stated.items() if key.isdecimal()}
        most = max(by_number, default=-1) + 1
        # A number with many digits must not cost memory.
        names = tuple(by_number.get(number, "") for number in range(min(most, 100_000)))
    elif isinstance(stated, list):
        names = tuple(map(str, stated))
    else:
        names = None
    count = said.get("nc")
    if names is not None and isinstance(count, str) and count not in _NOTHING and count != str(len(names)):
        found(Finding(Kind.CLASS_COUNT, path, f"nc: {len(names)}, as there are names", f"nc: {count}"))
    return names


def _keypoints(said: Mapping[str, Value]) -> int:
    """Return how many numbers follow each box: the product of `kpt_shape`."""
    shape = said.get("kpt_shape", [])
    sides = [int(one) for one in shape if isinstance(one, str) and one.isdecimal()] if isinstance(shape, list) else []
    return math.prod(sides) if sides else 0


def _texts(value: Value) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one not in _NOTHING]


def _entry(files: FileListing, path: str, entry: str, found: TakeFinding) -> Iterator[str]:
    """Yield the images of an entry of `train`, `val` or `test`: a folder, or a list of images."""
    plain = entry.replace("\\", "/")
    # Roboflow writes `../train/images` for what lies beside the file.
    for candidate in (plain, plain.removeprefix("../"), f"{path.rpartition('/')[0] or '.'}/{plain}"):
        place = files.root / candidate
        relative = os.path.normpath(os.path.relpath(place, files.root)).replace(os.sep, "/")
        if _is_there(place, Path.is_dir):
            yield from _images_in(files, relative)
            return
        if _is_there(place, Path.is_file):
            yield from _listed(files, relative, relative.rpartition("/")[0], found)
            return
    found(Finding(Kind.NOT_THERE, path, f"a folder or list {entry}", "nothing there"))


def _images_in(files: FileListing, folder: str) -> Iterator[str]:
    if folder == ".":
        yield from files.images
    elif folder.startswith("../") or folder == "..":
        yield from (f"{folder}/{one}" for one in FileListing(files.root / folder).images)
    else:
        yield from (one for one in files.images if one.startswith(f"{folder}/"))


def _listed(files: FileListing, path: str, folder: str, found: TakeFinding) -> tuple[str, ...]:
    """Return the images that a list names, by paths relative to the list, to the root or to somewhere above it."""
    images: dict[str, int] = {}
    for line, stated in read_lines(files.root, path, found):
        image = _image(files, stated.replace("\\", "/"), folder)
        if image is None:
            found(Finding(Kind.NOT_THERE, path, "an image that is there", stated, line))
        elif image in images:
            found(Finding(Kind.LISTED_TWICE, path, "each image once", f"{stated} as in line {images[image]}", line))
        else:
            images[image] = line
    return tuple(images)


def _image(files: FileListing, stated: str, folder: str) -> str | None:
    plain = stated.removeprefix("./")
    if plain.startswith("/"):
        relative = os.path.relpath(plain, files.root).replace(os.sep, "/")
        if relative in files or _is_there(Path(plain), Path.is_file):
            return relative
    words = plain.strip("/").split("/")
    inner = f"{folder}/{plain}" if folder else plain
    # A list that was written elsewhere names folders above the data set, as `data/obj_train_data/a.jpg`.
    shorter = ("/".join(words[first:]) for first in range(len(words)))
    return next((one for one in (inner, *shorter) if one in files), None)


def _is_there(path: Path, test: Callable[[Path], bool]) -> bool:
    try:
        return test(path)
    except (OSError, ValueError):
        return False
