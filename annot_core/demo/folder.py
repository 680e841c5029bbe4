"""The demo data set on disk: which files it has, when they are written, and what they must not touch."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from annot_core.demo.picture import Kind, photograph, set_up
from annot_core.errors import DatasetError, UsageError
from annot_core.progress import Listener, Stage, StageAdvanced, StageFinished, StageStarted, ignore

# Raised whenever the pictures of a seed change, so that one folder never holds two generations.
_VERSION = 2
_SETTINGS_NAME = "demo.json"
_PART = ".part"
_MOST_IMAGES = 99_999
_SIDES = range(48, 2049)


@dataclass(frozen=True, slots=True)
class DemoSet:
    """A drawn data set: the folder of class folders, the file of true boxes, and how many images."""

    images: Path
    truth: Path
    count: int


@dataclass(frozen=True, slots=True)
class _Settings:
    """What decides every byte of the data set."""

    nuts: int
    bolts: int
    empty: int
    width: int
    height: int
    seed: int
    demo: int = _VERSION

    def __post_init__(self) -> None:
        for name in ("nuts", "bolts", "empty"):
            if not 0 <= getattr(self, name) <= _MOST_IMAGES:
                raise UsageError(
                    f"expected 0 to {_MOST_IMAGES} images of {name}, got {getattr(self, name)}; choose another number"
                )
        if self.nuts + self.bolts + self.empty == 0:
            raise UsageError("expected at least one image to draw, got 0 of each class; ask for some")
        if self.width not in _SIDES or self.height not in _SIDES:
            raise UsageError(
                f"expected a width and a height of {_SIDES[0]} to {_SIDES[-1]} pixels, "
                f"got {self.width} x {self.height}; choose another size"
            )
        if not 3 * self.width >= self.height >= self.width / 3:
            raise UsageError(
                f"expected one side of the image to be at most three times the other, "
                f"got {self.width} x {self.height}; choose another size"
            )
        if self.seed < 0:
            raise UsageError(f"expected a seed of 0 or more, got {self.seed}; choose another seed")

    def pictures(self) -> Iterator[_Picture]:
        """Yield every picture, class by class."""
        for code, (kind, count) in enumerate(zip(Kind, (self.nuts, self.bolts, self.empty), strict=True)):
            for index in range(count):
                yield _Picture(f"{kind}/{kind}-{index + 1:03d}.jpg", kind, (self.seed, code, index))


@dataclass(frozen=True, slots=True)
class _Picture:
    """One file of the data set: its path below the images, its class, and what seeds it."""

    file: str
    kind: Kind
    key: tuple[int, int, int]


def draw_demo(
    folder: Path,
    *,
    nuts: int = 30,
    bolts: int = 30,
    empty: int = 10,
    size: tuple[int, int] = (320, 240),
    seed: int = 0,
    listener: Listener = ignore,
    clock: Callable[[], float] = time.monotonic,
) -> DemoSet:
    """Draw photograph-like pictures of nuts, bolts and empty tables, with the true boxes.

    Image k of a class depends on `seed`, `size`, its class and k alone, so asking for more images does
    not change the others. Files that are already there from the same settings are kept, so that a run
    that was cut short goes on; no half-written file ever bears a final name.

    Args:
        folder: The data set's home, made if it is missing. Images go to `images/<class>/<class>-NNN.jpg`,
            the boxes to `truth.csv`, with a row for every image that shows an object: `file` relative to
            `images`, `label`, and `xmin,ymin,xmax,ymax`, 1-based inclusive pixels of the tight box around
            the object without its shadow. `demo.json` holds the settings.
        nuts: How many images of class `nut`, 0 to 99999.
        bolts: How many of class `bolt`.
        empty: How many of class `background`.
        size: Width and height in pixels, 48 to 2048, neither more than three times the other.
        seed: 0 or more.
        listener: Hears `Stage.DRAW` begin, go on and end.
        clock: Seconds from any start.

    Returns:
        Where the images and the boxes are, and how many images.

    Raises:
        UsageError: A count, the size or the seed is out of range.
        DatasetError: The folder holds anything but this data set, or cannot be written.
    """
    settings = _Settings(nuts, bolts, empty, *size, seed)
    pictures = list(settings.pictures())
    drawn = DemoSet(folder / "images", folder / "truth.csv", len(pictures))
    began = clock()
    try:
        _claim(folder, settings, pictures)
        listener(StageStarted(Stage.DRAW, len(pictures)))
        rows = []
        for done, picture in enumerate(pictures, start=1):
            rows += _draw(drawn.images, picture, size)
            listener(StageAdvanced(Stage.DRAW, done))
        _write(drawn.truth, _table(rows))
    except OSError as error:
        raise DatasetError(
            f"expected to draw the demo in {folder}, but {error}; choose another folder or make room there"
        ) from error
    listener(StageFinished(Stage.DRAW, clock() - began))
    return drawn


def _claim(folder: Path, settings: _Settings, pictures: list[_Picture]) -> None:
    """Make the folder ours, or find that it is; anything else in it is refused, not mixed with."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _SETTINGS_NAME
    text = json.dumps(asdict(settings), indent=2) + "\n"
    if not file.exists():
        strange = [entry.name for entry in folder.iterdir() if not _is_passing(Path(entry.name))]
        if strange:
            raise DatasetError(
                f"expected an empty folder for the demo, but {folder} holds {min(strange)!r}, "
                "which is not the demo's; choose another folder"
            )
        _write(file, text.encode())
    elif file.read_bytes() != text.encode():
        raise DatasetError(
            f"expected {folder} to hold a demo drawn with these settings, "
            f"but its {_SETTINGS_NAME} says otherwise; choose another folder, or the settings in that file"
        )
    images = folder / "images"
    ours = {picture.file for picture in pictures}
    found = images.rglob("*") if images.is_dir() else iter(())
    for entry in sorted(found):
        name = entry.relative_to(images).as_posix()
        if not (name in ours or (entry.is_dir() and name in set(Kind)) or _is_passing(Path(name))):
            raise DatasetError(
                f"expected only the demo's own pictures in {images}, but it holds {name!r}; "
                "move that away or choose another folder"
            )


def _is_passing(name: Path) -> bool:
    """Tell whether a relative path is hidden: an unfinished file of ours, or another program's own."""
    return any(part.startswith(".") for part in name.parts)


def _draw(images: Path, picture: _Picture, size: tuple[int, int]) -> list[tuple[str | int, ...]]:
    """Write a picture that is not there yet; returns its rows of the truth, one or none."""
    # Pinned by name: numpy may give `default_rng` another generator one day.
    rng = np.random.Generator(np.random.PCG64(picture.key))
    setup = set_up(rng, picture.kind, size)
    path = images / picture.file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # The tops go by turns, so that no class has a table of its own.
        _write(path, photograph(rng, setup, table=picture.key[2]))
    box = setup.box()
    if box is None:
        return []
    return [(picture.file, str(picture.kind), box.left + 1, box.top + 1, box.right, box.bottom)]


def _table(rows: list[tuple[str | int, ...]]) -> bytes:
    """Return the truth as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "label", "xmin", "ymin", "xmax", "ymax"))
    writer.writerows(rows)
    return text.getvalue().encode()


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}{_PART}")
    part.write_bytes(content)
    part.replace(path)
