"""Safe decoding: any image file becomes upright 8-bit RGB, or an `ImageError` with a reason.

Files come from everywhere, so nothing about them is believed: not the ending, not the size in the
header, not the EXIF record. Sizes are (width, height) of the upright image.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from annot_core.color_modes import as_rgb
from annot_core.errors import ImageError
from annot_core.jpeg import UPRIGHT, is_upright_color, without_orientation
from annot_core.limits import MAX_PIXELS
from annot_core.orientation import SIDEWAYS, orientation, turned, upright_size
from annot_core.pillow_settings import pillow_settings

_COMMON_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
FORMATS = (*_COMMON_FORMATS, "JPEG2000", "AVIF", "PCX", "PSD", "QOI", "SGI", "TGA")
"""Pillow's names of the formats that are read. Formats that run other programs (EPS, WMF) and those
that hold further images inside (ICO, ICNS) are left out, as their headers do not bound the work."""

_BYTES_PER_PIXEL, _SPARE_BYTES = 16, 1 << 26
_JPEG_LONGEST_SIDE = 65_500
_HASH_BYTES = 20


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """A decoded image: `pixels` is (H, W, 3) uint8 RGB, upright, contiguous and read-only.

    `size` is the (width, height) of the full upright image, also where `pixels` were decoded smaller.
    `content` is the hash of the file's bytes, as `content_hash` gives it.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    content: str


def read_image(path: Path | str, *, fit: tuple[int, int] | None = None, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Read and decode an image file, reading its bytes once.

    Every color mode becomes RGB: transparency is laid over white, 16-bit gray is scaled by 255/65535,
    floats are taken as 0 to 1 or 0 to 255 where they lie in that range, and from their minimum to
    their maximum otherwise. CMYK is converted without color management. Of an animation the
    first frame is taken. The EXIF orientation is applied; one that cannot be read counts as upright.

    Args:
        path: the file.
        fit: (width, height) that the caller needs. A JPEG may then be decoded smaller, which is
            several times faster, but on no side smaller than this (or than the image itself).
        max_pixels: the limit for width times height, checked before pixels are allocated.

    Raises:
        ImageError: the file cannot be read, is no whole image, or is over the limit; the message is a
            reason without the path.
    """
    if fit is not None and min(fit) < 1:
        raise ValueError(f"expected a size of at least 1 x 1 to fit, got {fit}")
    data = _read_bytes(path, max_pixels)
    with _opened(io.BytesIO(data), max_pixels) as image:
        turn = orientation(image)
        size = upright_size(image)
        if fit is not None:
            image.draft(None, fit if turn not in SIDEWAYS else (fit[1], fit[0]))
        pixels = np.ascontiguousarray(_upright_rgb(image, turn))
    pixels.setflags(write=False)
    return DecodedImage(pixels, size, bytes_hash(data))


def upright_jpeg(path: Path | str, *, content: str = "", quality: int = 95, max_pixels: int = MAX_PIXELS) -> bytes:
    """Return an image file as the bytes of an upright RGB JPEG without an EXIF orientation tag.

    A file that is one already comes back byte for byte, once it has proved to decode; one whose tag
    says nothing (1, or an invalid value) loses only that tag. Everything else is decoded as by
    `read_image` and encoded without chroma subsampling, keeping an RGB color profile and no EXIF.

    Args:
        path: the file.
        content: the hash that the file must have, if it was read before by `read_image`; it has proved to
            decode then, which is not done again where the file can be copied.
        quality: of the encoding, 1 to 100, in libjpeg's scale.
        max_pixels: the limit for width times height.

    Raises:
        ImageError: as `read_image`; a side is longer than JPEG allows; the file has another hash.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"expected a quality of 1 to 100, got {quality}")
    data = _read_bytes(path, max_pixels)
    if content:
        if bytes_hash(data) != content:
            raise ImageError("the file changed since it was annotated; annotate the folder again, which does it anew")
        if is_upright_color(data):
            return without_orientation(data)
    with _opened(io.BytesIO(data), max_pixels) as image:
        turn = orientation(image)
        # A JPEG with further pictures behind the first one (MPO) is a JPEG to every reader.
        if image.format in ("JPEG", "MPO") and image.mode == "RGB" and turn == UPRIGHT:
            image.load()
            return without_orientation(data)
        if max(image.size) > _JPEG_LONGEST_SIDE:
            raise ImageError(
                f"the image is {image.size[0]} x {image.size[1]}; a JPEG has at most"
                f" {_JPEG_LONGEST_SIDE} pixels on a side: cut or shrink it"
            )
        profile = image.info.get("icc_profile") or b""
        upright = _upright_rgb(image, turn)
        # Only the pixels go on: an encoder would also write what else the image carries.
        bare = Image.frombytes("RGB", upright.size, upright.tobytes())
        options = {"icc_profile": profile} if profile[16:20] == b"RGB " else {}
        buffer = io.BytesIO()
        bare.save(buffer, "JPEG", quality=quality, subsampling=0, **options)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says of itself: (width, height) upright, and its EXIF orientation, 1 to 8."""

    size: tuple[int, int]
    orientation: int


def peek(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Header:
    """Return what an image file's header says.

    Raises:
        ImageError: the file cannot be read, has no image header, or is over the limit.
    """
    with _regular_file(path) as stream, _opened(stream, max_pixels) as image:
        return Header(upright_size(image), orientation(image))


def peek_size(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Return the (width, height) of an image file's upright image, from its header alone.

    Raises:
        ImageError: as `peek`.
    """
    return peek(path, max_pixels=max_pixels).size


def content_hash(path: Path | str) -> str:
    """Return the hash of a file's bytes: BLAKE2b of 20 bytes, as 40 hexadecimal digits.

    Raises:
        ImageError: the file cannot be read.
    """
    with _regular_file(path) as stream, _reasons_of_the_system():
        return hashlib.file_digest(stream, _new_hash).hexdigest()


def bytes_hash(data: bytes) -> str:
    """Return the hash of bytes, as `content_hash` gives it for a file that holds them."""
    digest = _new_hash()
    digest.update(data)
    return digest.hexdigest()


def resize(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture in another size, without aliasing.

    Each side is averaged over areas where it shrinks and interpolated linearly where it grows.

    Args:
        pixels: (H, W, 3) uint8.
        size: the new (width, height).

    Returns:
        A new (height, width, 3) uint8 array.
    """
    if min(size) < 1:
        raise ValueError(f"expected a size of at least 1 x 1, got {size}")
    height, width = pixels.shape[:2]
    shrunk = (min(width, size[0]), min(height, size[1]))
    # In two steps, because OpenCV does not average at all when one side grows.
    result: NDArray[np.uint8] = np.array(pixels, dtype=np.uint8, order="C")
    if shrunk != (width, height):
        result = np.asarray(cv2.resize(result, shrunk, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if shrunk != tuple(size):
        result = np.asarray(cv2.resize(result, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return result


def _new_hash() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=_HASH_BYTES)


@contextlib.contextmanager
def _reasons_of_the_system() -> Iterator[None]:
    """Turn what the operating system says about a file into an `ImageError`."""
    try:
        yield
    except OSError as error:
        reasons = {
            errno.ENOENT: "the file is gone, or a link to nothing; put it back or list the folder again",
            errno.ENOTDIR: "the file is gone: a folder above it is now a file; list the folder again",
            errno.EACCES: "no permission to read the file; allow it, or leave the file out",
            errno.EPERM: "no permission to read the file; allow it, or leave the file out",
            errno.ELOOP: "a link that leads back to itself; remove it",
            errno.EISDIR: "a folder, not an image file",
        }
        known = reasons.get(error.errno or 0)
        raise ImageError(known or f"the file cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ImageError(f"the file's name cannot be used: {error}") from error


def _regular_file(path: Path | str) -> io.BufferedReader:
    """Open a file for reading; pipes and devices are refused unopened, because opening them may wait."""
    with _reasons_of_the_system():
        status = os.stat(path)  # noqa: PTH116 - also takes names that Path would refuse
        if stat.S_ISDIR(status.st_mode):
            raise ImageError("a folder, not an image file")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("a pipe, socket or device, not an image file")
        if status.st_size == 0:
            raise ImageError("the file is empty (0 bytes); copy it again or leave it out")
        # Not waiting also holds where the file was replaced by a pipe since the line above.
        flags = getattr(os, "O_NONBLOCK", 0)
        return open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))


def _read_bytes(path: Path | str, max_pixels: int) -> bytes:
    """Return a file's bytes, refusing more than an image of `max_pixels` can need."""
    limit = max_pixels * _BYTES_PER_PIXEL + _SPARE_BYTES
    with _regular_file(path) as stream, _reasons_of_the_system():
        try:
            data = stream.read(limit + 1)
        except MemoryError as error:
            raise ImageError("the file is too large for this machine's memory") from error
    if len(data) > limit:
        raise ImageError(
            f"the file is over {limit:,} bytes, more than an image of {max_pixels:,} pixels can need;"
            " shrink it, or raise the limit"
        )
    return data


@contextlib.contextmanager
def _opened(stream: IO[bytes], max_pixels: int) -> Iterator[ImageFile.ImageFile]:
    """Open an image within the limit; whatever goes wrong until the block ends is an `ImageError`."""
    try:
        with pillow_settings(max_pixels), Image.open(stream, formats=_formats_here()) as image:
            width, height = image.size
            if width < 1 or height < 1:
                raise ImageError(f"the image is {width} x {height} pixels: it holds no picture")
            if width * height > max_pixels:
                raise ImageError(_over_limit(width * height, max_pixels))
            yield image
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(
            "not an image in a format that can be read, or its beginning is damaged or cut off; convert it"
            " or leave it out"
        ) from error
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        raise ImageError(_over_limit(int(pixels[0]) if pixels else None, max_pixels)) from error
    except MemoryError as error:
        raise ImageError("the image is too large for this machine's memory; shrink it") from error
    except Exception as error:  # Codecs raise whatever comes up: struct.error, SyntaxError, EOFError ...
        raise ImageError(_damage(error)) from error


def _over_limit(pixels: int | None, max_pixels: int) -> str:
    found = f"{pixels:,} pixels" if pixels else "too many pixels"
    return f"the image has {found}, and the limit is {max_pixels:,}; shrink it, or raise the limit"


def _damage(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "the file is truncated: it ends before its image does; copy it again or leave it out"
    return f"the image is damaged and does not decode ({text}); copy it again or leave it out"


@functools.cache
def _formats_here() -> tuple[str, ...]:
    """Return those of `FORMATS` that this build of Pillow knows."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _upright_rgb(image: Image.Image, turn: int) -> Image.Image:
    """Decode an image and return it as RGB, turned upright."""
    image.load()
    rgb = as_rgb(image)
    return turned(rgb, turn)
