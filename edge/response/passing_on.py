"""Acknowledgements passed on to the device whose own alarm a rule shows (`edge/model/device_alarm.py`). Pure.

When a person acknowledges, the device hears of it, once, where it takes that; the system's own acknowledgements (of what has
returned) are none of its business. Here the alarm is acknowledged either way: whether the device took it is said beside it. No
record is kept: the key follows from alarm and occurrence, and the receipt names the key.
"""

from __future__ import annotations

from edge.model.command import DeedReceipt
from edge.model.deed import Deed, DeedKind
from edge.model.event import Event, Stream
from edge.model.moment import MINUTE, Moment, Span
from rules.definition import Rule

#: A device that cannot be reached for so long is not told any more: by then the alarm may be another.
VALID_FOR: Span = 5 * MINUTE
_PREFIX = "acknowledge"
#: Between the alarm and its occurrence; no alarm's id has it.
_OF = "~"
_COMMENT_CHARS_MAX = 200


def pass_on(rule: Rule | None, event: Event, scope: str, now: Moment) -> Deed | None:
    """event: an alarm's `acknowledged`. None: there is nobody to be told."""
    if rule is None or not rule.passes_on or event.command is None:
        return None
    name = f"{event.subject}{_OF}{event.data['occurrence']}"
    said = event.data.get("comment") or ""
    return Deed(
        key=f"{scope}/{_PREFIX}/{name}",
        kind=DeedKind.ACKNOWLEDGE,
        write=name,
        tag=rule.tag,
        value=None,
        created_at=now,
        valid_until=now + VALID_FOR,
        comment=(f"{event.data['by']}: {said}" if said else str(event.data["by"]))[:_COMMENT_CHARS_MAX],
    )


def passed_on(receipt: DeedReceipt, scope: str) -> Event | None:
    """What became of it. None: the receipt is of something else."""
    prefix = f"{scope}/{_PREFIX}/"
    alarm, found, occurrence = receipt.deed.removeprefix(prefix).rpartition(_OF)
    if not receipt.deed.startswith(prefix) or not found or not occurrence.isdecimal():
        return None
    data = {"occurrence": int(occurrence), "end": str(receipt.end), "detail": receipt.detail}
    return Event(Stream.ALARM, "passed_on", alarm, receipt.at, data)
