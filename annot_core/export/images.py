"""The JPEGs that all formats share."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

from annot_core.errors import ImageError
from annot_core.export.contract import image_file
from annot_core.export.parallel import in_order
from annot_core.export.writing import Writing
from annot_core.limits import MAX_PIXELS
from annot_core.records import Annotation, Failure

UprightJpeg = Callable[[Annotation], bytes]
"""Gives an annotation's image as the bytes of an upright RGB JPEG; raises ImageError where it cannot."""

STAGE = "export"
"""The stage that a `Failure` of this room names."""

# SOF markers carry the size; C4, C8 and CC of the range are tables (ITU-T T.81, table B.1).
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Nothing follows these: a stuffed zero, TEM, RST0 to RST7, SOI.
_BARE_MARKERS = frozenset([0x00, 0x01, *range(0xD0, 0xD9)])


def write_images(
    annotations: Iterable[Annotation], writing: Writing, upright_jpeg: UprightJpeg, workers: int
) -> Iterator[Annotation | Failure]:
    """Write each annotation's JPEG and yield the annotation, or the reason why it must be left out.

    An image is left out that cannot be read, that is not as large any more as when it was annotated,
    or whose box does not lie inside it.

    Args:
        annotations: what to write, with safe and unique ids.
        writing: where to.
        upright_jpeg: reads an image file.
        workers: how many threads.

    Raises:
        ExportError: a file could not be written.
    """

    def write(annotation: Annotation) -> Annotation | Failure:
        try:
            data = upright_jpeg(annotation)
            _check(annotation, jpeg_size(data))
        except (ImageError, OSError) as error:
            return Failure(annotation.source, STAGE, str(error))
        writing.write(image_file(annotation.image_id), data)
        return annotation

    return in_order(write, annotations, workers)


def read_upright_jpeg(annotation: Annotation) -> bytes:
    """Read an annotation's image by `annot_core.imaging`, which is imported now, since it loads OpenCV.

    Raises:
        ImageError: as `upright_jpeg`; also where the file changed since it was annotated.
    """
    from annot_core.imaging import upright_jpeg

    # What was annotated was within the limit that held then.
    most = max(MAX_PIXELS, annotation.image_size[0] * annotation.image_size[1])
    return upright_jpeg(annotation.path, content=annotation.content, max_pixels=most)


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels of a JPEG, from its frame header (ITU-T T.81, annex B).

    Raises:
        ImageError: there is no frame header.
    """
    position = 2
    while data.startswith(b"\xff\xd8") and position + 9 <= len(data):
        # Fill bytes, and junk that decoders pass over too, may stand before a marker.
        if data[position] != 0xFF or data[position + 1] == 0xFF:
            position += 1
        elif data[position + 1] in _BARE_MARKERS:
            position += 2
        elif data[position + 1] in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        else:
            position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])
    raise ImageError("expected a JPEG with a frame header, found none")


def _check(annotation: Annotation, size: tuple[int, int]) -> None:
    """Raise an ImageError if the annotation is not of an image of this size."""
    if size != annotation.image_size:
        before = f"{annotation.image_size[0]} x {annotation.image_size[1]}"
        raise ImageError(
            f"the image is {size[0]} x {size[1]} pixels, but was {before} when it was annotated; annotate it again"
        )
    if annotation.box is not None and not annotation.box.fits(*size):
        raise ImageError(
            f"expected a box inside the {size[0]} x {size[1]} pixels of the image,"
            f" found {tuple(annotation.box)}; annotate it again"
        )
