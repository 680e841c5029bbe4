"""The images of a listing in little memory: a million of them are there for as long as a run takes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

from annot_core.records import LabelledImage


class FoundFile(NamedTuple):
    """What listing a folder tells of one image file; see `LabelledImage`."""

    source: str
    size_bytes: int
    mtime_ns: int


class ListedImages(Sequence[LabelledImage]):
    """Images in the order in which they were found; each is made anew whenever it is asked for.

    Kept are the sources' bytes and 24 more an image, about a tenth of what the images themselves would take. The
    first part of a source is its class.
    """

    __slots__ = ("_background", "_classes", "_ends", "_mtimes_ns", "_root", "_sizes_bytes", "_sources")

    def __init__(self, root: Path, found: Iterable[FoundFile], is_background: Callable[[str], bool]) -> None:
        """Take the files in.

        Args:
            root: the data set's root.
            found: the image files.
            is_background: tells of a class whether it has no object.
        """
        self._root = root
        self._sources = bytearray()
        self._ends, self._sizes_bytes, self._mtimes_ns = array("Q"), array("q"), array("q")
        # One text for all images of a class.
        self._classes: dict[str, str] = {}
        for source, size_bytes, mtime_ns in found:
            self._sources += _packed(source)
            self._ends.append(len(self._sources))
            self._sizes_bytes.append(size_bytes)
            self._mtimes_ns.append(mtime_ns)
            self._classes.setdefault(name := _class_of(source), name)
        self._background = frozenset(filter(is_background, self._classes))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, sorted."""
        return tuple(sorted(self._classes))

    @property
    def nbytes(self) -> int:
        """Bytes that the images take here."""
        columns = (self._ends, self._sizes_bytes, self._mtimes_ns)
        return len(self._sources) + sum(len(column) * column.itemsize for column in columns)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> LabelledImage: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[LabelledImage, ...]: ...

    def __getitem__(self, at: int | slice) -> LabelledImage | tuple[LabelledImage, ...]:
        if isinstance(at, slice):
            return tuple(self._image(place) for place in range(*at.indices(len(self))))
        return self._image(range(len(self))[at])

    def __iter__(self) -> Iterator[LabelledImage]:
        return map(self._image, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ListedImages):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # as other large things: nobody looks one up

    def __repr__(self) -> str:
        return f"<{len(self)} images of {str(self._root)!r}>"

    def _image(self, place: int) -> LabelledImage:
        start = self._ends[place - 1] if place else 0
        source = _unpacked(self._sources[start : self._ends[place]])
        name = self._classes[_class_of(source)]
        return LabelledImage(
            root=self._root,
            source=source,
            class_name=name,
            is_background=name in self._background,
            size_bytes=self._sizes_bytes[place],
            mtime_ns=self._mtimes_ns[place],
        )


def _class_of(source: str) -> str:
    return source.partition("/")[0]


def _packed(text: str) -> bytes:
    # Surrogates are kept as they are, whatever the names' encoding: what comes out is what went in.
    return text.encode("utf-8", "surrogatepass")


def _unpacked(packed: bytearray) -> str:
    return packed.decode("utf-8", "surrogatepass")
