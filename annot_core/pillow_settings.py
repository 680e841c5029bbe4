"""Pillow's process-wide settings, held at what our decoding promises while it runs."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

from PIL import Image, ImageFile

_settings_lock = threading.Lock()
_settings_before = contextlib.ExitStack()
_limits_in_use: list[int] = []


@contextlib.contextmanager
def pillow_settings(max_pixels: int) -> Iterator[None]:
    """Hold Pillow's process-wide settings at what this module promises, then put them back.

    Its warnings are silenced, its own limit becomes ours, and a truncated file is an error even where
    another library has switched that off. Threads that decode at once share one change: the first
    one in makes it and the last one out takes it back.
    """
    with _settings_lock:
        if not _limits_in_use:
            _settings_before.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"PIL\.")
            _settings_before.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            partial = ImageFile.LOAD_TRUNCATED_IMAGES
            _settings_before.callback(setattr, ImageFile, "LOAD_TRUNCATED_IMAGES", partial)
            ImageFile.LOAD_TRUNCATED_IMAGES = False
        _limits_in_use.append(max_pixels)
        # Pillow refuses what has more than twice this; up to that it only warns.
        Image.MAX_IMAGE_PIXELS = (max(_limits_in_use) + 1) // 2
    try:
        yield
    finally:
        with _settings_lock:
            _limits_in_use.remove(max_pixels)
            if _limits_in_use:
                Image.MAX_IMAGE_PIXELS = (max(_limits_in_use) + 1) // 2
            else:
                _settings_before.close()
