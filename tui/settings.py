"""The settings file: what a person wants other than it is."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annot_core.errors import UsageError
from tui.keys import BINDINGS, KeyBinding, bind_keys

AUTO = "auto"

QUALITIES = (AUTO, "lossless", "finest", "fine", "good", "fair", "rough", "coarse", "coarsest")
"""How fine frames are: as the line allows, or always of one level. The names are those of `frame.quality`, written
out so that reading the settings does not wait for numpy."""

COLORS = (AUTO, "truecolor", "256", "16", "none")
GRAPHICS = (AUTO, "halfblock", "sixel", "kitty")

_CHOICES = {"quality": QUALITIES, "colors": COLORS, "graphics": GRAPHICS}
_KEYS, _THEME = "keys", "theme"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the settings file says, or what holds without one.

    Attributes:
        bindings: every key, those that the file changes among them.
        quality: one of `QUALITIES`.
        colors: one of `COLORS`.
        graphics: one of `GRAPHICS`.
        theme: the name of a theme, which is for the app to find; None for its own choice.
    """

    bindings: tuple[KeyBinding, ...] = BINDINGS
    quality: str = AUTO
    colors: str = AUTO
    graphics: str = AUTO
    theme: str | None = None


def settings_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the settings file lies, if there is one: under `$XDG_CONFIG_HOME`, else `~/.config`.

    A relative `$XDG_CONFIG_HOME` is passed over, as its specification asks
    (https://specifications.freedesktop.org/basedir-spec/latest/).
    """
    given = Path(environ.get("XDG_CONFIG_HOME", ""))
    base = given if given.is_absolute() else Path(environ.get("HOME", "~")).expanduser() / ".config"
    return base / "autoannot-tui" / "settings.toml"


def load_settings(path: Path) -> Settings:
    """Read the settings file at `path`; without one, the settings are the usual ones.

    Raises:
        UsageError: the file cannot be read, is not TOML, has a setting or binding that does not exist, a value
            of another type, a key that there is not, or one key for two things.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or no TOML
        raise _wrong(path, f"expected settings in TOML, but: {error}") from error
    try:
        return _read(content)
    except UsageError as error:
        raise _wrong(path, str(error)) from error


def _wrong(path: Path, what: str) -> UsageError:
    return UsageError(f"{str(path)!r}: {what}; mend the file, or move it away to use the usual settings")


def _read(content: Mapping[str, Any]) -> Settings:
    known = (*_CHOICES, _THEME, _KEYS)
    unknown = [name for name in content if name not in known]
    if unknown:
        raise UsageError(f"expected settings out of {', '.join(known)}, found {unknown[0]!r}")
    chosen = {name: _choice(name, content[name]) for name in _CHOICES if name in content}
    return Settings(bindings=_bindings(content.get(_KEYS, {})), theme=_theme(content.get(_THEME)), **chosen)


def _choice(name: str, value: object) -> str:
    choices = _CHOICES[name]
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(f'"{choice}"' for choice in choices)
        raise UsageError(f"expected {name} to be one of {listed}, found {value!r}")
    return value


def _theme(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise UsageError(f"expected {_THEME} to be the name of a theme, found {value!r}")
    return value


def _bindings(table: object) -> tuple[KeyBinding, ...]:
    if not isinstance(table, dict):
        raise UsageError(f"expected [{_KEYS}] to be a table, found {table!r}")
    for binding, keys in table.items():
        if not isinstance(keys, str):
            raise UsageError(f'expected the keys of {binding} as text, as in {binding} = "k,space", found {keys!r}')
    return bind_keys(table)
