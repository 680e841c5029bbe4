"""Which class of a session another program's label is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from annot_core.dataset import BACKGROUND_NAMES
from annot_core.naming import class_labels, file_key


class ClassNames:
    """Finds classes by their labels.

    A label is first looked for among the labels that exports carry, then among the names of the classes, and
    then in any case and with any white space, if that fits one class only. A label that fits none is a new
    class. A number without a name is a line of the output's own `classes.txt`.
    """

    def __init__(self, class_names: Iterable[str], background: Collection[str], numbered: Sequence[str] = ()) -> None:
        """Prepare for a session's classes.

        Args:
            class_names: the classes with an object.
            background: those without, in which no box can be.
            numbered: the labels of `classes.txt`.
        """
        labels = class_labels(sorted(set(class_names)))
        self._by_label = {label: name for name, label in labels.items()}
        self._names = frozenset(labels)
        self._background = frozenset(background)
        self._numbered = tuple(numbered)
        alike: dict[str, list[str]] = {}
        for name, label in labels.items():
            alike.setdefault(_plain(label), []).append(name)
        self._by_plain = {key: names[0] for key, names in alike.items() if len(names) == 1}

    def find(self, label: str, number: int | None) -> str | None:
        """Return the name of the class that is meant; None where a number says none."""
        if not label:
            if number is None or not 0 <= number < len(self._numbered):
                return None
            label = self._numbered[number]
        if label in self._by_label:
            return self._by_label[label]
        if label in self._names or label in self._background:
            return label
        return self._by_plain.get(_plain(label), label)

    def is_new(self, name: str) -> bool:
        """Tell whether a class is none of the session's."""
        return name not in self._names and not self.is_background(name)

    def is_background(self, name: str) -> bool:
        """Tell whether a class has no object."""
        return name in self._background or (name not in self._names and name.casefold() in BACKGROUND_NAMES)


def _plain(label: str) -> str:
    return "".join(file_key(label).split())
