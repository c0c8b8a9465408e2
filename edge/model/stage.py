"""How far alarms are: only written down, tried out, or told to people."""

from __future__ import annotations

from enum import StrEnum

from edge.model.moment import HOUR, Span

#: A trial ends by itself.
COMMISSIONING_MAX: Span = 12 * HOUR
#: The scope that holds all others.
PLANT = "plant"


class Stage(StrEnum):
    """A rule has its own stage, or that of its line, or that of the plant."""

    SHADOW = "shadow"
    """Evaluated and written down; nobody is told."""
    COMMISSIONING = "commissioning"
    """Told to a named list only, marked as a test, and counted nowhere."""
    LIVE = "live"
