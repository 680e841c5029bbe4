"""JPEG and EXIF as bytes: which way up a picture is, and a JPEG without that tag.

Nothing here decodes a pixel. EXIF is a TIFF file inside a file: a byte order, an offset, and there a
directory of 12-byte entries, one of which (0x0112) says how the picture has to be turned
(CIPA DC-008, Exif 2.32, sections 4.5 and 4.6.4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

UPRIGHT = 1
"""The orientation of a picture that needs no turning."""

_ORIENTATION_TAG = 0x0112
_ENTRY_BYTES = 12
_EXIF_MARK = b"Exif\0\0"
_INTEGER_FORMATS = {1: "B", 3: "H", 4: "I"}
_APP1, _START_OF_SCAN, _END_OF_IMAGE = 0xE1, 0xDA, 0xD9
_STANDALONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


# SOF markers begin a frame; C4, C8 and CC of the range are tables (ITU-T T.81, table B.1).
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Nothing follows these: a stuffed zero and the markers that stand alone.
_BARE_MARKERS = _STANDALONE_MARKERS | {0x00}
_COLOR_COMPONENTS = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """What the header of a JPEG's frame says: the size in pixels, as stored, and how many color components."""

    width: int
    height: int
    components: int


@dataclass(frozen=True, slots=True)
class _Directory:
    """The first directory of a TIFF file: where its entries lie and which of them tell orientation."""

    order: str
    count_at: int
    count: int
    orientations_at: tuple[int, ...]


def frame_of(jpeg: bytes) -> Frame | None:
    """Return the first frame header of a JPEG file (ITU-T T.81, annex B), None where there is none."""
    position = 2
    while jpeg.startswith(b"\xff\xd8") and position + 10 <= len(jpeg):
        # Fill bytes, and junk that decoders pass over too, may stand before a marker.
        if jpeg[position] != 0xFF or jpeg[position + 1] == 0xFF:
            position += 1
        elif jpeg[position + 1] in _BARE_MARKERS:
            position += 2
        elif jpeg[position + 1] in _FRAME_MARKERS:
            height, width, components = struct.unpack_from(">HHB", jpeg, position + 5)
            return Frame(width, height, components)
        else:
            position += 2 + int(struct.unpack_from(">H", jpeg, position + 2)[0])
    return None


def is_upright_color(jpeg: bytes) -> bool:
    """Tell whether a JPEG file that decodes is one of three components that needs no turning."""
    frame = frame_of(jpeg)
    if frame is None or frame.components != _COLOR_COMPONENTS:
        return False
    spans = list(_exif_spans(jpeg))
    # Decoders join several records into one, and what that says is left to them.
    return not spans or (len(spans) == 1 and exif_orientation(jpeg[slice(*spans[0])]) == UPRIGHT)


def exif_orientation(exif: bytes) -> int:
    """Return the orientation that an EXIF record states, 1 to 8.

    Args:
        exif: the record, with or without the `Exif` mark in front.

    Returns:
        1 where the record is broken, states none, or states a value that does not exist: a bad tag
        must never cost a good picture.
    """
    while exif.startswith(_EXIF_MARK):
        exif = exif[len(_EXIF_MARK) :]
    directory = _first_directory(exif)
    if directory is None or not directory.orientations_at:
        return UPRIGHT
    # Where the tag is there twice, the last one counts, as it does for Pillow.
    at = directory.orientations_at[-1]
    kind, count = struct.unpack_from(directory.order + "HI", exif, at + 2)
    if kind not in _INTEGER_FORMATS or count != 1:
        return UPRIGHT
    (value,) = struct.unpack_from(directory.order + _INTEGER_FORMATS[kind], exif, at + 8)
    return int(value) if 1 <= value <= 8 else UPRIGHT


def without_orientation(jpeg: bytes) -> bytes:
    """Return a JPEG file's bytes without the EXIF orientation tag, all else as it was.

    The entry is cut out of its directory and the room is filled at the directory's end, so that
    every offset in the record, and the file's length, stay true.

    Args:
        jpeg: a whole JPEG file.

    Returns:
        `jpeg` itself where it carries no such tag.
    """
    changed = jpeg
    for start, end in _exif_spans(jpeg):
        record = jpeg[start:end]
        cut = _without_orientation_entries(record)
        if cut != record:
            changed = changed[:start] + cut + changed[end:]
    return changed


def _exif_spans(jpeg: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the TIFF part of each EXIF segment before the first scan begins and ends."""
    at = 2
    while at + 4 <= len(jpeg):
        if jpeg[at] != 0xFF:
            at += 1  # Junk between segments: readers skip it, so do we.
            continue
        marker = jpeg[at + 1]
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        if marker in (0x00, 0xFF):
            at += 1
        elif marker in _STANDALONE_MARKERS:
            at += 2
        else:
            end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
            if marker == _APP1 and jpeg.startswith(_EXIF_MARK, at + 4):
                start = at + 4
                while jpeg.startswith(_EXIF_MARK, start):
                    start += len(_EXIF_MARK)
                yield start, min(end, len(jpeg))
            at = max(end, at + 4)


def _first_directory(tiff: bytes) -> _Directory | None:
    """Return the first directory of a TIFF file, or None where there is none to be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    (count_at,) = struct.unpack_from(order + "I", tiff, 4)
    if count_at + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(order + "H", tiff, count_at)
    whole = min(count, (len(tiff) - count_at - 2) // _ENTRY_BYTES)
    places = (count_at + 2 + _ENTRY_BYTES * index for index in range(whole))
    orientations = tuple(at for at in places if struct.unpack_from(order + "H", tiff, at)[0] == _ORIENTATION_TAG)
    return _Directory(order, count_at, count, orientations)


def _without_orientation_entries(tiff: bytes) -> bytes:
    """Return a TIFF file of the same length whose first directory tells no orientation."""
    directory = _first_directory(tiff)
    if directory is None or not directory.orientations_at:
        return tiff
    start = directory.count_at + 2
    # Four bytes behind the entries say where the next directory is, and move with them.
    end = min(len(tiff), start + _ENTRY_BYTES * directory.count + 4)
    body = tiff[start:end]
    for at in reversed(directory.orientations_at):
        body = body[: at - start] + body[at - start + _ENTRY_BYTES :]
    count = struct.pack(directory.order + "H", directory.count - len(directory.orientations_at))
    return tiff[: directory.count_at] + count + body.ljust(end - start, b"\0") + tiff[end:]
