"""What the work on machines leaves open: the alarms that are active or on a shelf, and the devices that say nothing. Pure.

A device is silent while its connection is lost, or nothing good comes of any of its tags; then that stands for all that follows
from it. One tag alone that nothing good comes of is named by its alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rules.alarm import Alarm
from rules.definition import Kind, Rule

#: What follows from a device's silence, and the silence itself.
_OF_SILENCE = frozenset({Kind.COMM_LOSS, Kind.STALE, Kind.BAD_QUALITY})


def left_open(
    rows: Sequence[int], rules: Sequence[Rule], alarms: Sequence[Alarm], is_good: Callable[[int], bool]
) -> Mapping[str, list[str]]:
    """What events say of it. open: active alarms, the most urgent first; shelved: alarms on a shelf; silent: devices, then
    alarms that nothing can be said of. Each once, and by name among equals.

    rows: of the rules that are asked for. is_good: whether the tag of a rule shows a good value."""
    named = sorted(rows, key=lambda row: rules[row].id)
    lost = {rules[row].device for row in named if rules[row].kind is Kind.COMM_LOSS and alarms[row].facts.active}
    measured = [row for row in named if rules[row].kind is not Kind.COMM_LOSS]
    good = {row: is_good(row) for row in measured}
    heard = {rules[row].device for row in measured if good[row]}
    silent = lost | {rules[row].device for row in measured} - heard
    active = [
        row
        for row in named
        if alarms[row].facts.active and not (rules[row].kind in _OF_SILENCE and rules[row].device in silent)
    ]
    shelved = [row for row in named if alarms[row].facts.shelved_until is not None and row not in active]
    told = {*active, *shelved}
    unknown = [row for row in measured if not good[row] and rules[row].device not in silent and row not in told]
    return {
        "open": [rules[row].id for row in sorted(active, key=lambda row: rules[row].priority.rank)],
        "shelved": [rules[row].id for row in shelved],
        "silent": [*sorted(silent), *(rules[row].id for row in unknown)],
    }
