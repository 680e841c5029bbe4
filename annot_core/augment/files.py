"""Where augmented images lie until they are exported: `.autoannot/augmented/<id>.jpg`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from annot_core.errors import ImageError
from annot_core.export.writing import troubles_of
from annot_core.imaging import content_hash

_PARTIAL: Final = ".partial"


class CopyFiles:
    """The folder of augmented images; a file is there as a whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made where it is missing.

        Raises:
            ExportError: it cannot be made.
        """
        self.folder = folder
        with troubles_of(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, image_id: str) -> Path:
        """Return where the image with an id lies."""
        return self.folder / f"{image_id}.jpg"

    def write(self, image_id: str, data: bytes) -> None:
        """Put an image's bytes in their place, instead of those that are there; threads may write different ones.

        Raises:
            ExportError: the file could not be written, as on a full disk; what was there before is whole.
        """
        path = self.path(image_id)
        partial = path.with_name(path.name + _PARTIAL)
        with troubles_of(path):
            try:
                partial.write_bytes(data)
                partial.replace(path)
            except OSError:
                partial.unlink(missing_ok=True)
                raise

    def holds(self, image_id: str, content: str) -> bool:
        """Tell whether an image is there with the bytes of a hash."""
        try:
            return content_hash(self.path(image_id)) == content
        except ImageError:
            return False

    def remove(self, image_id: str) -> None:
        """Remove an image, if it is there.

        Raises:
            ExportError: it could not be removed.
        """
        path = self.path(image_id)
        with troubles_of(path):
            path.unlink(missing_ok=True)

    def remove_others(self, belongs: Callable[[str], bool]) -> None:
        """Remove what does not belong: images by their ids, and what a killed run left half done.

        Raises:
            ExportError: a file could not be removed.
        """
        with troubles_of(self.folder):
            for path in self.folder.iterdir():
                if path.suffix == _PARTIAL or (path.suffix == ".jpg" and not belongs(path.stem)):
                    path.unlink()
