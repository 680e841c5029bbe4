"""Names that every reader takes: image ids for file names, labels for classes.

An id becomes a file name, an XML text and a word in lists that readers split on white space; a label
becomes a line in class lists. Whatever a folder or a file is called, these functions give a name that
survives all of that, and that depends on nothing but their arguments.
"""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_ID_BYTES: Final = 139
"""The most UTF-8 bytes of an id: with `.xml` that is 143, the least that file systems in use allow
for a name (eCryptfs, which encrypted home folders lie on; elsewhere it is 255)."""

_FALLBACK_ID: Final = "image"
_FALLBACK_LABEL: Final = "class"
_DIGEST_BYTES: Final = 6
_KEY_BYTES: Final = 8

# Windows opens a device instead of a file where the part before the first dot is one of these.
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul"} | {device + digit for device in ("com", "lpt") for digit in "0123456789¹²³"}
)
# Letters and marks that show as nothing: two ids that differ only in one look the same to a person.
_INVISIBLE: Final = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0]
).union(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Joiners hold emoji and the letters of some scripts together; no other format character has a use.
_JOINERS: Final = frozenset("\u200c\u200d")


class _IdCharacters(dict[int, str]):
    """A table for `str.translate` that works out each character once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kept = char in "._-" or char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")
        self[code] = char if kept and code not in _INVISIBLE else "_"
        return self[code]


class _LabelCharacters(dict[int, str]):
    """The same for labels, which may hold spaces and punctuation."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = unicodedata.category(char)
        if char.isspace():
            self[code] = " "
        elif kind in ("Cc", "Cf", "Cs") or char in ":\ufffe\uffff":
            self[code] = char if char in _JOINERS else "_"
        else:
            self[code] = char
        return self[code]


_ID_CHARACTERS: Final = _IdCharacters()
_LABEL_CHARACTERS: Final = _LabelCharacters()


def clean_id(name: str) -> str:
    """Return the id nearest to `name`; a name that already is an id comes back as it is.

    Letters, digits and their marks stay (NFC), as do `.`, `_` and `-` except at the beginning, where
    readers take them for a hidden file or an option; everything else becomes `_`. A name that is longer
    than `MAX_ID_BYTES` is cut and ends in a hash of the whole; one with no letter or digit is `image`.
    """
    text = unicodedata.normalize("NFC", name).translate(_ID_CHARACTERS)
    if not text.strip("._-"):
        return _FALLBACK_ID
    if text[0] in ".-":
        text = "_" + text[1:]
    if text.partition(".")[0].lower() in _DEVICES:
        text = "_" + text
    return _shortened(text)


def file_key(name: str) -> str:
    """Return what is equal for any two names that some file system takes for the same file.

    macOS and Windows ignore the case of letters, macOS also how an accent is encoded. The key is coarser
    than either (it uses compatibility forms), which costs at worst a needless prefix.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.upper()).casefold())


def image_ids(images: Sequence[tuple[str, str]], taken: Collection[str] = ()) -> tuple[str, ...]:
    """Name images so that no two ids, old or new, can mean the same file on any file system.

    An id is the stem of the file's name where no other image has it, else `<class>-<stem>`, else that
    with `-2`, `-3` and so on, in the order of the sources. So the ids do not depend on the order of
    `images`; they do on which images there are, so whoever needs them again must keep them.

    Args:
        images: the class name and the source (relative path with forward slashes) of each image.
        taken: ids that are in use already.

    Returns:
        One id for each image, in the order of `images`.
    """
    # Names are looked at wherever a file is written, also where numpy would be the only heavy thing to load.
    import numpy as np

    ids = [clean_id(_stem(source)) for _, source in images]
    keys = _digests(ids)
    used = np.unique(_digests(taken))
    _, group, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    is_alone = sizes[group] == 1
    crowded = np.flatnonzero(~is_alone | np.isin(keys, used))
    used = np.union1d(used, keys[is_alone])
    for index, name in _told_apart(images, _in_source_order(images, crowded.tolist()), used):
        ids[index] = name
    return tuple(ids)


def class_labels(class_names: Iterable[str]) -> dict[str, str]:
    """Return the label that files carry for each class name.

    White space of any kind becomes one plain space, and none stays at the ends; control and format
    characters, undecodable bytes, what XML forbids, and `:` (which ends a label in `labelmap.txt`)
    become `_`, as does a `#` at the beginning (which begins a comment there). Labels are unique: where
    two would be equal, the name that needed no change keeps its label and others get `_2`, `_3`.

    Args:
        class_names: names of class folders, each once or more.

    Returns:
        Label by class name, in the order of `class_names`.
    """
    plain = {name: _plain_label(name) for name in class_names}
    used: set[str] = set()
    labels = {}
    for name in sorted(plain, key=lambda name: (plain[name] != name, name)):
        labels[name] = next(label for label in _numbered(plain[name], "_") if label not in used)
        used.add(labels[name])
    return {name: labels[name] for name in plain}


def _stem(source: str) -> str:
    """Return a source's file name without its ending; a name that begins with its only dot has none."""
    name = source.rpartition("/")[2]
    stem, _, _ = name.rpartition(".")
    return stem or name


def _digest(name: str) -> int:
    """Return eight bytes that stand for a name's `file_key`, of which a million have to be in memory together.

    They are the same for other keys only once in 10**19 pairs, which then costs a needless prefix or number.
    """
    key = file_key(name).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(key, digest_size=_KEY_BYTES).digest())


def _digests(names: Collection[str]) -> NDArray[np.uint64]:
    import numpy as np

    return np.fromiter(map(_digest, names), dtype=np.uint64, count=len(names))


def _in_source_order(images: Sequence[tuple[str, str]], indices: list[int]) -> list[int]:
    """Return indices of images in the order of their sources; sorting takes much memory, so not in vain."""
    if all(images[one][::-1] <= images[next_one][::-1] for one, next_one in itertools.pairwise(indices)):
        return indices
    return sorted(indices, key=lambda index: images[index][::-1])


def _told_apart(
    images: Sequence[tuple[str, str]], indices: Sequence[int], used: NDArray[np.uint64]
) -> Iterator[tuple[int, str]]:
    """Yield an id with the class in it for each of `indices`, which has none of the sorted digests in `used`."""
    import numpy as np

    def prefixed(index: int) -> str:
        class_name, source = images[index]
        return clean_id(f"{class_name}-{_stem(source)}")

    keys = np.fromiter((_digest(prefixed(index)) for index in indices), dtype=np.uint64, count=len(indices))
    # The first one of those alike keeps its name, unless it is used already.
    unique, first = np.unique(keys, return_index=True)
    is_free = np.zeros(len(keys), dtype=np.bool_)
    is_free[first] = ~np.isin(unique, used)
    for place in np.flatnonzero(is_free).tolist():
        yield indices[place], prefixed(indices[place])
    # Numbers come last, so that none takes the name that a prefix alone would give to another image.
    # One counter for each name makes this linear: no number is tried twice.
    waiting = np.flatnonzero(~is_free).tolist()
    given = set(used.tolist()).union(unique.tolist()) if waiting else set()
    numbered: dict[int, Iterator[str]] = {}
    for place in waiting:
        names = numbered.setdefault(int(keys[place]), _numbered(prefixed(indices[place]), "-"))
        for name in map(_shortened, names):
            if (key := _digest(name)) not in given:
                break
        given.add(key)
        yield indices[place], name


def _numbered(name: str, joint: str) -> Iterator[str]:
    """Yield the name, then the name with 2, 3, 4, ... behind it."""
    yield name
    number = 2
    while True:
        yield f"{name}{joint}{number}"
        number += 1


def _shortened(text: str) -> str:
    """Return `text` if it fits in `MAX_ID_BYTES`, else its beginning and a hash of the whole."""
    encoded = text.encode()
    if len(encoded) <= MAX_ID_BYTES:
        return text
    digest = hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()
    return encoded[: MAX_ID_BYTES - len(digest) - 1].decode(errors="ignore") + "_" + digest


def _plain_label(name: str) -> str:
    """Return the label nearest to a class name, unique or not."""
    text = " ".join(unicodedata.normalize("NFC", name).translate(_LABEL_CHARACTERS).split())
    if text.startswith("#"):
        text = "_" + text[1:]
    return text or _FALLBACK_LABEL
