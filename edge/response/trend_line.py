"""The trend on a card: a drawing of letters, which every phone and every channel shows, with the values at both its ends. Pure.

▁▁▂▂▃▄▅▆▇█ 64.2 °C → 82.4 °C, 9 min
"""

from __future__ import annotations

import math

from edge.model.trail import Trail

_LEVELS = "▁▂▃▄▅▆▇█"
_NO_VALUE = "·"
#: Fewer values show no way.
VALUES_MIN = 3


def known_part(trail: Trail) -> Trail:
    """Without what is not known at its beginning; empty if the rest shows no way: too few values, or none that changed."""
    first = next((at for at, value in enumerate(trail) if math.isfinite(value)), len(trail))
    known = trail[first:]
    finite = [value for value in known if math.isfinite(value)]
    return known if len(finite) >= VALUES_MIN and min(finite) < max(finite) and math.isfinite(known[-1]) else ()


def drawing(trail: Trail) -> str:
    """A letter for each value: the least is the lowest, the greatest the highest. trail: a `known_part`, not empty."""
    finite = [value for value in trail if math.isfinite(value)]
    low, high = min(finite), max(finite)
    # Halves first: the difference of two great numbers may be none any more.
    steps = (0.5 * high - 0.5 * low) / (len(_LEVELS) - 1)
    return "".join(_letter(0.5 * value - 0.5 * low, steps) for value in trail)


def _letter(above: float, steps: float) -> str:
    if not math.isfinite(above):
        return _NO_VALUE
    return _LEVELS[min(len(_LEVELS) - 1, round(above / steps))] if steps else _LEVELS[0]
