"""Lists of classes as text files: one a line, or `labelmap.txt`."""

from __future__ import annotations

from annot_core.readers.file_listing import FileListing
from annot_core.readers.findings import TakeFinding
from annot_core.readers.texts import read_lines

LABELMAP = "labelmap.txt"
PLAIN_LISTS = ("classes.txt", "obj.names", "predefined_classes.txt")


def read_class_list(files: FileListing, path: str, found: TakeFinding) -> tuple[str, ...]:
    """Return the classes of a text file: a line each, or the first field of `label:color_rgb:parts:actions`."""
    lines = [line for _, line in read_lines(files.root, path, found)]
    if path.rpartition("/")[2] == LABELMAP:
        return tuple(line.partition(":")[0].strip() for line in lines if not line.startswith("#"))
    return tuple(lines)


def first_class_list(
    files: FileListing, candidates: tuple[str, ...], found: TakeFinding
) -> tuple[tuple[str, ...], str]:
    """Return the classes of the first of the files that is there, and its path; nothing where none is."""
    for path in candidates:
        if path in files:
            return read_class_list(files, path, found), path
    return (), ""
