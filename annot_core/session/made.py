"""The folders that opening a session made, which go again where nothing came of it."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path


class MadeFolders:
    """A session's folder and those above it, as far as they were missing and had to be made."""

    def __init__(self, folder: Path) -> None:
        """Look what is missing, and make it.

        Raises:
            OSError: the folder cannot be made; nothing new is left.
        """
        folder = folder.absolute()
        self._missing = tuple(one for one in (folder, *folder.parents) if not one.exists())
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            self._remove_empty()
            raise

    def remove(self, worthless: tuple[str, ...]) -> None:
        """Remove what was made, unless there is more in it than files that begin with one of these names.

        Only whoever holds the session's lock may ask for this. What cannot be removed stays.
        """
        if not self._missing:
            return
        if not all(entry.name.startswith(worthless) for entry in self._missing[0].iterdir()):
            return
        shutil.rmtree(self._missing[0], ignore_errors=True)
        self._remove_empty()

    def _remove_empty(self) -> None:
        for folder in self._missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
