"""Names that every reader takes: image ids for file names, labels for classes.

An id becomes a file name, an XML text and a word in lists that readers split on white space; a label
becomes a line in class lists. Whatever a folder or a file is called, these functions give a name that
survives all of that, and that depends on nothing but their arguments.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

MAX_ID_BYTES: Final = 139
"""The most UTF-8 bytes of an id: with `.xml` that is 143, the least that file systems in use allow
for a name (eCryptfs, which encrypted home folders lie on; elsewhere it is 255)."""

_FALLBACK_ID: Final = "image"
_FALLBACK_LABEL: Final = "class"
_DIGEST_BYTES: Final = 6

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
    used = {file_key(name) for name in taken}
    stems = [clean_id(_stem(source)) for _, source in images]
    keys = [file_key(stem) for stem in stems]
    counts = Counter(keys)
    ids = stems
    crowded = [index for index, key in enumerate(keys) if counts[key] > 1 or key in used]
    used.update(keys[index] for index in range(len(images)) if counts[keys[index]] == 1)
    for index, name in _told_apart(images, sorted(crowded, key=lambda index: images[index][::-1]), used):
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


def _told_apart(images: Sequence[tuple[str, str]], indices: Sequence[int], used: set[str]) -> Iterator[tuple[int, str]]:
    """Yield an id with the class in it for each of `indices`, adding its key to `used`."""
    prefixed = {index: clean_id(f"{images[index][0]}-{_stem(images[index][1])}") for index in indices}
    waiting = []
    for index, name in prefixed.items():
        key = file_key(name)
        if key in used:
            waiting.append((index, name, key))
        else:
            used.add(key)
            yield index, name
    # Numbers come last, so that none takes the name that a prefix alone would give to another image.
    # One counter for each name makes this linear: no number is tried twice.
    numbered: dict[str, Iterator[str]] = {}
    for index, name, key in waiting:
        names = numbered.setdefault(key, _numbered(name, "-"))
        free = next(short for short in map(_shortened, names) if file_key(short) not in used)
        used.add(file_key(free))
        yield index, free


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
