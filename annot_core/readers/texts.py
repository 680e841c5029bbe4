"""Text files of unknown origin: BOMs, line ends of all systems, bytes that are no UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from annot_core.readers.findings import Finding, Kind, TakeFinding

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(root: Path, path: str, found: TakeFinding) -> str | None:
    """Return a text file's text with line feeds alone between its lines; None, and a finding, if it cannot be read.

    Bytes that are no UTF-8 become surrogate escapes, as in the names of files, so that a name in a list
    still is that of its file; that is a finding too.
    """
    try:
        data = (root / path).read_bytes()
    except (OSError, ValueError) as error:
        found(unreadable(path, "a text file", error))
        return None
    text, is_utf8 = decoded(data)
    if not is_utf8:
        found(Finding(Kind.ENCODING, path, "UTF-8 text", "bytes of another encoding"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(root: Path, path: str, found: TakeFinding) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank with their numbers, from 1, without white space at their ends."""
    for number, line in enumerate((read_text(root, path, found) or "").split("\n"), start=1):
        if stripped := line.strip():
            yield number, stripped


def decoded(data: bytes) -> tuple[str, bool]:
    """Return text without its byte order mark, and whether it is well-formed Unicode."""
    encoding = "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    try:
        return data.decode(encoding), True
    except UnicodeDecodeError:
        return data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace"), False


def unreadable(path: str, expected: str, error: Exception, line: int = 0) -> Finding:
    """Return the finding that a file cannot be read."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return Finding(Kind.UNREADABLE, path, expected, reason, line)
