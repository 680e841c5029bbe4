"""How an image that Pillow has opened has to be turned to be upright."""

from __future__ import annotations

import os
import struct
from typing import IO

from PIL import Image, ImageFile

from annot_core.jpeg import UPRIGHT, exif_orientation

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)
"""The orientations that swap width and height."""


def orientation(image: ImageFile.ImageFile) -> int:
    """Return how the pixels that Pillow decodes have to be turned, as EXIF numbers it, 1 to 8."""
    if image.format == "TIFF":
        # Pillow turns TIFFs itself, also by what their XMP says, which nothing else here goes by.
        image.info.pop("xmp", None)
        return UPRIGHT
    exif = image.info.get("exif")
    if exif is None and image.format == "PNG" and image.fp is not None:
        exif = _png_exif(image.fp)
    return exif_orientation(exif) if isinstance(exif, bytes) else UPRIGHT


def _png_exif(stream: IO[bytes]) -> bytes:
    """Return the EXIF chunk of a PNG, which may lie behind the pixels; empty where there is none."""
    before = stream.tell()
    try:
        stream.seek(8)
        while len(head := stream.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"eXIf":
                return stream.read(length)
            stream.seek(length + 4, os.SEEK_CUR)
        return b""
    finally:
        stream.seek(before)


def upright_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    """Return the (width, height) of an image once it is upright; nothing is decoded."""
    width, height = image.size
    if image.format != "TIFF":
        return (height, width) if orientation(image) in SIDEWAYS else (width, height)
    # Versions of Pillow differ in whether a TIFF's size is given turned before it is decoded.
    tags = getattr(image, "tag_v2", {})
    width, height = tags.get(256, width), tags.get(257, height)
    return (height, width) if tags.get(274) in SIDEWAYS else (width, height)


def turned(image: Image.Image, turn: int) -> Image.Image:
    """Return an image turned by an EXIF orientation, 1 to 8."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image
