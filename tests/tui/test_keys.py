"""Keys: the ones of the issue, their names, and what a person may make of them."""

import string

import pytest
from textual.keys import KEY_ALIASES, Keys, _character_to_key

from annot_core.errors import UsageError
from tui.keys import BINDINGS, Context, KeyBinding, bind_keys, bindings_of, help_rows, key_label, key_name


def keys_of(binding_id: str, bindings: tuple[KeyBinding, ...] = BINDINGS) -> tuple[str, ...]:
    (found,) = [binding for binding in bindings if binding.id == binding_id]
    return found.keys


@pytest.mark.parametrize(
    ("context", "keys"),
    [
        (Context.REVIEW, "k space d 1 2 3 4 5 tab a l c n p left right N g G : u U m + - z b f s A v x q ?"),
        (Context.ADJUST, "h j k l H J K L left down up right shift+left shift+right tab [ ] r enter escape q ?"),
        (Context.GALLERY, "d enter v left right up down u U x q ?"),
        (Context.START, "enter q ?"),
        (Context.SUMMARY, "x escape q ?"),
    ],
)
def test_every_key_that_was_promised_is_bound(context: Context, keys: str) -> None:
    bound = {key for binding in bindings_of(context) for key in binding.keys}
    assert {key_name(key) for key in keys.split()} <= bound


def test_bindings_have_ids_of_their_own_and_all_they_need() -> None:
    assert len({binding.id for binding in BINDINGS}) == len(BINDINGS)
    for binding in BINDINGS:
        assert binding.keys
        assert binding.action
        assert 0 < len(binding.help) <= 40
        assert set(binding.id) <= set(string.ascii_lowercase + string.digits + "-"), "a bare key in TOML"


def test_the_keys_do_not_conflict_and_are_written_by_their_names() -> None:
    assert bind_keys() == BINDINGS
    assert [key for binding in BINDINGS for key in binding.keys if key_name(key) != key] == []


def test_no_key_is_one_that_terminals_or_shells_take_away() -> None:
    keys = {key for binding in BINDINGS for key in binding.keys}
    assert not any("ctrl" in key or "alt" in key for key in keys)


@pytest.mark.parametrize("character", list(string.ascii_letters + string.digits + string.punctuation))
def test_a_character_has_the_name_that_textual_gives_it(character: str) -> None:
    assert key_name(character) == _character_to_key(character)
    assert key_name(_character_to_key(character)) == _character_to_key(character)


@pytest.mark.parametrize("character", ["é", "ß", "«", "猫"])
def test_characters_of_other_keyboards_have_their_names_too(character: str) -> None:
    assert key_name(character) == _character_to_key(character)


@pytest.mark.parametrize("key", sorted({key.split("+")[-1] for one in BINDINGS for key in one.keys if len(key) > 1}))
def test_named_keys_are_textuals(key: str) -> None:
    assert key in {each.value for each in Keys} or key in {_character_to_key(sign) for sign in string.punctuation}


def test_keys_that_textual_takes_for_one_are_one() -> None:
    assert {name: key_name(alias) for name, (alias, *_) in KEY_ALIASES.items() if name in ("tab", "enter")} == {
        "tab": "tab",
        "enter": "enter",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shift+n", "N"),
        ("Shift+Up", "shift+up"),
        ("ESC", "escape"),
        ("return", "enter"),
        ("ctrl+i", "tab"),
        ("Ctrl+N", "ctrl+n"),
        ("alt+ctrl+n", "alt+ctrl+n"),
        ("ctrl+alt+n", "alt+ctrl+n"),
        ("F5", "f5"),
        (" k ", "k"),
    ],
)
def test_keys_may_be_written_in_several_ways(text: str, name: str) -> None:
    assert key_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "kk", "f25", "super+k", "shift+1", "shift+?", "ctrl+shift+n", "ctrl+", "shift+ß", "\x01"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a key such as"):
        key_name(text)


def test_a_person_chooses_other_keys() -> None:
    bound = bind_keys({"keep": "y, ?", "help": "f1", "drop": ""})
    assert (keys_of("keep", bound), keys_of("help", bound), keys_of("drop", bound)) == (
        ("y", "question_mark"),
        ("f1",),
        (),
    )
    assert [one for one in bound if one.id not in ("keep", "help", "drop")] == [
        one for one in BINDINGS if one.id not in ("keep", "help", "drop")
    ]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"kep": "k"}, "expected the id of a key binding, found 'kep'; the ids are keep, drop"),
        ({"keep": "d"}, "in review, found 'd' for both keep and drop"),
        ({"keep": "q"}, "in review, found 'q' for both keep and quit"),
        ({"quit": "r"}, "in adjust, found 'r' for both adjust-reset and quit"),
        ({"help": "q"}, "found 'q' for both help and quit"),
        ({"keep": "ctrl+i"}, "found 'tab' for both keep and next-candidate"),
        ({"keep": "?"}, r"found '\?' for both keep and help"),
        ({"quit": ""}, "expected a key for quit, found none"),
        ({"keep": "k,nokey"}, "keep: expected a key such as .*, found 'nokey'"),
        ({"keep": "k,,d"}, "keep: expected a key such as"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(chosen: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bind_keys(chosen)


def test_one_key_may_do_different_things_in_different_places() -> None:
    assert keys_of("adjust-right", bind_keys({"adjust-right": "d"})) == ("d",)


def test_keys_can_be_swapped() -> None:
    bound = bind_keys({"keep": "d", "drop": "k"})
    assert (keys_of("keep", bound), keys_of("drop", bound)) == (("d",), ("k",))


def test_the_table_of_keys_reads_as_a_keyboard_does() -> None:
    rows = help_rows(bind_keys({"drop": ""}))
    assert [row.help for row in rows] == [binding.help for binding in BINDINGS if binding.id != "drop"]
    shown = {row.help: (row.context, row.keys) for row in rows}
    assert shown["keep the box"] == (Context.REVIEW, "k space")
    assert shown["show the keys"] == (Context.EVERYWHERE, "?")
    assert shown["go to a number or name"] == (Context.REVIEW, ":")
    assert shown["wider, or the edge to the right"] == (Context.ADJUST, "L shift+right")
    assert key_label("ctrl+question_mark") == "ctrl+?"
