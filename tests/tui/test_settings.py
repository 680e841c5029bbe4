"""The settings file: read as written, or refused with a reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from annot_core.errors import UsageError
from tui.frame.depth import ColorDepth
from tui.frame.quality import LEVELS
from tui.keys import BINDINGS, bind_keys
from tui.settings import COLORS, GRAPHICS, QUALITIES, Settings, load_settings, settings_path
from tui.terminal.capabilities import Graphics


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_CONFIG_HOME": "/etc/mine", "HOME": "/home/me"}, "/etc/mine/autoannot-tui/settings.toml"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/home/me"}, "/home/me/.config/autoannot-tui/settings.toml"),
        ({"XDG_CONFIG_HOME": "here", "HOME": "/home/me"}, "/home/me/.config/autoannot-tui/settings.toml"),
        ({"HOME": "/home/me"}, "/home/me/.config/autoannot-tui/settings.toml"),
    ],
    ids=["given", "empty", "relative", "not given"],
)
def test_where_the_file_lies(environ: dict[str, str], path: str) -> None:
    assert settings_path(environ) == Path(path)


def test_without_a_file_the_settings_are_the_usual_ones(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "no" / "settings.toml") == Settings()
    assert Settings().bindings == BINDINGS


def test_the_choices_are_those_of_the_rooms_that_take_them() -> None:
    assert ("auto", *(level.name for level in LEVELS)) == QUALITIES
    assert ("auto", *ColorDepth) == COLORS
    assert ("auto", *Graphics) == GRAPHICS


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "# nothing yet\n[keys]\n")) == Settings()


def test_everything_can_be_set(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        quality = "good"
        colors = "256"
        graphics = "kitty"
        theme = "nord"
        [keys]
        keep = "y,space"
        adjust-leave = "escape,w"
        """,
    )
    bindings = bind_keys({"keep": "y,space", "adjust-leave": "escape,w"})
    assert load_settings(path) == Settings(bindings, "good", "256", "kitty", "nord")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colours = 'none'", "expected settings out of quality, colors, graphics, theme, keys, found 'colours'"),
        ("colors = 256", 'expected colors to be one of "auto", "truecolor", "256", .*, found 256'),
        ("quality = 'superb'", "expected quality to be one of .*, found 'superb'"),
        ("graphics = ['kitty']", r"expected graphics to be one of .*, found \['kitty'\]"),
        ("theme = true", "expected theme to be the name of a theme, found True"),
        ("theme = ''", "expected theme to be the name of a theme, found ''"),
        ("keys = 'k'", r"expected \[keys\] to be a table, found 'k'"),
        ("[keys]\nkeep = ['k']", r"""expected the keys of keep as text, as in keep = "k,space", found \['k'\]"""),
        ("[keys.keep]\nk = 'x'", "expected the keys of keep as text"),
        ("[keys]\nkep = 'k'", "expected the id of a key binding, found 'kep'"),
        ("[keys]\nkeep = 'd'", "found 'd' for both keep and drop"),
        ("[keys]\nkeep = 'hyper'", "found 'hyper'"),
        ("colors = ", "expected settings in TOML, but: "),
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=message) as caught:
        load_settings(path)
    assert str(caught.value).startswith(repr(str(path)))
    assert "mend the file" in str(caught.value)


def no_text(path: Path) -> None:
    path.write_bytes(b"theme = '\xff'")


@pytest.mark.parametrize("make", [Path.mkdir, no_text], ids=["a folder", "no text"])
def test_what_cannot_be_read_is_told_too(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "settings.toml")
    with pytest.raises(UsageError, match="expected settings in TOML"):
        load_settings(tmp_path / "settings.toml")
