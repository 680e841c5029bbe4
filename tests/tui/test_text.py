from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text import LONGEST, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a photo (1).jpg", "a photo (1).jpg"),
        ("снимок \N{SNOWMAN} 猫", "снимок \N{SNOWMAN} 猫"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("a\nb\tc\rd", "a\ufffdb\ufffdc\ufffdd"),
        ("a\u202eb\u2028c", "a\ufffdb\ufffdc"),
        (os.fsdecode(b"\xff.jpg"), "\ufffd.jpg"),
        ("\x9b31m", "\ufffd31m"),
    ],
    ids=["plain", "letters", "markup", "escape", "breaks", "direction", "bytes", "csi"],
)
def test_name_becomes_one_harmless_line(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_what_is_shown_is_text_of_a_line_and_stays_as_it_is(text: str) -> None:
    shown = printable(text)
    assert len(shown) <= LONGEST
    assert len(f"{shown}.".splitlines()) == 1
    shown.encode()
    assert printable(shown) == shown


def test_long_name_keeps_its_beginning_and_its_end() -> None:
    shown = printable("begin" + "x" * 1000 + "end.jpg", longest=40)
    assert len(shown) <= 40
    assert shown.startswith("begin")
    assert shown.endswith("end.jpg")
    assert "…" in shown
