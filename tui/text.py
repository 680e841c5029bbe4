"""Showing names and messages that may hold anything."""

from __future__ import annotations

import unicodedata

LONGEST = 200
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_HARMFUL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str, longest: int = LONGEST) -> str:
    """Return a name as one line that a terminal can show safely, with markup left as it is.

    Control and format characters (escape sequences, line breaks, right-to-left marks) and bytes that are
    no text become the replacement character; what is longer than `longest` is cut in the middle.
    """
    shown = "".join(_REPLACEMENT if unicodedata.category(each) in _HARMFUL else each for each in text)
    if len(shown) <= longest:
        return shown
    half = (longest - 1) // 2
    return f"{shown[:half]}…{shown[-half:]}"


def last_line(text: str) -> str:
    """Return the last line that is not blank, which in a traceback says what was wrong."""
    return text.strip().rpartition("\n")[2].strip()
