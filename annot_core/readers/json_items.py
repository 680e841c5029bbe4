"""A large JSON file item by item, so that it is never whole in memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

_CHUNK: Final = 1 << 20
_SPACE: Final = " \t\r\n"
# A value that is cut off fails within so many characters of the end: a number, a literal, an escape.
_CUT: Final = 16


class JsonError(ValueError):
    """A text that is no JSON object; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def json_items(path: Path, chunk: int = _CHUNK) -> Iterator[tuple[str, int, Any]]:
    """Yield what the object in a JSON file holds: (key, index, item) of each list, (key, -1, value) of the rest.

    A list gives (key, -1, []) before its items, so that an empty one is known too.

    Args:
        path: the file, in UTF-8 or with a byte order mark.
        chunk: how many bytes are read at once.

    Raises:
        JsonError: it is no such file from some line on; what came before was yielded.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        source = _Source(stream, chunk)
        source.expect("{")
        if source.peek() == "}":
            source.expect("}")
            source.end()
            return
        while True:
            key = source.value()
            if not isinstance(key, str):
                raise source.error(f"expected a name in quotes, found {str(key)[:40]!r}")
            source.expect(":")
            if source.peek() == "[":
                yield key, -1, []
                yield from ((key, index, item) for index, item in enumerate(_list(source)))
            else:
                yield key, -1, source.value()
            if source.peek() != ",":
                break
            source.expect(",")
        source.expect("}")
        source.end()


def _list(source: _Source) -> Iterator[Any]:
    source.expect("[")
    if source.peek() != "]":
        yield source.value()
        while source.peek() == ",":
            source.expect(",")
            yield source.value()
    source.expect("]")


class _Source:
    """The text of a file that is still to be parsed, of which only a window is in memory."""

    def __init__(self, stream: IO[bytes], chunk: int) -> None:
        self._stream = stream
        self._chunk = chunk
        self._decoder = json.JSONDecoder()
        head = stream.read(chunk)
        encoding = "utf-8-sig"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        # What is no UTF-8 stays as it is on disk, as in the names of files.
        errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
        self._text_of = codecs.getincrementaldecoder(encoding)(errors)
        self._is_ended = len(head) < chunk
        self._window = self._text_of.decode(head, self._is_ended)
        self._at = 0
        self._line = 1

    def error(self, reason: str, ahead: int = 0) -> JsonError:
        """Return the error for what stands `ahead` characters from here."""
        return JsonError(self._line + self._window.count("\n", 0, self._at + ahead), reason)

    def peek(self) -> str:
        """Return the next character that is no white space, empty at the end."""
        while True:
            while self._at < len(self._window):
                if self._window[self._at] not in _SPACE:
                    return self._window[self._at]
                self._at += 1
            if self._is_ended:
                return ""
            self._more(self._chunk)

    def expect(self, char: str) -> None:
        """Go past a character."""
        found = self.peek()
        if found != char:
            raise self.error(f"expected {char!r}, found {found!r}" if found else f"expected {char!r}, found the end")
        self._at += 1

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.peek():
            raise self.error(f"expected the end, found {self.peek()!r}")

    def value(self) -> Any:
        """Parse a value."""
        self.peek()
        wanted = self._chunk
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated") or error.pos + _CUT >= len(self._window)
                if self._is_ended or not is_cut:
                    raise self.error(error.msg, error.pos - self._at) from error
            except RecursionError as error:
                raise self.error("too many brackets in each other") from error
            else:
                # A number near the end of the window may go on: 1 of 1.5, or of 1e-9.
                if self._is_ended or end + _CUT < len(self._window):
                    self._at = end
                    return value
            self._more(wanted)
            wanted *= 2

    def _more(self, size: int) -> None:
        """Let go of what was parsed, and read on."""
        data = self._stream.read(size)
        self._is_ended = len(data) < size
        self._line += self._window.count("\n", 0, self._at)
        self._window = self._window[self._at :] + self._text_of.decode(data, self._is_ended)
        self._at = 0
