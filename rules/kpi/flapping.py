"""The weighted flap value of Icinga 2 (`lib/icinga/checkable-flapping.cpp`).

The state of an alarm in 20 successive slots: slot i, 0 the oldest, weighs 0.8 + 0.02 * i when the state changed in it. The
value is the sum of those weights in percent of 20. Flapping starts above 30 and ends below 25. Icinga's slots are its last 20
checks; an alarm is not polled, so a slot here is a minute.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.model.moment import MINUTE, Moment

SLOTS = 20
STARTS_ABOVE = 30.0
ENDS_BELOW = 25.0


def flap_value(changed: Sequence[bool]) -> float:
    """In percent. changed: by slot, the oldest first; SLOTS of them."""
    return sum(80 + 2 * place for place, each in enumerate(changed) if each) / SLOTS


def flaps(value: float, *, before: bool) -> bool:
    """Whether it flaps now. before: whether it did."""
    return value >= ENDS_BELOW if before else value > STARTS_ABOVE


def episodes(turns: Sequence[Moment]) -> int:
    """How often an alarm with these turns began to flap."""
    found, flapping = 0, False
    changed = {turn // MINUTE for turn in turns}
    # In the last of these minutes all changes have left the slots.
    for minute in sorted({each + later for each in changed for later in range(SLOTS + 1)}):
        now = flaps(flap_value([slot in changed for slot in range(minute - SLOTS + 1, minute + 1)]), before=flapping)
        found += now and not flapping
        flapping = now
    return found
