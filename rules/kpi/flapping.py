"""The weighted flap value of Icinga 2 (`lib/icinga/checkable-flapping.cpp`).

The state of an alarm in 20 successive slots: slot i, 0 the oldest, weighs 0.8 + 0.02 * i when the state changed in it. The
value is the sum of those weights in percent of 20. Flapping starts above 30 and ends below 25. Icinga's slots are its last 20
checks; an alarm is not polled, so a slot here is a minute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.model.moment import MINUTE, Moment

SLOTS = 20
STARTS_ABOVE = 30.0
ENDS_BELOW = 25.0

#: In percent, the oldest slot first.
_WEIGHTS = np.arange(80, 80 + 2 * SLOTS, 2)


def flap_value(changed: Sequence[bool]) -> float:
    """In percent. changed: by slot, the oldest first; SLOTS of them."""
    return float(np.dot(_WEIGHTS, changed)) / SLOTS


def flaps(value: float, *, before: bool) -> bool:
    """Whether it flaps now. before: whether it did."""
    return value >= ENDS_BELOW if before else value > STARTS_ABOVE


def episodes(turns: Sequence[Moment]) -> int:
    """How often an alarm with these turns began to flap."""
    changed = np.unique(np.array(turns, dtype=np.int64) // MINUTE)
    # In the last of these minutes all changes have left the slots.
    minutes = np.unique(changed[:, np.newaxis] + np.arange(SLOTS + 1))
    slots = minutes[:, np.newaxis] + np.arange(1 - SLOTS, 1)
    found, flapping = 0, False
    for value in np.isin(slots, changed) @ _WEIGHTS / SLOTS:
        now = flaps(float(value), before=flapping)
        found += now and not flapping
        flapping = now
    return found
