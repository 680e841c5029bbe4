"""Telling image files from others by their names and first bytes."""

from __future__ import annotations

import os
from pathlib import Path

IMAGE_ENDINGS = (
    frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
    | {".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"}
    | {".avif", ".avifs", ".pcx", ".psd", ".qoi", ".sgi", ".rgb", ".rgba", ".bw", ".tga"}
)
"""Endings, in lower case, that make a file an image without a look into it."""

_MAGIC = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
    b"8BPS",
    b"qoif",
)
_MAGIC_BYTES = 18


def ending(name: str) -> str:
    """Return a file name's ending with its dot, in lower case; empty where there is none."""
    stem, dot, tail = name.rpartition(".")  # A third of what splitext takes, a million times.
    return (dot + tail).lower() if stem else ""


def why_no_image(entry: os.DirEntry[str]) -> str | None:
    """Say why a file is not taken for an image; None where it is."""
    found = ending(entry.name)
    if found in IMAGE_ENDINGS:
        return None
    try:
        with open(entry.path, "rb", buffering=0) as stream:  # noqa: PTH123
            if _begins_an_image(stream.read(_MAGIC_BYTES)):
                return None
    except OSError as error:
        return f"the file cannot be read: {error.strerror or error}"
    return f"not an image: {f'ending {readable(found)}' if found else 'no ending'}"


def _begins_an_image(head: bytes) -> bool:
    """Tell whether a file's first bytes are those of an image format that can be read."""
    if head.startswith(_MAGIC):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return True
    if head[:2] == b"BM":
        # Two letters begin many a text, so the size of BMP's second header has to fit as well.
        return head[14:18] in (size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))
    return head[:1] == b"P" and head[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6", b"f") and head[2:3].isspace()


def readable(name: Path | str) -> str:
    """Return a path or name for a message: bytes that are no text become readable escapes."""
    return str(name).encode("utf-8", "backslashreplace").decode("utf-8")
