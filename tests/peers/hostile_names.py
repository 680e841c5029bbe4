"""A data set of all that readers have been hit by: names, collisions, and images of every mode."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from annot_core.export import ExportSummary, export_all
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from annot_core.naming import class_labels, image_ids
from annot_core.records import Annotation, Decider

SIZE = (60, 40)
BACKGROUND = "empty"
STEMS = {
    "plain": "photo",
    "space": "a photo of it",
    "tab": "a\tb",
    "newline": "a\nb",
    "ideographic space": "a\u3000b",
    "no-break space": "a\u00a0b",
    "line separator": "a\u2028b",
    "file separator": "a\x1cb",
    "next line": "a\x85b",
    "leading space": " a",
    "hash": "#a",
    "dot": ".a",
    "dots": "a..b.c",
    "dash": "-a",
    "quotes": "'a\"b",
    "markup": "<b>&amp;]]>",
    "colon": "a:b",
    "comma": "a,1,2,3,4,0",
    "undecodable": os.fsdecode(b"a\xff\xfeb"),
    "long": "x" * 246,
    "long and alike": "x" * 245 + "y",
    "emoji": "\U0001f600",
    "another emoji": "\U0001f601",
    "letters": "\u732b\u00df\u00e9",
    "decomposed letters": "e\u0301",
    "zero width": "a\u200bb",
    "right to left override": "a\u202eb",
    "Windows device": "nul",
}
CLASSES = [
    "cat",
    "Cat",
    "traffic light",
    " a\u3000 b\t",
    "<b>&\"'",
    "nut: M8",
    "#1",
    os.fsdecode(b"\xe9t\xe9"),
]
FILES = [
    *((CLASSES[number % len(CLASSES)], f"{stem}.jpg") for number, stem in enumerate(STEMS.values())),
    *(("dog", f"{stem}.jpg") for stem in STEMS.values()),
    *(("same", name) for name in ("a.jpg", "a.png", "A.JPG", "a.JPG", "a.jpeg", "B.JPEG", "a-2.jpg", "A.b.jpg")),
    *((BACKGROUND, name) for name in ("a.jpg", "plain wall.jpg", "#.jpg")),
]

_STORED_ON_ITS_SIDE = 6


@dataclass(frozen=True)
class Hostile:
    """The data set as it was exported, and what we hold of it."""

    output: Path
    summary: ExportSummary
    annotations: tuple[Annotation, ...]
    label_of: dict[str, str]

    @property
    def held(self) -> dict[str, tuple[str, Box] | None]:
        """Label and box by the name of the image's file, None for an image without an object."""
        return {
            f"{one.image_id}.jpg": None if one.box is None else (self.label_of[one.class_name], one.box)
            for one in self.annotations
        }


def export_hostile(photos: Path, output: Path, formats: tuple[str, ...], shares: dict[str, float]) -> Hostile:
    """Draw the data set and export it."""
    annotations = [_drawn(one, number) for number, one in enumerate(hostile_annotations(photos))]
    summary = export_all(annotations, output, formats, shares=shares)
    assert summary.problems == ()
    label_of = class_labels(sorted({one.class_name for one in annotations if one.box is not None}))
    return Hostile(output, summary, tuple(annotations), label_of)


def hostile_annotations(root: Path = Path("undrawn")) -> list[Annotation]:
    """Annotate an image for each name."""
    sources = [f"{class_name}/{name}" for class_name, name in FILES]
    ids = image_ids([(class_name, source) for (class_name, _), source in zip(FILES, sources, strict=True)])
    return [
        Annotation(
            image_id=image_id,
            path=root / class_name / name,
            source=f"{class_name}/{name}",
            class_name=class_name,
            # Another box for each image, so that no two can be mistaken for each other.
            box=None if class_name == BACKGROUND else Box(number % 30, number // 30, 40, 30),
            image_size=SIZE,
            score=number / 100,
            decider=Decider.AUTO if number % 2 else Decider.PERSON,
        )
        for number, (image_id, (class_name, name)) in enumerate(zip(ids, FILES, strict=True))
    ]


def _drawn(annotation: Annotation, number: int) -> Annotation:
    """Draw an annotation's image, and say what its bytes are."""
    annotation.path.parent.mkdir(parents=True, exist_ok=True)
    _save(annotation.path, number)
    return replace(annotation, content=content_hash(annotation.path))


def _save(path: Path, number: int) -> None:
    """Write a picture in one of all modes, whatever its name says of it."""
    pixels = np.random.default_rng(number).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    deep = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = _STORED_ON_ITS_SIDE
    kinds = [
        (picture, "JPEG", {}),
        (picture.convert("L"), "JPEG", {}),
        (picture.convert("CMYK"), "JPEG", {}),
        (picture.transpose(Image.Transpose.ROTATE_90), "JPEG", {"exif": exif}),
        (picture, "JPEG", {"progressive": True}),
        (picture.convert("RGBA"), "PNG", {}),
        (picture.convert("P"), "PNG", {}),
        (picture.convert("1"), "PNG", {}),
        (picture.convert("LA"), "PNG", {}),
        (deep, "PNG", {}),
        (picture, "GIF", {}),
        (picture, "BMP", {}),
    ]
    image, kind, options = kinds[number % len(kinds)]
    image.save(path, kind, **options)
