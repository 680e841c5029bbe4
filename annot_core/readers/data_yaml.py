"""The part of YAML that data sets' `data.yaml` are written in.

That is a map of scalars, lists and maps, each in blocks or in brackets. Every scalar stays a text: that
a class is called `no` or `1` must not make it a truth or a number (https://yaml.org/spec/1.2.2).
"""

from __future__ import annotations

import re
from typing import Final

Value = str | list["Value"] | dict[str, "Value"]

_ENTRY: Final = re.compile(r"""^((?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"\[\]{}#][^#]*?))\s*:(?:\s+(.*))?$""")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class YamlError(ValueError):
    """A text that is not of that part of YAML; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def parse_yaml(text: str) -> dict[str, Value]:
    """Return the map that a YAML text holds.

    Raises:
        YamlError: it holds none, or what is no part of `data.yaml` files.
    """
    lines = _logical_lines(text)
    value = _Block(lines).value(0)
    if not isinstance(value, dict):
        raise YamlError(1, "expected a map `key: value`")
    return value


def _logical_lines(text: str) -> list[tuple[int, int, str]]:
    """Return (line, indentation, text) without comments and markers; brackets that span lines are joined."""
    found: list[tuple[int, int, str]] = []
    open_since = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        bare = _without_comment(raw)
        if not bare.strip() or bare.strip() in ("---", "...") or bare.startswith("%"):
            continue
        if open_since:
            line, indent, before = found[-1]
            found[-1] = (line, indent, f"{before} {bare.strip()}")
        else:
            if "\t" in bare[: len(bare) - len(bare.lstrip())]:
                raise YamlError(number, "expected spaces before a line, found a tab")
            found.append((number, len(bare) - len(bare.lstrip()), bare.strip()))
        open_since = found[-1][0] if _depth(found[-1][2]) > 0 else 0
    if open_since:
        raise YamlError(open_since, "expected a bracket to be closed")
    return found


def _without_comment(line: str) -> str:
    """Cut off a comment: a `#` outside of quotes, at the beginning or after white space."""
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[at - 1] != "\\" else quote
        elif char in "\"'" and (at == 0 or line[at - 1] in " [{,:-"):
            quote = char
        elif char == "#" and (at == 0 or line[at - 1].isspace()):
            return line[:at].rstrip()
    return line.rstrip()


def _depth(text: str) -> int:
    """Return how many brackets are open at the end of a text."""
    if not re.search(r"(?:^|[:\-]\s+)[\[{]", text):
        return 0
    bare = re.sub(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""", "", text)
    return sum(bare.count(char) for char in "[{") - sum(bare.count(char) for char in "]}")


class _Block:
    """Lines that are read from the first to the last."""

    def __init__(self, lines: list[tuple[int, int, str]]) -> None:
        self._lines = lines
        self._at = 0

    def value(self, least: int) -> Value:
        """Return the list or map that begins here, if it is indented by `least` or more."""
        if self._at >= len(self._lines) or self._lines[self._at][1] < least:
            return ""
        line, indent, text = self._lines[self._at]
        if text == "-" or text.startswith("- "):
            return self._list(indent)
        if _ENTRY.match(text):
            return self._map(indent)
        self._at += 1
        return scalar_or_flow(text, line)

    def _list(self, indent: int) -> list[Value]:
        items: list[Value] = []
        while self._at < len(self._lines) and self._lines[self._at][1] == indent:
            line, _, text = self._lines[self._at]
            if not (text == "-" or text.startswith("- ")):
                break
            self._at += 1
            rest = text[1:].strip()
            items.append(scalar_or_flow(rest, line) if rest else self.value(indent + 1))
        return items

    def _map(self, indent: int) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        while self._at < len(self._lines) and self._lines[self._at][1] == indent:
            line, _, text = self._lines[self._at]
            entry = _ENTRY.match(text)
            if entry is None:
                raise YamlError(line, f"expected `key: value`, found {text[:40]!r}")
            self._at += 1
            key, rest = _scalar(entry[1]), (entry[2] or "").strip()
            # A list may stand under its key without being indented.
            least = indent if self._next_is_item(indent) else indent + 1
            entries[key] = scalar_or_flow(rest, line) if rest else self.value(least)
        if self._at < len(self._lines) and self._lines[self._at][1] > indent:
            raise YamlError(self._lines[self._at][0], "expected no more indentation than above")
        return entries

    def _next_is_item(self, indent: int) -> bool:
        if self._at >= len(self._lines):
            return False
        _, found, text = self._lines[self._at]
        return found == indent and (text == "-" or text.startswith("- "))


def scalar_or_flow(text: str, line: int) -> Value:
    """Return what a text on one line stands for: a scalar, or a list or map in brackets."""
    if text[:1] not in ("[", "{"):
        return _scalar(text)
    value, at = _flow(text, 0, line, 0)
    if text[at:].strip():
        raise YamlError(line, f"expected the end of the line, found {text[at:].strip()[:40]!r}")
    return value


_TOKEN: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[\[\]{},]|:(?=\s|$)|(?:[^\[\]{},:]|:(?=\S))+)""")
_DEEPEST: Final = 20


def _flow(text: str, at: int, line: int, depth: int) -> tuple[Value, int]:
    """Read a value in brackets from `at`; return it and where it ends."""
    token, at = _token(text, at, line)
    if depth > _DEEPEST:
        raise YamlError(line, "expected fewer brackets in each other")
    if token == "[":
        return _flow_list(text, at, line, depth)
    if token == "{":
        return _flow_map(text, at, line, depth)
    if token in ("]", "}", ",", ":"):
        raise YamlError(line, f"expected a value, found {token!r}")
    return _scalar(token), at


def _flow_list(text: str, at: int, line: int, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while True:
        token, after = _token(text, at, line)
        if token == "]":
            return items, after
        if token == ",":
            at = after
        else:
            value, at = _flow(text, at, line, depth + 1)
            items.append(value)


def _flow_map(text: str, at: int, line: int, depth: int) -> tuple[dict[str, Value], int]:
    entries: dict[str, Value] = {}
    while True:
        key, at = _token(text, at, line)
        if key == "}":
            return entries, at
        if key == ",":
            continue
        colon, at = _token(text, at, line)
        if colon != ":":
            raise YamlError(line, f"expected `key: value`, found {key[:40]!r}")
        entries[_scalar(key)], at = _flow(text, at, line, depth + 1)


def _token(text: str, at: int, line: int) -> tuple[str, int]:
    found = _TOKEN.match(text, at)
    if found is None:
        raise YamlError(line, "expected a bracket to be closed")
    return found[1].strip(), found.end()


def _scalar(text: str) -> str:
    """Return a scalar's text without its quotes."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)", _unescaped, text[1:-1])
    return text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _ESCAPES.get(code, code)
