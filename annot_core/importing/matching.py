"""Which image of a session an image of another data set is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from annot_core.naming import file_key
from annot_core.readers import ReadImage

_ADDED: Final = re.compile(r"\A[0-9a-f]{8}-(?=.)|_[a-z]{3,4}\.rf\.[0-9A-Za-z]+\Z")


class Matcher:
    """Finds images by what other programs may call them.

    In this order: the whole source; the image id, which is what exported files are called (any case and
    any encoding of accents, since other systems change these); the last folders and the name of the
    source; its file name; its file name without the ending; and the id or that name without what Label
    Studio puts before a name (`1a2b3c4d-`) and Roboflow behind it (`_jpg.rf.1a2b...`). A rule that fits several
    images ends the search, as does an id that says another image than the folders do.
    """

    def __init__(self, images: Iterable[tuple[str, str]]) -> None:
        """Prepare for images given by (image id, source)."""
        self._sources: set[str] = set()
        self._by_id: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for image_id, source in images:
            self._sources.add(source)
            self._by_id[file_key(image_id)] = source
            name = source.rpartition("/")[2]
            self._by_name.setdefault(file_key(name), []).append(source)
            self._by_stem.setdefault(file_key(_stem(name)), []).append(source)

    def __len__(self) -> int:
        return len(self._sources)

    def match(self, image: ReadImage) -> tuple[str, ...]:
        """Return the sources that can be meant: one, none where nothing fits, several where it is not clear."""
        if image.name in self._sources:
            return (image.name,)
        by_id = self._by_id.get(file_key(image.image_id))
        by_path = next((path for path in _ends(image.name) if path in self._sources), None)
        if by_id or by_path:
            return tuple(dict.fromkeys(filter(None, (by_id, by_path))))
        name = image.name.rpartition("/")[2]
        named = self._by_name.get(file_key(name)) or self._by_stem.get(file_key(_stem(name)))
        return tuple(named or self._match_bare(_ADDED.sub("", image.image_id)))

    def _match_bare(self, stem: str) -> list[str]:
        source = self._by_id.get(file_key(stem))
        return self._by_stem.get(file_key(stem), []) if source is None else [source]


def _ends(name: str) -> Iterator[str]:
    """Yield a path without its first folders, as long as it has one left."""
    while "/" in name:
        yield name
        name = name.partition("/")[2]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
