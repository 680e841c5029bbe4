"""Labelled folders for tests: a bright or a dark patch on gray, as good files and as bad ones."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from annot_core.geometry import Box

TONES = {"bright": 250, "dark": 5}
SIZE = (64, 48)
PATCH = Box(8, 10, 32, 30)

# How a picture has to be stored so that the turn that its EXIF orientation asks for makes it upright.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def patch(tone: str, *, shift: int = 0) -> Image.Image:
    """Draw a class's patch on gray: `PATCH`, moved right by `shift` pixels."""
    picture = Image.new("RGB", SIZE, (128, 128, 128))
    ImageDraw.Draw(picture).rectangle(
        (PATCH.left + shift, PATCH.top, PATCH.right - 1 + shift, PATCH.bottom - 1), fill=(TONES[tone],) * 3
    )
    return picture


def draw(path: Path, tone: str, *, shift: int = 0) -> Path:
    """Write a picture of a patch; the ending says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    patch(tone, shift=shift).save(path, quality=95)
    return path


def draw_dataset(root: Path, each: int = 2) -> Path:
    """Draw a labelled folder with `each` images of both classes."""
    for tone in TONES:
        for number in range(each):
            draw(root / tone / f"{tone}-{number}.jpg", tone, shift=(5 * number) % 30)
    return root


@dataclass(frozen=True)
class Hostile:
    """A labelled folder with good files and bad ones; `bad` has a word of the reason by source."""

    root: Path
    good: frozenset[str]
    bad: dict[str, str]
    passed_over: dict[str, str]


def draw_hostile(root: Path) -> Hostile:
    """Draw a labelled folder of all that users of such tools have been hit by."""
    good = {f"bright/{name}": data for name, data in _odd_formats().items()}
    good |= {f"dark/{name}": data for name, data in _odd_names().items()}
    good |= {f"bright/exif-{turn}.jpg": _oriented(turn) for turn in range(1, 9)}
    good |= {f"{tone}/same.jpg": _jpeg(patch(tone)) for tone in TONES}
    bad = {
        "bright/zero.jpg": (b"", "0 bytes"),
        "bright/truncated.jpg": (_noise_jpeg()[:-1500], "truncated"),
        "bright/text.jpg": (b"This is a letter, not a picture.\n" * 9, "not an image"),
        "dark/bomb.png": (_bomb(), "the limit is"),
        "dark/\x1b]0;title\x07\nnew line.jpg": (b"", "0 bytes"),
        "dark/[red]markup[/red].png": (b"\x89PNG\r\n\x1a\n", "damaged"),
    }
    for source, data in (good | {source: data for source, (data, _) in bad.items()}).items():
        path = root / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "bright" / "notes.txt").write_text("no picture")
    (root / "bright" / "loop.jpg").symlink_to("loop.jpg")
    (root / "bright" / "dangling.jpg").symlink_to("nowhere.jpg")
    (root / "dark" / "again").symlink_to(root / "dark", target_is_directory=True)
    passed_over = {
        "bright/notes.txt": "not an image",
        "bright/loop.jpg": "leads back to itself",
        "bright/dangling.jpg": "a link to nothing",
        "dark/again": "leads back to a folder",
    }
    return Hostile(root, frozenset(good), {source: word for source, (_, word) in bad.items()}, passed_over)


def _odd_formats() -> dict[str, bytes]:
    picture = patch("bright")
    deep = (np.asarray(picture.convert("L")).astype(np.uint16) * 257).astype(np.uint16)
    clear = picture.convert("RGBA")
    clear.putalpha(Image.new("L", SIZE, 255))
    moved = patch("bright", shift=20)
    return {
        "png-inside.jpg": _saved(picture, "PNG"),
        "cmyk.jpg": _saved(picture.convert("CMYK"), "JPEG", quality=95),
        "sixteen.png": _saved(Image.fromarray(deep), "PNG"),
        "palette.png": _saved(picture.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"),
        "alpha.png": _saved(clear, "PNG"),
        "gray.jpg": _saved(picture.convert("L"), "JPEG", quality=95),
        "animated.gif": _saved(picture, "GIF", save_all=True, append_images=[moved, moved]),
    }


def _odd_names() -> dict[str, bytes]:
    names = [
        " a photo .jpg",
        "#first.jpg",
        "[bold]name[/bold].jpg",
        "two\nlines.jpg",
        "\x1b[31mred.jpg",
        "снимок \N{SNOWMAN}.jpg",
        "right\u202eto left.jpg",
        os.fsdecode(b"bytes-\xff\xfe.jpg"),
        "same.png",
    ]
    return {name: _saved(patch("dark"), "PNG") if name.endswith("png") else _jpeg(patch("dark")) for name in names}


def _oriented(turn: int) -> bytes:
    """A JPEG that is upright once the turn that its EXIF orientation asks for is made."""
    picture = patch("bright")
    stored = picture.transpose(_STORED[turn]) if turn in _STORED else picture
    exif = Image.Exif()
    exif[0x0112] = turn
    return _saved(stored, "JPEG", quality=95, exif=exif)


def _noise_jpeg() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return _jpeg(Image.fromarray(pixels))


def _bomb() -> bytes:
    """A PNG of a few bytes that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def _jpeg(picture: Image.Image) -> bytes:
    return _saved(picture, "JPEG", quality=95)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
