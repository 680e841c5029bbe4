"""The JPEGs that all formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from annot_core.errors import ImageError
from annot_core.export.contract import image_file
from annot_core.export.parallel import in_order
from annot_core.export.writing import Writing
from annot_core.jpeg import Frame, frame_of
from annot_core.limits import MAX_PIXELS
from annot_core.records import Annotation, Failure

UprightJpeg = Callable[[Annotation], bytes]
"""Gives an annotation's image as the bytes of an upright RGB JPEG; raises ImageError where it cannot."""

STAGE = "export"
"""The stage that a `Failure` of this room names."""


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
            _check(annotation, frame_of(data))
        except (ImageError, OSError) as error:
            return Failure(annotation.source, STAGE, str(error))
        if annotation.original:
            # An augmented image was drawn as what it is to be here, and lies in our own state: a link takes no room.
            writing.link(image_file(annotation.image_id), str(annotation.path.absolute()))
        else:
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


def _check(annotation: Annotation, frame: Frame | None) -> None:
    """Raise an ImageError if the annotation is not of an image of this size."""
    if frame is None:
        raise ImageError("expected a JPEG with a frame header, found none")
    size = (frame.width, frame.height)
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
