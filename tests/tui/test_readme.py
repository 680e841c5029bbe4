"""What the README says of the review holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tui.keys import help_rows
from tui.settings import COLORS, GRAPHICS, QUALITIES, load_settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
REVIEW = README.partition("\n## Review\n")[2].partition("\n## ")[0]


def table() -> list[tuple[str, str, str]]:
    """The table of keys as (where, keys, help), down the columns of each part."""
    columns: dict[str, tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]] = {}
    where = ""
    for line in re.findall(r"^\|(.*)\|$", REVIEW, flags=re.MULTILINE)[2:]:
        place, *cells = (cell.strip() for cell in line.split("|"))
        where = place or where
        for column, (keys, text) in zip(columns.setdefault(where, ([], [])), (cells[:2], cells[2:]), strict=True):
            if text:
                column.append((where, keys.replace("`", ""), text))
    return [row for left, right in columns.values() for row in (*left, *right)]


def test_the_table_of_keys_is_that_of_the_bindings() -> None:
    assert table() == [(row.context.value, row.keys, row.help) for row in help_rows()]


def test_the_settings_are_usable_as_they_stand_there(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", REVIEW, flags=re.DOTALL)
    path = tmp_path / "settings.toml"
    path.write_text(example, encoding="utf-8")
    settings = load_settings(path)
    assert settings.quality == tomllib.loads(example)["quality"] == "good"
    assert {one.id: one.keys for one in settings.bindings}["keep"] == ("k", "space", "right")


def test_every_word_of_the_display_options_is_named() -> None:
    named = set(re.findall(r"`([a-z0-9]+)`", REVIEW))
    assert {*COLORS, *GRAPHICS} - {"auto"} <= named
    assert {QUALITIES[1], QUALITIES[-1]} <= named


def test_the_screen_is_shown_as_large_as_it_is_said_to_be() -> None:
    (screen,) = (block for block in re.findall(r"```\n(.*?)```", REVIEW, flags=re.DOTALL) if "autoannot" in block)
    lines = screen.splitlines()
    assert len(lines) == 24
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(" autoannot ")
