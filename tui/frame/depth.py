"""How many colors a terminal shows: known before there is any picture."""

from __future__ import annotations

import enum


class ColorDepth(enum.StrEnum):
    """How many colors a terminal shows."""

    TRUECOLOR = "truecolor"
    PALETTE_256 = "256"
    ANSI_16 = "16"
    NONE = "none"
