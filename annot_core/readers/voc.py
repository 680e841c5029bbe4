"""Pascal VOC: an XML file for each image, as the development kit, labelImg, CVAT and others write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from annot_core.errors import UsageError
from annot_core.file_kinds import ending, readable
from annot_core.readers.class_lists import LABELMAP, PLAIN_LISTS, first_class_list
from annot_core.readers.contract import ReadDataset, ReadImage
from annot_core.readers.file_listing import FileListing, without_ending
from annot_core.readers.findings import Finding, Kind, TakeFinding
from annot_core.readers.texts import read_lines
from annot_core.readers.voc_xml import read_annotation

ANNOTATIONS: Final = "Annotations"
IMAGES: Final = "JPEGImages"
SETS: Final = ("ImageSets/Main", "ImageSets")
_MOST_OPENED: Final = 20
_PEEK_BYTES: Final = 2000
_PRESENCE: Final = frozenset({"-1", "0", "1"})


class VocReader:
    """Reads `Annotations/`, `JPEGImages/` and `ImageSets/Main/`, or a folder of XML files with images beside."""

    name: Final = "voc"

    def recognizes(self, path: Path) -> bool:
        """Tell by an XML file in `Annotations`, or one that begins as VOC's; see `Reader.recognizes`."""
        if path.is_file():
            return ending(path.name) == ".xml"
        found = FileListing(path).ending_in(".xml")
        is_in_place = path.name == ANNOTATIONS or any(one.startswith(f"{ANNOTATIONS}/") for one in found)
        return (is_in_place and bool(found)) or any(_begins_as_voc(path / one) for one in found[:_MOST_OPENED])

    def read(self, path: Path) -> ReadDataset:
        """Read all XML files, or the one that is named; see `Reader.read`."""
        return _Reading(path.absolute()).dataset()


class _Reading:
    """One data set while it is read."""

    def __init__(self, path: Path) -> None:
        folder = path.parent if path.is_file() else path
        self.root = folder.parent if folder.name == ANNOTATIONS else folder
        self.files = FileListing(self.root)
        self.findings: list[Finding] = []
        self.is_voc_layout = any(one.startswith(f"{ANNOTATIONS}/") for one in self.files.paths)
        self.found: TakeFinding = self.findings.append
        if path.is_file():
            self.xml: tuple[str, ...] = (path.relative_to(self.root).as_posix(),)
        else:
            self.xml = tuple(filter(self._is_in_place, self.files.ending_in(".xml")))
        self.is_whole_set = not path.is_file()
        if not self.xml:
            raise UsageError(f"expected XML files in {readable(self.root / ANNOTATIONS)}, found none; check the path")

    def dataset(self) -> ReadDataset:
        """Read everything."""
        images = [self._image(path) for path in self.xml]
        classes, listed_in = self._classes()
        lists: dict[str, set[str]] = {}
        if self.is_whole_set:
            taken = {image.name for image in images}
            images.extend(_bare(self.root, path) for path in self._images_of_the_set() if path not in taken)
            # Of several images with one id the lists mean the first, which has the annotation if any has.
            meant = {self._id(image): image for image in reversed(images)}
            lists = self._lists(meant)
            images = [
                replace(image, sets=_sets_of(self._id(image), lists)) if meant[self._id(image)] is image else image
                for image in images
            ]
        return ReadDataset(
            format=VocReader.name,
            root=self.root,
            classes=classes if listed_in else None,
            listed_in=listed_in,
            lists=tuple(lists),
            images=tuple(sorted(images, key=lambda image: (image.name, image.annotation))),
            findings=tuple(self.findings),
        )

    def _is_in_place(self, path: str) -> bool:
        return not self.is_voc_layout or path.startswith(f"{ANNOTATIONS}/")

    def _images_of_the_set(self) -> list[str]:
        inside = [path for path in self.files.images if path.startswith(f"{IMAGES}/")]
        return inside or ([] if self.is_voc_layout else list(self.files.images))

    def _id(self, image: ReadImage) -> str:
        """Return what lists call an image: the path of its XML file, or of itself, without folder and ending."""
        if image.annotation:
            return without_ending(image.annotation.removeprefix(f"{ANNOTATIONS}/"))
        return without_ending(image.name.removeprefix(f"{IMAGES}/"))

    def _image(self, path: str) -> ReadImage:
        """Read one XML file and find its image."""
        image_id = without_ending(path.removeprefix(f"{ANNOTATIONS}/"))
        said = read_annotation(self.root, path, self.found)
        file = self._file(path, image_id, said.file_name)
        if file is None:
            name = said.file_name or f"{image_id}.jpg"
            name = f"{IMAGES}/{name}" if self.is_voc_layout else name
        else:
            name = file
            stated = said.file_name
            if stated and stated.replace("\\", "/").rpartition("/")[2] != name.rpartition("/")[2]:
                self.found(Finding(Kind.FILE_NAME, path, f"filename {name.rpartition('/')[2]}", stated))
        return ReadImage(
            name=name,
            image_id=image_id.rpartition("/")[2],
            path=None if file is None else self.root / file,
            annotation=path,
            stated_size=said.size,
            objects=said.objects,
            is_whole=said.is_whole,
        )

    def _file(self, xml: str, image_id: str, file_name: str) -> str | None:
        """Return the image that an XML file is of: by id as VOC has it, else by the name in it."""
        for stem in (f"{IMAGES}/{image_id}", without_ending(xml)):
            called = self.files.images_called(stem)
            if called:
                named = [path for path in called if path.rpartition("/")[2] == file_name]
                return (named or called)[0]
        last = file_name.replace("\\", "/").rpartition("/")[2]
        for path in (f"{IMAGES}/{last}", f"{xml.rpartition('/')[0]}/{last}"):
            if last and path in self.files:
                return path
        anywhere = self.files.image_anywhere(last) if last else None
        return anywhere or self.files.image_with_stem_anywhere(image_id.rpartition("/")[2])

    def _classes(self) -> tuple[tuple[str, ...], str]:
        return first_class_list(self.files, (*PLAIN_LISTS, f"{ANNOTATIONS}/classes.txt", LABELMAP), self.found)

    def _lists(self, images: dict[str, ReadImage]) -> dict[str, set[str]]:
        """Read the lists of ids; those that say for each image whether it has a class are no sets."""
        folder = next((one for one in SETS if any(path.startswith(f"{one}/") for path in self.files.paths)), "")
        paths = [
            path
            for path in self.files.ending_in(".txt")
            if folder and path.rpartition("/")[0] == folder and not self._is_of_a_class(path)
        ]
        lists = {}
        for path in paths:
            ids: dict[str, int] = {}
            for line, image_id in read_lines(self.root, path, self.found):
                self._check_listed(path, line, image_id, ids, images)
                ids.setdefault(image_id, line)
            lists[without_ending(path.rpartition("/")[2])] = set(ids)
        return lists

    def _is_of_a_class(self, path: str) -> bool:
        """Tell whether a list is one of VOC's `<class>_<set>.txt`, with an id and -1, 0 or 1 in a line."""
        folder, _, name = path.rpartition("/")
        rows = list(self._rows(path))
        return (
            f"{folder}/{name.rpartition('_')[2]}" in self.files
            and bool(rows)
            and all(len(row) > 1 and row[-1] in _PRESENCE for row in rows)
        )

    def _rows(self, path: str) -> Iterator[list[str]]:
        if "_" in path.rpartition("/")[2]:
            for _, line in read_lines(self.root, path, lambda finding: None):
                yield line.split()

    def _check_listed(
        self, path: str, line: int, image_id: str, before: dict[str, int], images: dict[str, ReadImage]
    ) -> None:
        if image_id in before:
            self.found(
                Finding(Kind.LISTED_TWICE, path, "each id once", f"{image_id} as in line {before[image_id]}", line)
            )
        image = images.get(image_id)
        if image is None:
            self.found(Finding(Kind.NOT_THERE, path, f"{ANNOTATIONS}/{image_id}.xml", "no such file", line))
        elif not image.annotation:
            self.found(
                Finding(Kind.NOT_THERE, path, f"{ANNOTATIONS}/{image_id}.xml", "an image without an XML file", line)
            )


def _sets_of(image_id: str, lists: dict[str, set[str]]) -> tuple[str, ...]:
    return tuple(name for name, ids in lists.items() if image_id in ids)


def _begins_as_voc(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return b"<annotation" in stream.read(_PEEK_BYTES).replace(b"\0", b"")
    except OSError:
        return False


def _bare(root: Path, path: str) -> ReadImage:
    """Return an image without an annotation."""
    return ReadImage(path, without_ending(path.rpartition("/")[2]), root / path, "")
