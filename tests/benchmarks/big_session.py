"""A session of many images that is made without a network: links to a few photos, and boxes for all of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path

import cv2
import numpy as np

from annot_core.dataset import list_dataset
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.records import Candidate, LabelledImage, Proposal, Status
from annot_core.session import Session

PRODUCER = "benchmark"
CLASSES = ("bolt", "nut")
_AT_ONCE = 1000


def draw_photos(folder: Path, size: tuple[int, int], count: int) -> list[Path]:
    """Draw JPEGs as large, and about as costly, as photos; return their paths."""
    folder.mkdir(parents=True)
    paths = []
    for number in range(count):
        rng = np.random.default_rng(number)
        width, height = size
        light = np.zeros((height, width, 1), np.float32)
        for cell in (4, 16, 64, 256):
            waves = rng.normal(size=(height // cell + 2, width // cell + 2)).astype(np.float32)
            light[..., 0] += cv2.resize(waves, size, interpolation=cv2.INTER_CUBIC) * cell**0.5
        tint = cv2.resize(rng.normal(size=(5, 6, 3)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
        pixels = np.clip(118 + 2 * light + 20 * tint, 0, 255).astype(np.uint8)
        path = folder / f"photo-{number}.jpg"
        cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, 88])
        paths.append(path)
    return paths


def link_dataset(root: Path, photos: Sequence[Path], count: int) -> Path:
    """Make a labelled folder of `count` images, which are links to a few files."""
    for name in CLASSES:
        (root / name).mkdir(parents=True)
    for number in range(count):
        name = CLASSES[number * len(CLASSES) // count]
        os.link(photos[number % len(photos)], root / name / f"{name}-{number:06}.jpg")
    return root


def propose_all(root: Path, output: Path, photos: Sequence[Path], size: tuple[int, int]) -> None:
    """Make the session of a linked data set, with a proposal for every image."""
    contents = [content_hash(photo) for photo in photos]
    images = list_dataset(root).images
    with Session.open(output, root) as session:
        session._connection.execute("PRAGMA synchronous = OFF")
        session.sync(images, content_hash, assign_ids)
        session.register_producer(PRODUCER, {})
        for start in range(0, len(images), _AT_ONCE):
            part = images[start : start + _AT_ONCE]
            proposed = [proposal(image.source, contents[_number(image) % len(photos)], size) for image in part]
            session.record(proposed, PRODUCER)


def assign_ids(named: Sequence[tuple[str, str]], taken: Collection[str]) -> tuple[str, ...]:
    """Name images by their sources."""
    return tuple(hashlib.sha256(source.encode()).hexdigest()[:16] for _, source in named)


def proposal(source: str, content: str, size: tuple[int, int]) -> Proposal:
    """Return what an engine could have said of an image."""
    width, height = size
    boxes = (Box(width // 5, height // 5, width // 2, height // 2), Box(width // 4, height // 4, width - 9, height - 9))
    candidates = tuple(Candidate(box, "exact", 0.3) for box in boxes)
    grid = np.linspace(0, 1, 49, dtype=np.float16).reshape(7, 7)
    return Proposal(source, content, size, Status.PROPOSED, 0.7, 0.9, 0.6, candidates, grid)


def _number(image: LabelledImage) -> int:
    return int(Path(image.source).stem.rpartition("-")[2])
