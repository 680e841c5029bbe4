"""Telling which format a file or folder is of."""

from __future__ import annotations

from pathlib import Path

from annot_core.errors import UsageError
from annot_core.file_kinds import ending, readable
from annot_core.readers.contract import ReadDataset, create_reader, reader_names

_PACKED = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".xz"})


def formats_of(path: Path) -> tuple[str, ...]:
    """Return the names of the formats that a file or folder is of, several where several lie in one folder.

    Raises:
        UsageError: there is nothing at `path`, it is packed, or it is of no format that can be read.
    """
    if not path.exists():
        raise UsageError(
            f"expected a data set or an annotation file, found nothing at {readable(path)}; check the path"
        )
    if path.is_file() and ending(path.name) in _PACKED:
        raise UsageError(f"expected a data set's folder or a file of it, found the archive {readable(path)}; unpack it")
    found = tuple(name for name in reader_names() if create_reader(name).recognizes(path))
    if not found:
        raise UsageError(
            f"expected Pascal VOC (Annotations/*.xml), YOLO (labels/*.txt or a data.yaml) or COCO (a JSON file) in"
            f" {readable(path)}, found none of them; check the path, or name the format with --format"
        )
    return found


def read_dataset(path: Path, format_name: str | None = None) -> ReadDataset:
    """Read a data set of one format.

    Args:
        path: its folder, or one of its annotation files.
        format_name: a name out of `reader_names()`; None: the one that it is of.

    Raises:
        UsageError: it is of none of the formats, or of several and none was named.
    """
    if format_name is None:
        found = formats_of(path)
        if len(found) > 1:
            raise UsageError(
                f"expected a data set of one format in {readable(path)}, found {' and '.join(found)}; choose one of"
                " them with --format"
            )
        (format_name,) = found
    elif not path.exists():
        formats_of(path)
    return create_reader(format_name).read(path)
