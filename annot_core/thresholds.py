"""How a threshold is named; what it does is in `binarize`."""

from __future__ import annotations

from annot_core.errors import UsageError

OTSU = "otsu"
RELATIVE = "relative"
DEFAULT_THRESHOLD = 0.3

Threshold = float | str
"""A share of the heat map's maximum, between 0 and 1, or the name of a rule: `otsu` or `relative`."""


def parse_threshold(text: str) -> Threshold:
    """Read a threshold as a person writes it: a number between 0 and 1, `otsu` or `relative`.

    Raises:
        UsageError: it is neither.
    """
    if text in {OTSU, RELATIVE}:
        return text
    try:
        share = float(text)
    except ValueError:
        share = float("nan")
    if not 0 < share < 1:
        raise UsageError(
            f"expected a threshold between 0 and 1 (a share of the map's maximum), `{OTSU}` or `{RELATIVE}`, "
            f"found {text!r}"
        )
    return share
