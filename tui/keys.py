"""Every key as data: what it does, where, and under which name it can be given another one."""

from __future__ import annotations

import enum
import itertools
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from annot_core.errors import UsageError


class Context(enum.StrEnum):
    """Where keys work: on one screen, or everywhere."""

    REVIEW = "review"
    ADJUST = "adjust"
    GALLERY = "gallery"
    START = "start"
    SUMMARY = "summary"
    HELP = "help"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """Keys that do one thing.

    Attributes:
        id: the name that a settings file calls it by.
        keys: Textual's names of the keys, the first one the one to show; none if a person unbound it.
        action: what it does, as Textual writes actions.
        help: what it does, in a few words for a person.
        context: where it works.
    """

    id: str
    keys: tuple[str, ...]
    action: str
    help: str
    context: Context


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A line of the table of keys: where they work, the keys as a person reads them, and what they do."""

    context: Context
    keys: str
    help: str


def _bind(context: Context, *rows: tuple[str, str, str, str]) -> tuple[KeyBinding, ...]:
    return tuple(KeyBinding(id_, tuple(keys.split()), action, text, context) for id_, keys, action, text in rows)


BINDINGS: tuple[KeyBinding, ...] = (
    *_bind(
        Context.REVIEW,
        ("keep", "k space", "keep", "keep the box"),
        ("drop", "d", "drop", "drop the image"),
        *((f"take-{n}", f"{n}", f"take({n})", f"take candidate {n} and keep it") for n in range(1, 6)),
        ("next-candidate", "tab", "next_candidate", "show the next candidate"),
        ("adjust", "a", "adjust", "adjust the box"),
        ("later", "l", "later", "leave for later"),
        ("class", "c", "choose_class", "change the class"),
        ("next", "n right down", "next", "next image, without a verdict"),
        ("previous", "p left up", "previous", "image before, without a verdict"),
        ("next-undecided", "N", "next_undecided", "next undecided image"),
        ("first", "g home", "first", "first image"),
        ("last", "G end", "last", "last image"),
        ("go-to", "colon", "go_to", "go to a number or name"),
        ("undo", "u", "undo", "undo"),
        ("redo", "U", "redo", "redo"),
        ("view", "m", "next_view", "photo, heat map, binary map"),
        ("threshold-up", "plus", "threshold(1)", "threshold up, the box follows"),
        ("threshold-down", "minus", "threshold(-1)", "threshold down, the box follows"),
        ("zoom", "z", "zoom", "zoom to the box, and back"),
        ("box", "b", "toggle_box", "box off and on"),
        ("filter", "f", "filter", "choose what is listed"),
        ("sort", "s", "sort", "sort by path, score or class"),
        ("keep-all", "A", "keep_all", "keep all with a score of at least"),
        ("gallery", "v", "gallery", "many images at once"),
        ("export", "x", "export", "summary and export"),
    ),
    *_bind(
        Context.ADJUST,
        ("adjust-left", "h left", "move(-1, 0)", "move to the left"),
        ("adjust-down", "j down", "move(0, 1)", "move down"),
        ("adjust-up", "k up", "move(0, -1)", "move up"),
        ("adjust-right", "l right", "move(1, 0)", "move to the right"),
        ("adjust-narrower", "H shift+left", "resize(-1, 0)", "narrower, or the edge to the left"),
        ("adjust-taller", "J shift+down", "resize(0, 1)", "taller, or the edge down"),
        ("adjust-shorter", "K shift+up", "resize(0, -1)", "shorter, or the edge up"),
        ("adjust-wider", "L shift+right", "resize(1, 0)", "wider, or the edge to the right"),
        ("adjust-next-edge", "tab", "next_edge", "next edge, or all of the box"),
        ("adjust-previous-edge", "shift+tab", "previous_edge", "edge before"),
        ("adjust-finer", "left_square_bracket", "finer", "smaller steps: 20, 5, 1 px"),
        ("adjust-coarser", "right_square_bracket", "coarser", "larger steps: 1, 5, 20 px"),
        ("adjust-reset", "r", "reset", "the box as it was"),
        ("adjust-keep", "enter", "keep_adjusted", "keep this box"),
        ("adjust-leave", "escape", "leave", "leave without a verdict"),
    ),
    *_bind(
        Context.GALLERY,
        ("gallery-left", "left h", "move(-1, 0)", "cursor to the left"),
        ("gallery-down", "down j", "move(0, 1)", "cursor down"),
        ("gallery-up", "up k", "move(0, -1)", "cursor up"),
        ("gallery-right", "right l", "move(1, 0)", "cursor to the right"),
        ("gallery-mark", "d space", "mark", "mark to be dropped, or not"),
        ("gallery-accept", "enter", "accept", "keep the rest of the page, go on"),
        ("gallery-next", "n pagedown", "next_page", "next page, without a verdict"),
        ("gallery-previous", "p pageup", "previous_page", "page before, without a verdict"),
        ("gallery-first", "g home", "first", "first page"),
        ("gallery-last", "G end", "last", "last page"),
        ("gallery-undo", "u", "undo", "undo"),
        ("gallery-redo", "U", "redo", "redo"),
        ("gallery-filter", "f", "filter", "choose what is listed"),
        ("gallery-sort", "s", "sort", "sort by path, score or class"),
        ("gallery-export", "x", "export", "summary and export"),
        ("gallery-leave", "v escape", "leave", "one image at a time"),
    ),
    *_bind(Context.START, ("start", "enter", "start", "start")),
    *_bind(
        Context.SUMMARY,
        ("summary-export", "x", "export", "write the annotations"),
        ("summary-leave", "escape", "leave", "back to the review"),
    ),
    *_bind(Context.HELP, ("help-leave", "escape", "leave", "back")),
    *_bind(
        Context.EVERYWHERE,
        ("help", "question_mark", "help", "show the keys"),
        ("restart", "R", "restart", "start the engine again after it stopped"),
        ("quit", "q", "quit", "quit; everything is saved"),
    ),
)
"""The keys as they are without settings, in the order of the help table."""

_ALWAYS_BOUND = "quit"

_NAMED = frozenset(
    {"backspace", "delete", "down", "end", "enter", "escape", "home", "insert", "left", "pagedown", "pageup"}
    | {"right", "space", "tab", "up"}
    | {f"f{number}" for number in range(1, 25)}
)
_SHORT_NAMES = {"solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at"}
_SHORT_NAMES |= {"hyphen_minus": "minus", "plus_sign": "plus", "low_line": "underscore"}
_SPELLINGS = {"esc": "escape", "return": "enter"}
# A terminal sends the same bytes for both.
_SAME_KEY = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape", "ctrl+space": "ctrl+at"}


def _name_of(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _SHORT_NAMES.get(name, name)


_CHARACTERS = {_name_of(chr(code)): chr(code) for code in range(33, 127) if not chr(code).isalnum()}
"""The characters behind the names of keys, as question_mark."""


def key_name(text: str) -> str:
    """Return Textual's name of a key as a person writes it: `?` and `question_mark`, `shift+n` and `N` are one.

    Raises:
        UsageError: there is no such key, or no terminal can tell it from others.
    """
    *modifiers, key = text.strip().split("+") if len(text.strip()) > 1 else [text.strip()]
    key = _plain_name(key, text)
    held = {modifier.lower() for modifier in modifiers}
    if not held <= {"ctrl", "shift", "alt"}:
        raise _no_key(text)
    if "shift" in held and key not in _NAMED:
        # What a keyboard makes of shift and another key is a character of its own; of a letter it is known.
        if held != {"shift"} or len(key) > 1 or len(key.upper()) > 1 or not key.isalpha():
            raise _no_key(text)
        held, key = set(), key.upper()
    elif "ctrl" in held and len(key) == 1:
        key = key.lower()
    name = "+".join([*sorted(held), key])
    return _SAME_KEY.get(name, name)


def key_label(key: str) -> str:
    """Return a key's name as a person reads it on the keyboard: `?` for question_mark."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, _CHARACTERS.get(last, last)])


def bind_keys(
    overrides: Mapping[str, str] | None = None, bindings: Sequence[KeyBinding] = BINDINGS
) -> tuple[KeyBinding, ...]:
    """Return the bindings with the keys that a person chose.

    Args:
        overrides: keys by the id of their binding, with commas between them; an empty text unbinds it.
        bindings: what there is.

    Raises:
        UsageError: an id or a key is unknown, two bindings of a context share a key, or quitting has no key.
    """
    chosen = dict(overrides or {})
    unknown = sorted(chosen.keys() - {binding.id for binding in bindings})
    if unknown:
        known = ", ".join(binding.id for binding in bindings)
        raise UsageError(f"expected the id of a key binding, found {unknown[0]!r}; the ids are {known}")
    bound = tuple(
        replace(binding, keys=_read_keys(binding.id, chosen[binding.id])) if binding.id in chosen else binding
        for binding in bindings
    )
    _check(bound)
    return bound


def bindings_of(context: Context, bindings: Iterable[KeyBinding] = BINDINGS) -> tuple[KeyBinding, ...]:
    """Return the bindings that work in a context: its own, then those that work everywhere."""
    listed = tuple(bindings)
    places = dict.fromkeys((context, Context.EVERYWHERE))
    return tuple(binding for place in places for binding in listed if binding.context is place)


def help_rows(bindings: Iterable[KeyBinding] = BINDINGS) -> tuple[HelpRow, ...]:
    """Return the table of keys, context by context; bindings without a key are left out."""
    return tuple(
        HelpRow(binding.context, " ".join(map(key_label, binding.keys)), binding.help)
        for binding in bindings
        if binding.keys
    )


def _plain_name(key: str, text: str) -> str:
    if len(key) == 1:
        name = _name_of(key)
        if name:
            return name
    lowered = _SPELLINGS.get(key.lower(), key.lower())
    if lowered not in _NAMED and lowered not in _CHARACTERS:
        raise _no_key(text)
    return lowered


def _no_key(text: str) -> UsageError:
    return UsageError(
        f"expected a key such as k, N, space, ?, shift+up or f5, found {text.strip()!r}; a comma is called comma, "
        "a plus sign plus"
    )


def _read_keys(binding_id: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(key_name(key) for key in text.split(",") if text.strip()))
    except UsageError as error:
        raise UsageError(f"{binding_id}: {error}") from error


def _check(bindings: Sequence[KeyBinding]) -> None:
    for context in Context:
        for one, other in itertools.combinations(bindings_of(context, bindings), 2):
            shared = set(one.keys) & set(other.keys)
            if shared:
                raise UsageError(
                    f"expected each key to do one thing in {context.value}, found {key_label(min(shared))!r} "
                    f"for both {one.id} and {other.id}; give one of them another key"
                )
    for binding in bindings:
        if binding.id == _ALWAYS_BOUND and not binding.keys:
            raise UsageError(f"expected a key for {binding.id}, found none; without it there is no way out")
