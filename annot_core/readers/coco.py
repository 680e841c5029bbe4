"""COCO: a JSON file with images, annotations and categories (https://cocodataset.org/#format-data)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from annot_core.errors import UsageError
from annot_core.file_kinds import ending, readable
from annot_core.readers.coco_json import CocoFile, Entry, Row, read_coco
from annot_core.readers.contract import ReadDataset, ReadImage, ReadObject
from annot_core.readers.coordinates import Convention
from annot_core.readers.file_listing import FileListing, without_ending
from annot_core.readers.findings import Finding, Kind, TakeFinding

_FOLDER: Final = "annotations"
_PEEK_BYTES: Final = 1 << 16
_KEYS: Final = re.compile(rb'"(images|annotations|categories|file_name|image_id|category_id|bbox)"\s*:')
_FIRST: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\{")
_PREFIX: Final = "instances_"


class CocoReader:
    """Reads `annotations/*.json`, JSON files beside the images, or the one that is named."""

    name: Final = "coco"

    def recognizes(self, path: Path) -> bool:
        """Tell by the names in a JSON file's beginning and end; see `Reader.recognizes`."""
        if path.is_file():
            return ending(path.name) == ".json"
        return any(_is_coco(path / one) for one in FileListing(path).ending_in(".json"))

    def read(self, path: Path) -> ReadDataset:
        """Read all files, or the one that is named; see `Reader.read`."""
        path = path.absolute()
        folder = path.parent if path.is_file() else path
        root = folder.parent if folder.name == _FOLDER else folder
        files = FileListing(root)
        chosen = [path.relative_to(root).as_posix()] if path.is_file() else _chosen(files)
        if not chosen:
            raise UsageError(f"expected a COCO file, with images and annotations, in {readable(root)}, found none")
        findings: list[Finding] = []
        images: list[ReadImage] = []
        classes: dict[str, None] = {}
        for one in chosen:
            said = read_coco(root, one, findings.append)
            classes.update(dict.fromkeys(said.categories.values()))
            images.extend(_images(files, one, said, findings.append))
        images.extend(_bare(files, images) if not path.is_file() else ())
        return ReadDataset(
            format=self.name,
            root=root,
            classes=tuple(classes),
            listed_in=chosen[0],
            lists=tuple(map(_set_name, chosen)),
            images=tuple(sorted(images, key=lambda image: (image.name, image.annotation))),
            findings=tuple(findings),
        )


def _chosen(files: FileListing) -> list[str]:
    """Return the files to read: where some are called `instances_`, those beside them tell of the same images."""
    found = [path for path in files.ending_in(".json") if _is_coco(files.root / path)]
    instances = [path for path in found if path.rpartition("/")[2].startswith(_PREFIX)]
    return instances or found


def _is_coco(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(_PEEK_BYTES)
            if not _FIRST.match(head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")):
                return False
            stream.seek(max(len(head), path.stat().st_size - _PEEK_BYTES))
            seen = (head + b" " + stream.read(_PEEK_BYTES)).replace(b"\0", b"")
    except OSError:
        # What should be one and cannot be read is to be told, not passed over.
        return path.parent.name == _FOLDER or path.name.startswith(_PREFIX)
    return len(set(_KEYS.findall(seen))) > 1


def _set_name(path: str) -> str:
    """Return what a file's set is called: its name, or that of its folder where all are called the same."""
    folder, _, name = path.rpartition("/")
    stem = without_ending(name)
    if stem.startswith("_annotations"):
        return folder.rpartition("/")[2] or stem
    return stem.removeprefix(_PREFIX)


@dataclass(frozen=True, slots=True)
class _Home:
    """Where the images of a file are looked for: folders relative to the root, each with its slash."""

    folders: tuple[str, ...]

    @classmethod
    def of(cls, path: str) -> _Home:
        folder = path.rpartition("/")[0]
        name = _set_name(path)
        here = f"{folder}/" if folder else ""
        inner = ("", "images/", f"{name}/", f"images/{name}/", f"{name}/images/", "JPEGImages/")
        return cls(tuple(dict.fromkeys([*(here + one for one in inner), *inner])))

    def find(self, files: FileListing, file_name: str) -> str | None:
        """Return the path of the image with this name, None where it is not there."""
        plain = file_name.replace("\\", "/").removeprefix("./")
        for folder in self.folders:
            if folder + plain in files:
                return folder + plain
        return files.image_anywhere(plain.rpartition("/")[2])


def _images(files: FileListing, path: str, said: CocoFile, found: TakeFinding) -> Iterator[ReadImage]:
    """Put the rows of a file to the entries of its images."""
    rows: dict[str, list[Row]] = {}
    for row in said.rows:
        if row.image in said.entries:
            rows.setdefault(row.image, []).append(row)
        else:
            found(Finding(Kind.UNKNOWN_IMAGE, path, "the id of an image", row.image, element=row.element))
    home, name = _Home.of(path), _set_name(path)
    names: dict[str, Entry] = {}
    for image, entry in said.entries.items():
        file = home.find(files, entry.file_name)
        before = names.setdefault(file or entry.file_name, entry)
        if before is not entry:
            stated = f"{entry.file_name}, as in {before.element}"
            found(Finding(Kind.DUPLICATE_NAME, path, "a file name of its own", stated, element=entry.element))
        own = rows.get(image, [])
        yield ReadImage(
            name=file or entry.file_name.replace("\\", "/"),
            image_id=without_ending(entry.file_name.replace("\\", "/").rpartition("/")[2]),
            path=None if file is None else files.root / file,
            annotation=path,
            stated_size=entry.size,
            objects=tuple(_object(row, said) for row in own if row.numbers is not None),
            # What an unreadable rest of the file would have said is not known of any image.
            is_whole=said.is_whole and all(row.numbers is not None for row in own),
            sets=(name,),
            element=entry.element,
        )


def _object(row: Row, said: CocoFile) -> ReadObject:
    assert row.numbers is not None
    name = said.categories.get(row.category, "")
    return ReadObject(name, row.numbers, Convention.COCO, 0, row.element, None if name else row.category_number)


def _bare(files: FileListing, images: list[ReadImage]) -> Iterator[ReadImage]:
    """Yield the images that lie beside annotated ones and are in no file."""
    taken = {image.name for image in images if image.path is not None}
    folders = {name.rpartition("/")[0] for name in taken}
    for path in files.images:
        if path not in taken and path.rpartition("/")[0] in folders:
            yield ReadImage(path, without_ending(path.rpartition("/")[2]), files.root / path, "")
