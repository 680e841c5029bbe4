"""Reading true boxes: what a person or a data set says is right."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree

from annot_core.errors import UsageError
from annot_core.export.coordinates import from_one_based, from_zero_based
from annot_core.geometry import Box

_EDGES: Final = ("xmin", "ymin", "xmax", "ymax")
_ANNOTATIONS: Final = "Annotations"

Edges = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Truth:
    """True boxes by image, in our convention.

    A key of `boxes` is a path relative to the data set (from a CSV file) or an id (from VOC files); an
    image that is known to hold no object has no boxes.
    """

    boxes: Mapping[str, tuple[Box, ...]]
    _key_by_stem: Mapping[str, str | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_stem: dict[str, str | None] = {}
        for key in self.boxes:
            stem = file_stem(key)
            by_stem[stem] = None if stem in by_stem else key
        object.__setattr__(self, "_key_by_stem", by_stem)

    def match(self, source: str, image_id: str, *, by_stem: bool = True) -> tuple[Box, ...]:
        """Return the true boxes of an image; none where nothing is known of it.

        The source is looked up first, then its file name without folder and ending (unless several
        keys have that name), then the id.

        Args:
            source: the image's path relative to the data set.
            image_id: the image's id in an output folder.
            by_stem: False where other images have the same file name, so that it says nothing.
        """
        key: str | None = source
        if source not in self.boxes:
            key = self._key_by_stem.get(file_stem(source)) if by_stem else None
        return self.boxes.get(image_id if key is None else key, ())


def file_stem(key: str) -> str:
    """Return a key's file name without its folder and its ending."""
    name = key.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def read_truth(path: Path) -> Truth:
    """Read true boxes from a CSV file, a folder of Pascal VOC XML files, or a VOC data set.

    A CSV file has the columns file, xmin, ymin, xmax and ymax (more are ignored) and a row for each box,
    inclusive pixels as integers; in the row of an image without an object these are empty. They count from
    0 if any number in the file is 0, else from 1: nothing in such a file says which, but of real boxes some
    begin at the border. VOC counts from 1.

    Args:
        path: a `.csv` file; a folder with `.xml` files, or with a folder `Annotations` that has them.

    Raises:
        UsageError: there is no such file, or something in it is not as it should be.
    """
    if path.is_dir():
        return _read_voc(path)
    if not path.is_file():
        raise UsageError(f"expected a CSV file or a folder of VOC XML files, found nothing at {path}")
    return _read_csv(path)


def _read_csv(path: Path) -> Truth:
    """Read the rows; surrogate escapes stand for bytes that are no text, as in an image's source."""
    rows: list[tuple[str, Edges | None]] = []
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows.extend(_csv_rows(path, csv.DictReader(file)))
    except (OSError, csv.Error) as error:
        raise UsageError(f"expected a CSV file of boxes in {path}, but: {error}") from error
    counted_from_0 = any(0 in edges for _, edges in rows if edges is not None)
    to_box = from_zero_based if counted_from_0 else from_one_based
    boxes: dict[str, list[Box]] = {}
    for key, edges in rows:
        boxes.setdefault(key, []).extend([] if edges is None else [to_box(*edges)])
    return Truth({key: tuple(listed) for key, listed in boxes.items()})


def _csv_rows(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[str, Edges | None]]:
    """Yield each row's key and inclusive edges, None where there is no box."""
    columns = [name.strip() for name in reader.fieldnames or []]
    reader.fieldnames = columns
    missing = [name for name in ("file", *_EDGES) if name not in columns]
    if missing:
        raise UsageError(
            f"expected a header with file,label,xmin,ymin,xmax,ymax in {path};"
            f" found {','.join(columns) or 'nothing'}: add {', '.join(missing)}"
        )
    for row in reader:
        where = f"row {reader.line_num} of {path}"
        key = (row["file"] or "").removeprefix("./")
        if not key:
            raise UsageError(f"expected the path of an image in column file of {where}, found none")
        texts = {name: row[name] for name in _EDGES}
        yield key, _edges(texts, where) if any(texts.values()) else None


def _read_voc(folder: Path) -> Truth:
    """Read every XML file; its key is its stem."""
    inner = folder / _ANNOTATIONS
    files = sorted((inner if inner.is_dir() else folder).glob("*.xml"))
    if not files:
        raise UsageError(f"expected XML files in {folder} or in {inner}, found none")
    return Truth({file.stem: _xml_boxes(file) for file in files})


def _xml_boxes(path: Path) -> tuple[Box, ...]:
    """Return the boxes of one XML file."""
    # A file from elsewhere must not make us read others, so entities stay unresolved.
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except (OSError, etree.XMLSyntaxError) as error:
        raise UsageError(f"expected a VOC XML file at {path}, but: {error}") from error
    boxes = []
    for number, found in enumerate(root.iterfind("object"), start=1):
        texts = {name: found.findtext(f"bndbox/{name}") for name in _EDGES}
        xmin, ymin, xmax, ymax = _edges(texts, f"object {number} of {path}")
        # Some tools write VOC from 0; a box must not begin outside the image for that.
        boxes.append(from_one_based(max(1, xmin), max(1, ymin), xmax, ymax))
    return tuple(boxes)


def _edges(texts: Mapping[str, str | None], where: str) -> Edges:
    """Return the four numbers, checked."""
    xmin, ymin, xmax, ymax = (_pixel(name, texts[name], where) for name in _EDGES)
    if xmax < xmin or ymax < ymin:
        raise UsageError(f"expected xmin <= xmax and ymin <= ymax in {where}, found {xmin},{ymin},{xmax},{ymax}")
    return xmin, ymin, xmax, ymax


def _pixel(name: str, text: str | None, where: str) -> int:
    """Return a pixel's number; a fraction, which some tools write, is rounded."""
    try:
        number = round(float(text or ""))
    except (ValueError, OverflowError):
        number = -1
    if number < 0:
        raise UsageError(f"expected a number of 0 or more for {name} in {where}, found {text or 'nothing'!r}")
    return number
