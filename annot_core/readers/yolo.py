"""YOLO: a text file for each image, in the layouts of Ultralytics, Roboflow, CVAT, darknet and labelImg."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from annot_core.errors import UsageError
from annot_core.file_kinds import ending, readable
from annot_core.readers.class_lists import LABELMAP, PLAIN_LISTS
from annot_core.readers.contract import ReadDataset, ReadImage, ReadObject
from annot_core.readers.file_listing import FileListing, without_ending
from annot_core.readers.findings import Finding, TakeFinding
from annot_core.readers.texts import read_lines
from annot_core.readers.yolo_config import LISTS, SETS, YAML_ENDINGS, Config, read_config, root_of_yaml, yaml_of
from annot_core.readers.yolo_rows import read_rows, row_numbers

_LABELS: Final = "labels"
_IMAGES: Final = "images"
_DARKNET: Final = "obj.data"
_DARKNET_FOLDERS: Final = ("obj_train_data", "obj_valid_data", "obj_test_data")
_NO_LABELS: Final = frozenset({*PLAIN_LISTS, *LISTS, LABELMAP})


class YoloReader:
    """Reads `labels/`, or label files beside their images, with the classes of `data.yaml` or a list."""

    name: Final = "yolo"

    def recognizes(self, path: Path) -> bool:
        """Tell by a `data.yaml`, a folder `labels`, or rows beside an image; see `Reader.recognizes`."""
        if path.is_file():
            return ending(path.name) in (*YAML_ENDINGS, ".data")
        files = FileListing(path)
        if _DARKNET in files or yaml_of(files):
            return True
        texts = [one for one in files.ending_in(".txt") if one.rpartition("/")[2] not in _NO_LABELS]
        if any(_is_label_folder(one) for one in texts) or (path.name == _LABELS and texts):
            return True
        return any(files.images_called(without_ending(one)) and _has_rows(path, one) for one in texts)

    def read(self, path: Path) -> ReadDataset:
        """Read all label files; see `Reader.read`."""
        path = path.absolute()
        if path.is_file():
            root = root_of_yaml(path) if ending(path.name) in YAML_ENDINGS else path.parent
        else:
            root = path.parent if path.name == _LABELS else path
        files = FileListing(root)
        is_yaml = path.is_file() and ending(path.name) in YAML_ENDINGS
        described_in = os.path.relpath(path, root).replace(os.sep, "/") if is_yaml else yaml_of(files)
        findings: list[Finding] = []
        config = read_config(files, described_in, findings.append)
        images = tuple(_images(files, config, findings.append))
        if not images:
            raise UsageError(f"expected images and label files in {readable(root)}, found none; check the path")
        return ReadDataset(
            format=self.name,
            root=root,
            classes=config.classes,
            listed_in=config.listed_in,
            lists=tuple(config.sets),
            images=tuple(sorted(images, key=lambda image: (image.name, image.annotation))),
            findings=tuple(findings),
        )


def label_of(image: str) -> str:
    """Return where the label file of an image belongs: in `labels` where the image lies in `images`."""
    head, middle, tail = f"/{without_ending(image)}.txt".rpartition(f"/{_IMAGES}/")
    return f"{head}/{_LABELS}/{tail}"[1:] if middle else tail[1:]


def _images(files: FileListing, config: Config, found: TakeFinding) -> Iterator[ReadImage]:
    """Yield the images that are listed or lie in the folder, then label files without one."""
    sets: dict[str, list[str]] = {}
    for name, paths in config.sets.items():
        for path in paths:
            sets.setdefault(path, []).append(name)
    labels = {image: _label(files, image) for image in dict.fromkeys([*sets, *files.images])}
    taken = set(labels.values())
    homes = {_home(path) for path in taken.union(filter(_is_label_folder, files.ending_in(".txt"))) if path}
    for image, label in labels.items():
        # A picture that lies about, in a README say, or is of another data set in the folder is none of these.
        if label is not None or image in sets or _home(label_of(image)) in homes:
            names = tuple(sets.get(image, ())) or _set_by_folder(image, config)
            yield _read(files, config, image, label or "", names, found)
    folders = {image.rpartition("/")[0] for image in files.images}
    for label in files.ending_in(".txt"):
        if label not in taken and _is_label(files.root, label, folders):
            stem = without_ending(label)
            head, middle, tail = f"/{stem}".rpartition(f"/{_LABELS}/")
            image = f"{head}/{_IMAGES}/{tail}"[1:] if middle else stem
            yield _read(files, config, f"{image}.jpg", label, _set_by_folder(image, config), found)


def _read(
    files: FileListing, config: Config, image: str, label: str, sets: tuple[str, ...], found: TakeFinding
) -> ReadImage:
    objects, is_whole = _rows(files, config, label, found) if label else ((), True)
    path = files.root / image
    return ReadImage(
        name=image,
        image_id=without_ending(image.rpartition("/")[2]),
        path=path if image in files or (image.startswith("../") and path.is_file()) else None,
        annotation=label,
        objects=objects,
        is_whole=is_whole,
        sets=sets,
    )


def _rows(files: FileListing, config: Config, label: str, found: TakeFinding) -> tuple[tuple[ReadObject, ...], bool]:
    return read_rows(files.root, label, config.classes or (), config.keypoints, found)


def _label(files: FileListing, image: str) -> str | None:
    """Return an image's label file, where it belongs or beside the image; None where there is none."""
    for label in dict.fromkeys((label_of(image), f"{without_ending(image)}.txt")):
        if label in files or (label.startswith("../") and (files.root / label).is_file()):
            return label
    return None


def _is_label(root: Path, path: str, image_folders: Collection[str]) -> bool:
    """Tell whether a text file without an image is a label file: by its folder, or by rows where images are."""
    if path.rpartition("/")[2] in _NO_LABELS:
        return False
    return _is_label_folder(path) or (path.rpartition("/")[0] in image_folders and _has_rows(root, path))


def _home(label: str) -> str:
    """Return the folder that a label file shares with others: `labels` with all in it, else its own."""
    head, middle, _ = f"/{label}".rpartition(f"/{_LABELS}/")
    return head + middle if middle else f"/{label}".rpartition("/")[0]


def _is_label_folder(path: str) -> bool:
    return _is_in(path, _LABELS, *_DARKNET_FOLDERS)


def _is_in(path: str, *folders: str) -> bool:
    return any(part in folders for part in path.split("/")[:-1])


def _has_rows(root: Path, path: str) -> bool:
    """Tell whether the first line of a text is a row of a label file."""
    for _, line in read_lines(root, path, lambda finding: None):
        words = line.split()
        return words[0].isdecimal() and row_numbers(words) is not None
    return False


def _set_by_folder(image: str, config: Config) -> tuple[str, ...]:
    """Return the set that an image's folder names, where nothing else says one: `images/train`, `train/images`."""
    if config.sets:
        return ()
    return tuple(part for part in image.split("/")[:-1] if part in SETS)[-1:]
