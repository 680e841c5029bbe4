"""Which images a person wants to see: by what was decided, by class and by score, as a line to type."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annot_core.errors import UsageError
from annot_core.records import Status, Verdict
from annot_core.session import SessionIndex
from annot_core.session.index import STATUSES, VERDICTS

UNDECIDED = VERDICTS.index(None)
PENDING = STATUSES.index(None)
FAILED = STATUSES.index(Status.FAILED)

_WORD = re.compile(r'((?:[^\s"]|"(?:[^"\\]|\\.)*")+)\s*', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN = re.compile(r'[^\s"]+')
_RANGE = re.compile(r"(\d*\.?\d+)?-(\d*\.?\d+)?", re.ASCII)


class Shown(enum.StrEnum):
    """What was decided of the images to show.

    `undecided` ones came out of the pipeline without failing and wait for a verdict; `mended` ones are kept
    with a box other than the first candidate, or with another class.
    """

    ALL = "all"
    UNDECIDED = "undecided"
    KEPT = "kept"
    DROPPED = "dropped"
    LATER = "later"
    FAILED = "failed"
    MENDED = "mended"


_VERDICT_SHOWN = {Shown.KEPT: Verdict.KEEP, Shown.DROPPED: Verdict.DROP, Shown.LATER: Verdict.LATER}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which images are listed; written as `undecided class:raccoon score:0.2-0.6`.

    Attributes:
        shown: what was decided.
        class_name: only images of this class, the decided one or else the label's; None for all.
        score: lowest and highest score, 0 to 1, both included; None for all, also those without a score.
    """

    shown: Shown = Shown.ALL
    class_name: str | None = None
    score: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse what no image could pass.

        Raises:
            UsageError: the class has no name, or the score range is empty or not within 0 to 1.
        """
        if self.class_name == "":
            raise UsageError("expected the name of a class after `class:`, found none")
        if self.score is not None and not 0 <= self.score[0] <= self.score[1] <= 1:
            raise UsageError(
                "expected scores from 0 to 1, the lower one first, as in `score:0.2-0.6`, "
                f"found {self.score[0]:g} and {self.score[1]:g}"
            )

    def __str__(self) -> str:
        words = [self.shown.value]
        if self.class_name is not None:
            words.append(f"class:{_quoted(self.class_name)}")
        if self.score is not None:
            words.append(f"score:{'-'.join(map(_decimal, self.score))}")
        return " ".join(words)

    def mask(self, index: SessionIndex, positions: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.bool_]:
        """Tell which of the images at `positions` pass, (n,) bool."""
        passing = self._mask_of_shown(index, positions)
        if self.class_name is not None:
            code = index.code_of(self.class_name)
            # An unknown class has the code that undecided images have for theirs.
            passing &= (index.shown_class(positions) == code) & (code >= 0)
        if self.score is not None:
            score, (low, high) = index.score[positions], map(np.float32, self.score)
            passing &= (score >= low) & (score <= high)
        return passing

    def _mask_of_shown(self, index: SessionIndex, positions: NDArray[np.int64] | slice) -> NDArray[np.bool_]:
        passing: NDArray[np.bool_]
        match self.shown:
            case Shown.ALL:
                passing = np.ones(len(index.ids[positions]), dtype=np.bool_)
            case Shown.UNDECIDED:
                passing = is_open(index, positions)
            case Shown.FAILED:
                passing = index.status[positions] == FAILED
            case Shown.MENDED:
                passing = index.is_mended[positions].copy()
            case _:
                passing = index.verdict[positions] == VERDICTS.index(_VERDICT_SHOWN[self.shown])
        return passing


EVERYTHING = Filter()


def is_open(index: SessionIndex, positions: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.bool_]:
    """Tell which images wait for a verdict, (n,) bool: they came out of the pipeline and are undecided."""
    status = index.status[positions]
    waiting: NDArray[np.bool_] = (index.verdict[positions] == UNDECIDED) & (status != PENDING) & (status != FAILED)
    return waiting


def parse_filter(text: str, classes: Collection[str] | None = None) -> Filter:
    r"""Read a filter as a person writes it; `str` of the result reads back as the same filter.

    Args:
        text: any of one word of `Shown`, `class:NAME` and `score:LOW-HIGH` (either may be left out), in any
            order. A name with spaces or quotes is written `class:"a \"b\" c"`.
        classes: the classes there are; None takes any.

    Raises:
        UsageError: a word is none of these or comes twice, or there is no such class.
    """
    given: dict[str, str] = {}
    for word in _words(text):
        kind, colon, value = word.partition(":")
        if not colon:
            kind, value = "shown", word
        if kind in given:
            raise UsageError(f"expected one {_KINDS.get(kind, kind)} in a filter, found {given[kind]!r} and {value!r}")
        given[kind] = value
    unknown = [kind for kind in given if kind not in _KINDS]
    if unknown or given.get("shown", "all") not in list(Shown):
        word = f"{unknown[0]}:" if unknown else given["shown"]
        raise UsageError(
            f"expected a filter of {', '.join(Shown)}, class:NAME or score:LOW-HIGH, found {word!r}; "
            "as in `undecided class:raccoon score:0.2-0.6`"
        )
    name = _unquoted(given["class"]) if "class" in given else None
    if name is not None and classes is not None and name not in classes:
        raise UsageError(f"expected a class out of {', '.join(sorted(classes))}, found {name!r}")
    return Filter(Shown(given.get("shown", "all")), name, _range(given["score"]) if "score" in given else None)


_KINDS = {"shown": "word of what was decided", "class": "class", "score": "score range"}


def _words(text: str) -> list[str]:
    words: list[str] = []
    rest = text.strip()
    while rest:
        word = _WORD.match(rest)
        if word is None:
            raise UsageError(f'expected a closing `"` in the filter, found none in {rest!r}')
        words.append(word[1])
        rest = rest[word.end() :]
    return words


def _quoted(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), word)


def _decimal(score: float) -> str:
    """Write a number so that it reads back as the same one, without an exponent and its minus."""
    return np.format_float_positional(score, trim="-")


def _range(text: str) -> tuple[float, float]:
    bounds = _RANGE.fullmatch(text)
    if bounds is None or text == "-":
        raise UsageError(
            f"expected a score range, as in `score:0.2-0.6`, `score:0.2-` or `score:-0.6`, found {f'score:{text}'!r}"
        )
    low, high = bounds.groups()
    return float(low or 0), float(high or 1)
